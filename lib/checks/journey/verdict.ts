import type { Json, JsonObject } from '../../release/json.ts';
import type { CheckVerdict } from '../check.ts';
import type { JourneyConfig } from '../journey.ts';
import { parsePath } from '../json-paths.ts';
import { differencesBetween } from './compare.ts';
import type { Step } from './steps.ts';
import type { Taken, Travelled } from './take.ts';

/** So many steps, and differences of one step, are kept as evidence. */
const mostSteps = 60;
const mostDifferences = 10;
const longestLine = 200;

/** Both journeys, as far as they went. `blue` is null where it was not asked. */
export interface Journeys {
  steps: readonly Step[];
  green: Travelled;
  blue: Travelled | null;
  /** Why blue was not asked; empty where it was. */
  without: string;
}

interface StepDifference {
  index: number;
  lines: string[];
}

type Rules = Pick<JourneyConfig, 'differences' | 'allowAdded' | 'ignore'>;

/** The verdict on green's journey, with blue's beside it. */
export function conclude(journeys: Journeys, rules: Rules): CheckVerdict {
  const differences = rules.differences === 'ignore' ? [] : differencesOf(journeys, rules);
  const evidence = evidenceOf(journeys, differences);
  return { ...judge(journeys, differences, rules), evidence };
}

type Judged = Pick<CheckVerdict, 'verdict' | 'summary'>;

function judge(journeys: Journeys, differences: StepDifference[], rules: Rules): Judged {
  const { steps, green, blue } = journeys;
  const failed = failedStep(green);
  if (failed) return judgeFailure(journeys, failed);
  const [first] = differences;
  if (first) {
    const others = differences.length > 1 ? `, and ${differences.length - 1} more differ` : '';
    const summary = `${nameOf(steps, first.index)} is unlike blue: ${first.lines.join(', ')}${others}`;
    return { verdict: rules.differences === 'warn' ? 'warn' : 'fail', summary };
  }
  const all = `all ${steps.length} steps went as expected`;
  const beside = besideBlue(journeys);
  if (green.retries === 0) return { verdict: 'pass', summary: `${all}${beside}` };
  const flaky = `flaky: ${timesOf(green.retries)} no answer came at first`;
  return { verdict: 'warn', summary: `${all}${blue ? beside : ''} (${flaky})` };
}

function besideBlue({ steps, blue, without }: Journeys): string {
  if (!blue) return without === '' ? '' : ` (${without})`;
  const failed = failedStep(blue);
  if (!failed) return ', and as on blue';
  const where = nameOf(steps, failed.index);
  if (failed.taken.isUnanswered) return `; blue gave no answer at ${where}`;
  return `, and better than on blue, where ${where} fails`;
}

function judgeFailure(journeys: Journeys, failed: FailedStep): Judged {
  const { steps, green, blue, without } = journeys;
  const what = `${nameOf(steps, failed.index)}: ${failed.taken.problem}`;
  if (!blue) return { verdict: 'fail', summary: without === '' ? what : `${what} (${without})` };
  const onBlue = failedStep(blue);
  if (!onBlue || onBlue.index > failed.index)
    return { verdict: 'fail', summary: `${what}; it works on blue` };
  if (onBlue.taken.isUnanswered)
    return { verdict: 'fail', summary: `${what}; blue gives no answer to compare with` };
  if (onBlue.index < failed.index) {
    const where = nameOf(steps, onBlue.index);
    return { verdict: 'fail', summary: `${what}; blue came only to ${where}` };
  }
  if (isOutage(failed.taken) || isOutage(onBlue.taken) || !isAlike(green, blue))
    return { verdict: 'fail', summary: `${what}; on blue: ${onBlue.taken.problem}` };
  const summary = `the journey is out of date: it fails on blue, too: ${what}`;
  return { verdict: 'warn', summary };
}

/** What no change of the service can be meant to be, whatever blue does. */
function isOutage({ status, isUnanswered, isStrange }: Taken): boolean {
  return isUnanswered || isStrange || (status !== null && (status >= 500 || status === 429));
}

/** Whether both ended in the same way, but for the names that each side was given. */
function isAlike(green: Travelled, blue: Travelled): boolean {
  return endOf(green) === endOf(blue);
}

function endOf({ taken, own }: Travelled): string {
  const { status = null, problem } = taken.at(-1) ?? {};
  const nameless = own.reduce((text, name) => text.replaceAll(name, '*'), problem ?? '');
  return `${status} ${nameless}`;
}

interface FailedStep {
  index: number;
  taken: Taken;
}

/** A journey ends with the step that went wrong. */
function failedStep({ taken }: Travelled): FailedStep | null {
  const last = taken.at(-1);
  return last && last.problem !== null ? { index: taken.length - 1, taken: last } : null;
}

function nameOf(steps: readonly Step[], index: number): string {
  return `step ${index + 1} of ${steps.length} (${steps[index]?.name})`;
}

function timesOf(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/** Of the steps that went well on both sides. */
function differencesOf({ green, blue }: Journeys, rules: Rules): StepDifference[] {
  const ignore = rules.ignore.map(parsePath);
  return green.taken.flatMap((taken, index) => {
    const other = blue?.taken[index];
    if (!other || other.problem !== null || taken.problem !== null) return [];
    const lines = differencesBetween(other, taken, { allowAdded: rules.allowAdded, ignore });
    return lines.length > 0 ? [{ index, lines }] : [];
  });
}

function evidenceOf({ steps, green, blue }: Journeys, differences: StepDifference[]): JsonObject {
  const rows = green.taken.map((taken, index) => {
    const lines = differences.find((it) => it.index === index)?.lines ?? [];
    return rowOf(steps[index]?.name ?? '', taken, blue?.taken[index], lines);
  });
  return {
    steps: rows.slice(0, mostSteps),
    ...(rows.length > mostSteps ? { stepsCut: rows.length - mostSteps } : {}),
    notTaken: steps.slice(green.taken.length).length,
    captured: steps.flatMap(({ capture }) => Object.keys(capture)).slice(0, mostSteps),
  };
}

function rowOf(name: string, green: Taken, blue: Taken | undefined, lines: string[]): JsonObject {
  const kept: Json[] = lines.slice(0, mostDifferences).map((line) => line.slice(0, longestLine));
  return {
    name,
    status: green.status,
    latencyMs: green.latencyMs,
    ...(green.redirect === null ? {} : { redirect: green.redirect.slice(0, longestLine) }),
    ...(green.problem === null ? {} : { problem: green.problem.slice(0, longestLine) }),
    ...(blue ? { blue: onBlue(blue) } : {}),
    ...(lines.length > 0 ? { differences: kept } : {}),
    ...(lines.length > mostDifferences ? { differencesCut: lines.length - mostDifferences } : {}),
  };
}

function onBlue({ status, latencyMs, problem }: Taken): JsonObject {
  return {
    status,
    latencyMs,
    ...(problem === null ? {} : { problem: problem.slice(0, longestLine) }),
  };
}
