import { compareValues, type Direction } from './compare-values.ts';
import type { Schema } from './document.ts';
import { type Form, type FormType, formsOf, includesType, isOpen } from './forms.ts';

/** Something that whoever relied on blue can't rely on any more. */
export interface Change {
  /** Where: `GET /products 200 products[].price`, `POST /cart request id`, `GET /cart`. */
  at: string;
  /** What is wrong there, with what was. */
  says: string;
  /** The same without the value that came, where that may be another one each time. */
  rule?: string;
}

/** A schema and how its references are looked up. */
export interface Side {
  schema: Schema;
  resolve(schema: Schema): Schema;
}

/** A change, and the path to it: `products[].price`, empty for all of it. */
interface Found {
  path: string;
  says: string;
}

/** `from` is the schema whose values have to be fine for `to`. */
interface Comparison {
  from: Side;
  to: Side;
  direction: Direction;
  /** What was found between two schemas that have names; nothing yet while it is being looked for. */
  known: Map<string, Found[]>;
}

/** So many changes of one schema are told, those that are not deep in it first. */
const mostFound = 50;

/**
 * What breaks when green's schema takes the place of blue's. What green adds to answers, and lets be left
 * out of requests, breaks nothing.
 */
export function compareSchemas(
  blue: Side,
  green: Side,
  direction: Direction,
  where: string,
): Change[] {
  const [from, to] = direction === 'answer' ? [green, blue] : [blue, green];
  const found = compareNamed({ from, to, direction, known: new Map() });
  return found.map(({ path, says }) => ({ at: path === '' ? where : `${where} ${path}`, says }));
}

/** Schemas that have names are compared once, so that those that contain each other come to an end. */
function compareNamed(comparison: Comparison): Found[] {
  const { from, to, known } = comparison;
  const names = [referenceOf(from), referenceOf(to)];
  const key = names.includes(null) ? null : names.join(' ');
  const before = key === null ? undefined : known.get(key);
  if (before) return before;
  if (key !== null) known.set(key, []);
  const found = distinct(compareForms(comparison))
    .sort((one, other) => one.path.length - other.path.length)
    .slice(0, mostFound);
  if (key !== null) known.set(key, found);
  return found;
}

function referenceOf({ schema }: Side): string | null {
  return typeof schema !== 'boolean' && typeof schema.$ref === 'string' ? schema.$ref : null;
}

function distinct(found: Found[]): Found[] {
  return [...new Map(found.map((one) => [`${one.path} ${one.says}`, one])).values()];
}

/** Each form that may come must be like one of those that are known. */
function compareForms(comparison: Comparison): Found[] {
  const { from, to } = comparison;
  if (isOpen(to.schema)) return [];
  const sent = formsOf(from.schema, from.resolve);
  const known = formsOf(to.schema, to.resolve);
  if (known.some(isFree)) return [];
  const strangers = sent.filter(({ type }) => candidatesFor(type, known).length === 0);
  const others = sent.filter((form) => !strangers.includes(form));
  return [
    ...strangeTypes(strangers, sent, known, comparison),
    ...others.flatMap((form) => {
      const candidates = candidatesFor(form.type, known);
      return fewest(candidates.map((candidate) => compareForm(form, candidate, comparison)));
    }),
  ];
}

function isFree(form: Form): boolean {
  return form.type === 'any' && form.values === null;
}

function candidatesFor(type: FormType, known: Form[]): Form[] {
  return known.filter((form) => form.type === 'any' || includesType([form.type], type));
}

/** Of several ways to see it, the one with the least to say. */
function fewest(attempts: Found[][]): Found[] {
  return attempts.reduce((best, one) => (one.length < best.length ? one : best));
}

function strangeTypes(
  strangers: Form[],
  sent: Form[],
  known: Form[],
  { direction }: Comparison,
): Found[] {
  if (strangers.length === 0) return [];
  const strange = named(strangers);
  const isWhole = strangers.length === sent.length;
  if (direction === 'answer') {
    const says = isWhole
      ? `is ${strange}, was ${named(known)}`
      : `may be ${strange} now, was ${named(known)}`;
    return [here(says)];
  }
  const says = isWhole
    ? `takes ${named(known)}, took ${strange}`
    : `takes ${strange} no longer, only ${named(known)}`;
  return [here(says)];
}

