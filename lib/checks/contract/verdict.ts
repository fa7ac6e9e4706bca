import type { Json, JsonObject } from '../../release/json.ts';
import type { CheckVerdict } from '../check.ts';
import { counted, firstOf } from '../findings.ts';
import type { Comparison } from './compare-documents.ts';
import type { Change } from './compare-schemas.ts';
import type { Probed } from './probes.ts';

/** Everything that was looked at. */
export interface Looked {
  /** Null where there were no two documents. */
  comparison: Comparison | null;
  /** What answers were held against. */
  basis: 'blue' | 'green' | null;
  answers: Probed[];
  examples: Probed[];
  /** What was not asked, and why. */
  left: { operation: string; why: string }[];
  /** How many probes there was no time for. */
  unasked: number;
  /** Why there was less to compare with; null where all was there. */
  note: string | null;
  /** Whether that is fine. */
  isNoteFine: boolean;
  allow: readonly string[];
}

/** So many places are named in evidence, and so many of each long list. */
const mostPlaces = 40;
/** So many stand in the summary. */
const mostNamed = 3;

/** Pass where blue's clients can go on as they do; warn where blue itself does not keep its document. */
export function conclude(looked: Looked): CheckVerdict {
  const probed = [...looked.answers, ...looked.examples];
  const found = merged([
    ...(looked.comparison?.changes ?? []),
    ...probed.flatMap(({ changes }) => changes),
  ]);
  const broken = found.filter(({ at }) => !isAllowed(at, looked.allow));
  const allowed = found.filter((change) => !broken.includes(change));
  const shared = merged(probed.flatMap((one) => one.shared));
  const evidence = evidenceOf(looked, { broken, allowed, shared });
  if (broken.length > 0) return { verdict: 'fail', summary: blame(broken), evidence };
  if (looked.unasked > 0) {
    const summary = `the time was up: ${looked.unasked} of ${probed.length + looked.unasked} requests were not sent`;
    return { verdict: 'fail', summary, evidence };
  }
  const idle = idleness(looked, probed.length);
  if (idle) return { ...idle, evidence };
  const parts = [looked.note, keptInWords(looked), allowedInWords(allowed), sharedInWords(shared)];
  const summary = parts.filter((part) => part !== null).join('; ');
  const isFine = shared.length === 0 && (looked.note === null || looked.isNoteFine);
  return { verdict: isFine ? 'pass' : 'warn', summary, evidence };
}

/** What a look is worth at which nothing was there to be seen; null where there was something. */
function idleness(
  { comparison, note, left }: Looked,
  probed: number,
): Omit<CheckVerdict, 'evidence'> | null {
  const isCompared = comparison && comparison.kept.length + comparison.added.length > 0;
  if (probed > 0 || isCompared || note !== null) return null;
  const [first] = left;
  if (first)
    return { verdict: 'warn', summary: `nothing was asked: ${first.operation}: ${first.why}` };
  const summary =
    'nothing was looked at: neither document has an operation, and there is no example';
  return { verdict: 'fail', summary };
}

/** One place is named once, by what was found there first. */
function merged(changes: Change[]): Change[] {
  const first = new Map<string, Change>();
  for (const change of changes) if (!first.has(change.at)) first.set(change.at, change);
  return [...first.values()];
}

/** An entry covers a place and all that is in it. */
export function isAllowed(at: string, allow: readonly string[]): boolean {
  return allow.some(
    (entry) => at === entry || (at.startsWith(entry) && /^[ .[]/.test(at.slice(entry.length))),
  );
}

function blame(broken: Change[]): string {
  const first = broken.slice(0, mostNamed).map(({ at, says }) => `${at} ${says}`);
  const more = broken.length - first.length;
  const count = counted(broken.length, 'breaking change');
  return `${count}: ${first.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function keptInWords({ comparison, basis, answers, examples }: Looked): string | null {
  const parts = [
    comparison && `${counted(comparison.kept.length, 'operation')}${addedInWords(comparison)}`,
    basis && answers.length > 0
      ? `${counted(answers.length, 'answer')} by ${basis}'s document`
      : null,
    examples.length > 0 ? counted(examples.length, 'example') : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : `green keeps ${parts.join(', ')}`;
}

function addedInWords({ added }: Comparison): string {
  return added.length === 0 ? '' : ` and adds ${added.length}`;
}

function allowedInWords(allowed: Change[]): string | null {
  return allowed.length === 0 ? null : `${allowed.length} allowed to break`;
}

function sharedInWords(shared: Change[]): string | null {
  const [first] = shared;
  if (!first) return null;
  return `blue does not keep its own document either: ${first.at} ${first.says}${shared.length > 1 ? `, and ${shared.length - 1} more` : ''}`;
}

interface Sorted {
  broken: Change[];
  allowed: Change[];
  shared: Change[];
}

function evidenceOf(looked: Looked, { broken, allowed, shared }: Sorted): JsonObject {
  const { comparison, basis, answers, examples, left, allow, note } = looked;
  const places = (changes: Change[]) => cut(changes.map(({ at, says }) => ({ at, says })));
  const isUsed = (entry: string) => allowed.some(({ at }) => isAllowed(at, [entry]));
  return {
    broken: places(broken),
    allowed: places(allowed),
    allowedInVain: cut(allow.filter((entry) => !isUsed(entry))),
    sharedWithBlue: places(shared),
    operations: comparison && { kept: comparison.kept.length, added: cut(comparison.added) },
    heldAgainst: basis,
    note,
    answers: cut(answers.map(({ name, status }) => ({ name, status }))),
    examples: cut(examples.map(({ name, status }) => ({ name, status }))),
    notAsked: cut(left.map(({ operation, why }) => ({ operation, why }))),
  };
}

function cut(list: Json[]): Json[] {
  return firstOf(list, mostPlaces);
}
