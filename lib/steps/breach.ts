import { epochMs, isoTime } from '../release/clock.ts';
import type { Breach, ReleaseDocument } from '../release/document.ts';
import { type ErrorName, errorCatalogue, isNamed, VerdigrisError } from '../release/errors.ts';
import type { Plan } from '../release/plan.ts';
import type { FiringAlarm } from '../signals/signal.ts';
import { planOf } from './document.ts';
import type { Ports } from './ports.ts';
import { type Happening, record } from './record.ts';

/** The error with which a breach stops a step or a waiting task of a release with this plan. */
export function errorNameOf(breach: Breach, plan: Plan | null): ErrorName {
  if (breach.kind === 'operator') return 'RollbackRequestedError';
  return isHoldAsked(breach, plan) ? 'HoldRequestedError' : 'BreachError';
}

/** Whether a person wants traffic to stay where it is, or the manifest does for a breach of this kind. */
export function isHoldAsked({ kind }: Breach, plan: Plan | null): boolean {
  return kind === 'hold' || (kind === 'blind' && plan?.watch.onBlind === 'hold');
}

/** Whether a person asked for it: that has a line of its own already. */
export function isAskedFor({ kind }: Breach): boolean {
  return kind === 'operator' || kind === 'hold';
}

/**
 * The look that every step before the end takes: did the release end, or was a breach recorded?
 * @throws ReleaseStateError, BreachError, RollbackRequestedError, HoldRequestedError
 */
export async function throwIfOver(document: ReleaseDocument, ports: Ports): Promise<void> {
  await throwIfEnded(document, ports);
  const breach = await ports.ledger.getBreach(document.releaseId);
  if (breach) throw errorOf(breach, document);
}

function errorOf(breach: Breach, { plan }: ReleaseDocument): VerdigrisError {
  return new VerdigrisError(errorNameOf(breach, plan), breach.reason, { details: { breach } });
}

/** @throws ReleaseStateError */
export async function throwIfEnded({ releaseId }: ReleaseDocument, ports: Ports): Promise<void> {
  const found = await ports.ledger.getRelease(releaseId);
  if (!found?.outcome) return;
  throw new VerdigrisError(
    'ReleaseStateError',
    `release ${releaseId} has ended (${found.outcome})`,
  );
}

/**
 * Writes a breach down, the first of a release only, and fails the task that waits for one. A token
 * that has gone stale is found by the next look.
 */
export async function recordBreach(
  document: ReleaseDocument,
  ports: Ports,
  breach: Breach,
): Promise<Breach> {
  const first = await ports.ledger.recordBreach(document.releaseId, breach);
  await failWaitingTask(document, first, ports);
  if (!isAskedFor(first)) await record(document, ports, breachHappening(first));
  return first;
}

/** What is told of a breach, the same whoever tells it. An operator's has its own line already. */
export function breachHappening(breach: Breach): Happening {
  return {
    key: `breach-${breach.detectedAt}`,
    type: 'Breach Recorded',
    at: breach.detectedAt,
    by: breach.by,
    summary: breach.reason,
    data: { kind: breach.kind },
  };
}

async function failWaitingTask(
  { releaseId, plan }: ReleaseDocument,
  breach: Breach,
  ports: Ports,
): Promise<void> {
  const watch = await ports.ledger.getWatch(releaseId);
  if (!watch?.token) return;
  await ports.engine.fail(watch.token, { name: errorNameOf(breach, plan), cause: breach.reason });
}

/**
 * Writes a breach down, and stops the step that found it by the one that was first.
 * @throws BreachError, RollbackRequestedError, HoldRequestedError
 */
export async function failBy(
  document: ReleaseDocument,
  breach: Breach,
  ports: Ports,
): Promise<never> {
  throw errorOf(await recordBreach(document, ports, breach), document);
}

/** Text from elsewhere, short enough for a document that travels. The event has the whole of it. */
export function clip(text: string, length = 400): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** The breach that a firing alarm is. */
export function alarmBreach(alarm: FiringAlarm, ports: Pick<Ports, 'clock'>): Breach {
  return {
    kind: 'alarm',
    reason: clip(`alarm ${alarm.name} is firing: ${alarm.reason}`),
    detectedAt: isoTime(ports.clock.now()),
    by: `alarm:${alarm.name}`,
  };
}