function named(forms: Form[]): string {
  const words: Record<FormType, string> = {
    any: 'anything',
    null: 'null',
    boolean: 'a boolean',
    object: 'an object',
    array: 'an array',
    number: 'a number',
    integer: 'an integer',
    string: 'a string',
  };
  const types = [...new Set(forms.map(({ type }) => words[type]))];
  return types.length === 0 ? 'nothing' : types.join(' or ');
}

function compareForm(from: Form, to: Form, comparison: Comparison): Found[] {
  return [
    ...compareValues(from, to, comparison.direction).map(here),
    ...compareObjects(from, to, comparison),
    ...compareItems(from, to, comparison),
  ];
}

function compareObjects(from: Form, to: Form, comparison: Comparison): Found[] {
  return comparison.direction === 'answer'
    ? compareAnswered(from, to, comparison)
    : compareTaken(from, to, comparison);
}

/** What an answer had (`to`, blue) must still be there (`from`, green). */
function compareAnswered(from: Form, to: Form, comparison: Comparison): Found[] {
  const known = [...to.properties].filter(([, one]) => !hasFlag(one, comparison.to, 'writeOnly'));
  const named = known.flatMap(([name, schema]) => {
    const own = from.properties.get(name) ?? (isMap(from) ? from.others : undefined);
    if (own === undefined) return [{ path: name, says: 'is gone' }];
    const isLoose = to.required.has(name) && !from.required.has(name);
    const loose = isLoose ? [{ path: name, says: 'may be missing now' }] : [];
    return [...loose, ...deeper(comparison, name, own, schema)];
  });
  return [...named, ...compareOthers(from, to, comparison)];
}

/** Of an object without named properties others are values. */
function isMap({ properties, others }: Form): boolean {
  return properties.size === 0 && typeof others !== 'boolean' && !isOpen(others);
}

/** What a request could be (`from`, blue) must still be taken (`to`, green). */
function compareTaken(from: Form, to: Form, comparison: Comparison): Found[] {
  const demanded = [...to.required].filter((name) => {
    const schema = to.properties.get(name);
    const isSent = !schema || !hasFlag(schema, comparison.to, 'readOnly');
    return isSent && !from.required.has(name);
  });
  const needs = demanded.map((name) => {
    const says = from.properties.has(name) ? 'is required now' : 'is new and required';
    return { path: name, says };
  });
  const sent = [...from.properties].filter(([, one]) => !hasFlag(one, comparison.from, 'readOnly'));
  const named = sent.flatMap(([name, schema]) => {
    const own = to.properties.get(name) ?? to.others;
    return own === false
      ? [{ path: name, says: 'is not taken any more' }]
      : deeper(comparison, name, schema, own);
  });
  const isClosed = to.others === false && from.others !== false && to.type === 'object';
  const closed = isClosed ? [here('takes no other properties any more')] : [];
  return [...needs, ...named, ...closed, ...compareOthers(from, to, comparison)];
}

function compareOthers(from: Form, to: Form, comparison: Comparison): Found[] {
  if (typeof to.others === 'boolean' || isOpen(to.others)) return [];
  if (typeof from.others === 'boolean' || isOpen(from.others)) return [];
  return deeper(comparison, '*', from.others, to.others);
}

function compareItems(from: Form, to: Form, comparison: Comparison): Found[] {
  if (to.type !== 'array' || from.type !== 'array') return [];
  return deeper(comparison, '[]', from.items, to.items);
}

/** What is found one step further in. */
function deeper(comparison: Comparison, step: string, from: Schema, to: Schema): Found[] {
  const found = compareNamed({
    ...comparison,
    from: { ...comparison.from, schema: from },
    to: { ...comparison.to, schema: to },
  });
  return found.map(({ path, says }) => ({ path: joined(step, path), says }));
}

function joined(step: string, path: string): string {
  return path === '' || path.startsWith('[') ? `${step}${path}` : `${step}.${path}`;
}

function here(says: string): Found {
  return { path: '', says };
}

function hasFlag(schema: Schema, { resolve }: Side, flag: 'readOnly' | 'writeOnly'): boolean {
  const found = resolve(schema);
  return typeof found !== 'boolean' && found[flag] === true;
}
