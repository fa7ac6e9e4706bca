import type { ReleaseDocument, WatchState } from '../../release/document.ts';
import type { Plan } from '../../release/plan.ts';
import { alarmBreach, clip, countingAlarms, failBy } from '../breach.ts';
import { planOf } from '../document.ts';
import type { Ports } from '../ports.ts';
import type { Baseline } from './baseline.ts';
import { type Blindness, isUnreadable, silent, unreadable } from './blindness.ts';
import { compare } from './compare.ts';
import type { EarlierDaysRead } from './measure.ts';
import type { Verdict } from './verdict.ts';

/** What was seen at one look. */
export interface Look {
  verdict: Verdict;
  baseline: Baseline | null;
  /** What came of reading earlier days, at the look that did. */
  earlierDays: EarlierDaysRead | null;
  blindness: Blindness | null;
  /** When all of the window is known, in milliseconds since the Unix epoch; null where nobody can tell. */
  settlesMs: number | null;
}

/**
 * Looks at alarms and metrics. That they cannot be read is an answer where the plan says what to do
 * about it; those of before 0.2.0 do not, and look at metrics only.
 * @throws BreachError when an alarm fires whose push did not arrive.
 */
export async function lookAtBoth(
  document: ReleaseDocument,
  watch: WatchState,
  now: number,
  ports: Ports,
): Promise<Look> {
  const plan = planOf(document);
  const measured = () => compare(document, watch, now, ports);
  if (plan.watch.blindForSeconds === undefined) {
    const { silence: _, ...seen } = await measured();
    return { ...seen, blindness: null };
  }
  const alarms = await readable(plan, 'the alarms', () => lookAtAlarms(document, ports));
  const metrics = await readable(plan, 'the metrics', measured);
  const reasons = [alarms, metrics].flatMap(({ missing }) => (missing === null ? [] : [missing]));
  const { silence, ...seen } = metrics.value ?? nothingSeen(document);
  const blindness =
    reasons.length > 0 ? unreadable(plan, watch, reasons.join('; '), now) : silent(plan, silence);
  return { ...seen, blindness };
}

/** What a source says, or why it could not be asked. */
type Answer<Value> = { value: Value; missing: null } | { value: null; missing: string };

async function readable<Value>(
  plan: Plan,
  what: string,
  read: () => Promise<Value>,
): Promise<Answer<Value>> {
  try {
    return { value: await read(), missing: null };
  } catch (error) {
    if (!isUnreadable(plan, error)) throw error;
    return { value: null, missing: `${what} could not be read: ${clip(error.message, 150)}` };
  }
}

async function lookAtAlarms(document: ReleaseDocument, ports: Ports): Promise<void> {
  const [alarm] = await countingAlarms(document, ports);
  if (alarm) await failBy(document, alarmBreach(alarm, ports), ports);
}

function nothingSeen({ baseline }: ReleaseDocument) {
  const verdict: Verdict = {
    verdict: 'not-enough-data',
    reason: 'the metrics could not be read',
    lookSeconds: null,
    metrics: [],
  };
  return { verdict, baseline, earlierDays: null, silence: null, settlesMs: null };
}