/** Whether this firing is one that the release agreed to ignore (rule 11). A new firing is not. */
export function isIgnored(
  alarm: Pick<FiringAlarm, 'name' | 'since'>,
  document: ReleaseDocument,
): boolean {
  return document.ignoredAlarms.some(
    (ignored) => ignored.name === alarm.name && epochMs(alarm.since) <= epochMs(ignored.since),
  );
}

/** Watched alarms that fire now and count. */
export async function countingAlarms(
  document: ReleaseDocument,
  ports: Ports,
): Promise<FiringAlarm[]> {
  const plan = planOf(document);
  if (plan.watch.alarms.length === 0) return [];
  const signal = ports.adapters.signal(plan.signals, document.service);
  const firing = await signal.firing(plan.watch.alarms);
  return firing.filter((alarm) => !isIgnored(alarm, document));
}

/**
 * The look of a task that waits for a token. Alarms push, and others look again before anything is
 * final: a provider that asks for patience must not end a release here. Neither must one that does not
 * answer, where the plan says what to do about it: those others count how long that lasts.
 */
export async function countingAlarmsIfAsked(
  document: ReleaseDocument,
  ports: Ports,
): Promise<FiringAlarm[]> {
  try {
    return await countingAlarms(document, ports);
  } catch (error) {
    const isMinded = document.plan?.watch.blindForSeconds !== undefined;
    const isGone = isMinded && isNamed(error, 'SignalUnavailableError');
    if (!isGone && !isNamed(error, 'ThrottledError')) throw error;
    ports.log.warn('alarms could not be looked at', { reason: error.message });
    return [];
  }
}

/**
 * The look at alarms before any traffic moves (rule 11).
 * @throws AlarmFiringError when one fires and the manifest says `refuse`; otherwise the document
 * ignores what fires now, and an event says which.
 */
export async function settleFiringAlarms(
  document: ReleaseDocument,
  ports: Ports,
): Promise<ReleaseDocument> {
  const firing = await countingAlarms(document, ports);
  if (firing.length === 0) return document;
  const list = firing
    .map((alarm) => `${alarm.name} (since ${alarm.since}: ${alarm.reason})`)
    .join(', ');
  if (planOf(document).watch.alreadyFiring === 'refuse') {
    throw new VerdigrisError(
      'AlarmFiringError',
      `already firing before the cutover: ${list}. Wait until it is well again, or, if this release mends it, set watch.alreadyFiring: ignore`,
      { details: { alarms: firing.map((alarm) => alarm.name) } },
    );
  }
  for (const alarm of firing) {
    await record(document, ports, {
      key: `alarm-ignored-${alarm.name}-${alarm.since}`,
      type: 'Alarm Ignored',
      summary: `alarm ${alarm.name} was already firing before the cutover and does not count: ${alarm.reason}`,
      data: { alarm: alarm.name, since: alarm.since },
    });
  }
  return ignoreAlarms(document, firing);
}

/** The document with these firings ignored. */
export function ignoreAlarms(document: ReleaseDocument, firing: FiringAlarm[]): ReleaseDocument {
  const names = new Set(firing.map((alarm) => alarm.name));
  const kept = document.ignoredAlarms.filter((ignored) => !names.has(ignored.name));
  return {
    ...document,
    ignoredAlarms: [...kept, ...firing.map(({ name, since }) => ({ name, since }))],
  };
}

/** The breach behind an error that a step or the state machine brought, if it is one. */
export function breachFromError(document: ReleaseDocument, ports: Pick<Ports, 'clock'>): Breach {
  const caught = document.error;
  const now = isoTime(ports.clock.now());
  const reason = caught ? describeCaught(caught) : 'the execution ended without a word';
  const kind = caught?.Error === 'RollbackRequestedError' ? 'operator' : 'execution';
  return { kind, reason: clip(reason), detectedAt: now, by: 'conductor' };
}

/** What a Catch brought, for people; the name is told where the message alone may not say enough. */
export function describeCaught({ Error: name, Cause }: { Error: string; Cause: string }): string {
  const cause = readCause(Cause);
  return name in errorCatalogue ? cause : `${name}: ${cause}`;
}

/** Lambda wraps an error's message in JSON; the embedded engine does not. */
export function readCause(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    const message = (parsed as { errorMessage?: unknown } | null)?.errorMessage;
    return typeof message === 'string' ? message : cause;
  } catch (error) {
    if (error instanceof SyntaxError) return cause;
    throw error;
  }
}
