import type { JsonObject } from '../../release/json.ts';
import type { CheckVerdict } from '../check.ts';

/** Something that was found, in one line. A note is worth a line where everything is fine. */
export interface Finding {
  level: 'fail' | 'warn' | 'note';
  text: string;
}

/** What one part of the check found. */
export interface Part {
  findings: Finding[];
  evidence: JsonObject;
  /** Why traffic must not simply be put back after a shift. */
  holdReason?: string;
}

/** So many findings are in the summary; the rest is counted. */
const mostTold = 3;

/** All parts together. */
export function conclude(parts: readonly Part[]): CheckVerdict {
  const findings = parts.flatMap((part) => part.findings);
  const evidence = Object.assign({}, ...parts.map((part) => part.evidence));
  const verdict = worstOf(findings);
  const level = verdict === 'pass' ? 'note' : verdict;
  const summary = told(findings.filter((finding) => finding.level === level));
  const hold = parts.flatMap(({ holdReason }) => holdReason ?? []).join('; ');
  const answer = { verdict, summary: summary || 'the database answers', evidence };
  return hold ? { ...answer, effects: { holdOnBreach: hold } } : answer;
}

function worstOf(findings: readonly Finding[]): CheckVerdict['verdict'] {
  if (findings.some(({ level }) => level === 'fail')) return 'fail';
  return findings.some(({ level }) => level === 'warn') ? 'warn' : 'pass';
}

function told(findings: readonly Finding[]): string {
  const texts = findings.slice(0, mostTold).map(({ text }) => text);
  const more = findings.length - texts.length;
  return [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** A part that found one thing. */
export function onePart(level: Finding['level'], text: string, evidence: JsonObject = {}): Part {
  return { findings: [{ level, text }], evidence };
}

/** The first of a list, and how many there are besides. */
export function cut<T>(list: readonly T[], most = 20): { first: T[]; more: number } {
  return { first: list.slice(0, most), more: Math.max(0, list.length - most) };
}

/** A statement or a reason, short enough for a line. */
export function brief(text: string, most = 120): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

/** `a, b and 3 more` */
export function listed(names: readonly string[], most = 3): string {
  const { first, more } = cut(names, most);
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ');
}
