import fc from 'fast-check';
import { aimed } from './aims.ts';
import { describeFault } from './inject.ts';
import { runSchedule } from './run.ts';
import { type Schedule, schedules } from './schedule.ts';
import type { Violation } from './world.ts';

/** One in five is aimed at what evenly drawn ones rarely meet. */
const all: fc.Arbitrary<Schedule> = fc.oneof(
  { weight: 4, arbitrary: schedules },
  { weight: 1, arbitrary: aimed },
);

/** What to look through. */
export interface SearchOptions {
  schedules: number;
  seed: number;
  /** Whether a schedule that breaks a rule is made as small as it gets. */
  isShrunk: boolean;
}

/** The first schedule that breaks a rule. */
export interface Finding {
  seed: number;
  /** Of fast-check: with the seed, leads back to this very schedule. */
  path: string;
  /** How many schedules were run before it was found, itself included. */
  schedules: number;
  schedule: Schedule;
  violations: Violation[];
  story: string[];
}

/** What a search found, and what its releases became. */
export interface SearchResult {
  schedules: number;
  outcomes: Record<string, number>;
  finding: Finding | null;
}

/** Runs schedules until one breaks a rule, or all have been run. */
export async function search({
  schedules: numRuns,
  seed,
  isShrunk,
}: SearchOptions): Promise<SearchResult> {
  const outcomes: Record<string, number> = {};
  const holds = fc.asyncProperty(all, async (schedule) => {
    const run = await runSchedule(schedule);
    for (const outcome of run.outcomes) {
      outcomes[String(outcome)] = (outcomes[String(outcome)] ?? 0) + 1;
    }
    return run.violations.length === 0;
  });
  const found = await fc.check(holds, { numRuns, seed, endOnFailure: !isShrunk });
  const [schedule] = found.counterexample ?? [];
  if (!schedule) return { schedules: found.numRuns, outcomes, finding: null };
  const { violations, story } = await runSchedule(schedule, { isTold: true });
  const path = found.counterexamplePath ?? '';
  const finding = { seed, path, schedules: found.numRuns, schedule, violations, story };
  return { schedules: found.numRuns, outcomes, finding };
}

/** A finding as a story: what was set up, what went wrong, what happened, and which rule broke. */
export function tellFinding({ seed, path, schedule, violations, story }: Finding): string {
  const { setup, faults, acts } = schedule;
  return [
    `seed ${seed}, path ${path}`,
    ...violations.map(({ rule, what }) => `breaks rule ${rule}: ${what}`),
    `set up: ${JSON.stringify(setup)}`,
    ...faults.map((it) => `fault: ${describeFault(it)}`),
    ...acts.map(({ when, what }) => `deed: ${JSON.stringify(what)} at ${JSON.stringify(when)}`),
    ...story,
  ].join('\n');
}
