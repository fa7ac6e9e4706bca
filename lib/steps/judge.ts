import { epochMs, isoTime } from '../release/clock.ts';
import { done, type ReleaseDocument, type WatchState } from '../release/document.ts';
import { isNamed, VerdigrisError } from '../release/errors.ts';
import type { JsonObject } from '../release/json.ts';
import { clip, failBy, throwIfOver } from './breach.ts';
import { inPhase, planOf, withoutError } from './document.ts';
import { burnData } from './error-budget.ts';
import { blindBreach, inWords, withBlindness } from './judge/blindness.ts';
import { type Look, lookAtBoth } from './judge/look.ts';
import type { Verdict } from './judge/verdict.ts';
import type { Ports } from './ports.ts';
import { record } from './record.ts';
import type { Step } from './step.ts';

/** A window that could not be judged at its end is kept open this long at most, where nothing else is said. */
const patienceMs = 600_000;
const secondLookSeconds = 10;

/**
 * Compares blue and green once and closes the window when its time is up. What cannot be read is looked
 * at again: alarms go on pushing meanwhile, which they could not while this call is repeated.
 * @throws BreachError when green is worse than the manifest allows, an alarm came meanwhile, or nothing
 *   could be seen for too long; the last is a HoldRequestedError where the manifest says so.
 */
export const judge: Step = async (document, ports) => {
  const { watch } = document;
  if (!watch) throw new VerdigrisError('ReleaseStateError', 'no watch window is open');
  await throwIfOver(document, ports);
  const now = ports.clock.now();
  const look = await lookUnlessBusy(document, watch, now, ports);
  if (!look) return goOn(document, watch, now);
  const looked = { ...withBlindness(watch, look.blindness), looks: watch.looks + 1 };
  const verdict = verdictOf(look, now);
  const { earlierDays } = look;
  if (earlierDays?.missing) ports.log.warn(earlierDays.missing);
  await record(document, ports, {
    key: `verdict-${watch.stepIndex}-${looked.looks}`,
    type: 'Verdict',
    by: 'judge',
    summary: summaryOf(verdict, earlierDays?.missing),
    data: {
      ...verdict,
      ...(await burnOf(look, document, ports)),
      ...(earlierDays && { earlierDays }),
      ...(look.blindness && { blindSince: look.blindness.since }),
    } as unknown as JsonObject,
  });
  await throwIfWorse(document, look, verdict, now, ports);
  const known = goOn({ ...document, baseline: look.baseline }, looked, now, look.settlesMs);
  return mayClose(document, watch, look, now) ? closeWindow(known, verdict, ports) : known;
};

function summaryOf({ verdict, reason }: Verdict, missing: string | null = null): string {
  return `${verdict}: ${reason}${missing === null ? '' : `; ${missing}`}`;
}

/** Nothing waits for figures where traffic has to go back, or where there are none to be had. */
async function burnOf({ verdict, blindness }: Look, document: ReleaseDocument, ports: Ports) {
  return verdict.verdict === 'breach' || blindness ? {} : burnData(document, ports);
}

/** Null where a plan of before 0.2.0 meets a source that asks for patience, as long as it has any. */
async function lookUnlessBusy(
  document: ReleaseDocument,
  watch: WatchState,
  now: number,
  ports: Ports,
): Promise<Look | null> {
  try {
    return await lookAtBoth(document, watch, now, ports);
  } catch (error) {
    if (!isNamed(error, 'ThrottledError')) throw error;
    ports.log.warn('blue and green could not be compared yet', { reason: error.message });
    return isOverdue(watch, now) ? unread(document) : null;
  }
}

function unread({ baseline }: ReleaseDocument): Look {
  const reason = 'the metrics could not be read, their source asked for patience all the time';
  const verdict = { verdict: 'not-enough-data' as const, reason, lookSeconds: null, metrics: [] };
  return { verdict, baseline, earlierDays: null, blindness: null, settlesMs: null };
}

/** What is said of a look. Being blind is not being healthy. */
function verdictOf({ verdict, blindness }: Look, now: number): Verdict {
  if (!blindness || verdict.verdict === 'breach') return verdict;
  return { ...verdict, verdict: 'not-enough-data', reason: inWords(blindness, now) };
}

async function throwIfWorse(
  document: ReleaseDocument,
  { blindness }: Look,
  { verdict, reason }: Verdict,
  now: number,
  ports: Ports,
): Promise<void> {
  if (verdict === 'breach') {
    const found = { reason: clip(reason), detectedAt: isoTime(now), by: 'judge' };
    await failBy(document, { kind: 'comparison', ...found }, ports);
  }
  const blind = blindBreach(planOf(document), blindness, now);
  if (blind) await failBy(document, blind, ports);
}

/**
 * A window does not close before all of it is known, nor on what nobody saw: it waits until something can
 * be read, or for too long.
 */
function mayClose(document: ReleaseDocument, watch: WatchState, look: Look, now: number): boolean {
  const { blindness, settlesMs } = look;
  if (now < (settlesMs ?? epochMs(watch.endsAt))) return false;
  if (!blindness) return true;
  if (planOf(document).watch.onBlind !== 'continue') return false;
  return blindness.kind === 'silent' || isOverdue(watch, now);
}

function isOverdue({ endsAt }: WatchState, now: number): boolean {
  return now >= epochMs(endsAt) + patienceMs;
}

/** @param settlesMs when all of the window is known, if that is later than its end */
function goOn(
  document: ReleaseDocument,
  watch: WatchState,
  now: number,
  settlesMs: number | null = null,
): ReleaseDocument {
  const ends = [epochMs(watch.endsAt), settlesMs ?? 0].filter((it) => it > now);
  const untilThen = ends.length > 0 ? (Math.min(...ends) - now) / 1000 : secondLookSeconds;
  const { intervalSeconds } = planOf(document).watch;
  const nextLookSeconds = Math.max(0.1, Math.min(intervalSeconds, untilThen));
  return { ...withoutError(document), watch: { ...watch, nextLookSeconds }, step: done };
}

async function closeWindow(
  document: ReleaseDocument,
  verdict: Verdict,
  ports: Ports,
): Promise<ReleaseDocument> {
  const { watch } = document;
  if (!watch) return document;
  await record(document, ports, {
    key: `window-closed-${watch.stepIndex}`,
    type: 'Window Closed',
    summary:
      verdict.verdict === 'not-enough-data'
        ? `no breach, but not enough data for a verdict (${verdict.reason})`
        : `no breach in ${watch.looks} looks`,
    data: { looks: watch.looks, verdict: verdict.verdict },
  });
  const phase = document.hasMoreSteps ? 'cutting-over' : 'completing';
  const closed = inPhase({ ...document, watch: { ...watch, isClosed: true } }, phase, ports);
  await ports.ledger.saveDocument(closed);
  return closed;
}
