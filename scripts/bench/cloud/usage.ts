/**
 * What a release used of things that AWS bills, by name: `transitions`, `invocations.admit`,
 * `writeUnits` and so on. A name that is not there is 0.
 */
export type Usage = Record<string, number>;

/** A release that was measured: how often its watch window was looked at, and what it used. */
export interface MeasuredRelease {
  looks: number;
  usage: Usage;
}

/** What a release of any window uses: a part that it always does, and a part for every look. */
export interface UsageModel {
  base: Usage;
  perLook: Usage;
}

/** Everything that was counted between two readings. */
export function between(before: Usage, after: Usage): Usage {
  return combine(after, before, (late, early) => late - early);
}

/** Both together. */
export function plus(a: Usage, b: Usage): Usage {
  return combine(a, b, (left, right) => left + right);
}

/**
 * The line through two releases.
 * @throws Error when both were looked at equally often: there is no line then.
 */
export function modelOf(few: MeasuredRelease, many: MeasuredRelease): UsageModel {
  const more = many.looks - few.looks;
  if (more <= 0) throw new Error(`${few.looks} and ${many.looks} looks say nothing about one`);
  const perLook = combine(few.usage, many.usage, (first, second) => (second - first) / more);
  const base = combine(few.usage, perLook, (all, each) => all - few.looks * each);
  return { base, perLook };
}

/** What a release with so many looks uses. */
export function usageOf({ base, perLook }: UsageModel, looks: number): Usage {
  return combine(base, perLook, (always, each) => always + looks * each);
}

/** The sum of all names that begin so. */
export function total(usage: Usage, prefix: string): number {
  const parts = Object.entries(usage).filter(([name]) => name.startsWith(prefix));
  return parts.reduce((sum, [, count]) => sum + count, 0);
}

function combine(a: Usage, b: Usage, apply: (a: number, b: number) => number): Usage {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(names.map((name) => [name, apply(a[name] ?? 0, b[name] ?? 0)]));
}
