import type { Json } from '../../release/json.ts';
import { type Form, type Limit, lowerLimits, upperLimits } from './forms.ts';

/**
 * What may be sent: a request that blue took has to be fine for green, an answer of green for those who
 * know blue's.
 */
export type Direction = 'request' | 'answer';

/** What values `from` may be that `to` does not know, in words. Both are of one type. */
export function compareValues(from: Form, to: Form, direction: Direction): string[] {
  return [
    ...compareChoices(from, to, direction),
    ...compareFormats(from, to, direction),
    ...compareLimits(from, to, direction),
  ];
}

function compareChoices(from: Form, to: Form, direction: Direction): string[] {
  const isAnswer = direction === 'answer';
  if (!to.values) return [];
  const known = to.values.map(shown);
  if (!from.values) {
    const all = `only ${listed(known)}`;
    const says = isAnswer ? `may be anything now, was ${all}` : `takes ${all} now, took anything`;
    return [says];
  }
  const strange = from.values.map(shown).filter((value) => !known.includes(value));
  if (strange.length === 0) return [];
  const says = isAnswer
    ? `may be ${listed(strange)} now, was only ${listed(known)}`
    : `takes ${listed(strange)} no longer`;
  return [says];
}

function shown(value: Json): string {
  return JSON.stringify(value);
}

function listed(values: string[]): string {
  const first = values.slice(0, 5);
  const more = values.length - first.length;
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ');
}

/** What a narrower format of numbers fits into. */
const wider: Record<string, string> = { int32: 'int64', float: 'double' };

function compareFormats(from: Form, to: Form, direction: Direction): string[] {
  if (!from.format || !to.format || from.format === to.format) return [];
  if (wider[from.format] === to.format) return [];
  const says =
    direction === 'answer'
      ? `has format ${from.format}, had ${to.format}`
      : `needs format ${to.format}, took ${from.format}`;
  return [says];
}

/** Limits of answers promise little, so those that are moved there are nobody's fault. */
function compareLimits(from: Form, to: Form, direction: Direction): string[] {
  if (direction === 'answer') return [];
  const moved = [
    ...lowerLimits.filter((name) => isRaised(to.limits[name], from.limits[name])),
    ...upperLimits.filter((name) => isLowered(to.limits[name], from.limits[name])),
  ].map((name) => limitSays(name, from, to));
  const isOther = to.pattern !== null && to.pattern !== from.pattern;
  const was = from.pattern === null ? 'took any' : `took /${from.pattern}/`;
  const other = `must match /${to.pattern}/ now, ${was}`;
  return isOther ? [...moved, other] : moved;
}

function isRaised(now: number | undefined, before: number | undefined): boolean {
  return now !== undefined && (before === undefined || now > before);
}

function isLowered(now: number | undefined, before: number | undefined): boolean {
  return now !== undefined && (before === undefined || now < before);
}

function limitSays(name: Limit, from: Form, to: Form): string {
  const before = from.limits[name];
  return `has ${name} ${to.limits[name]} now, had ${before === undefined ? 'none' : before}`;
}
