import { isoTime } from '../release/clock.ts';
import type { EnvironmentRef, ReleaseDocument, StepStatus } from '../release/document.ts';
import { done, pending } from '../release/document.ts';
import { isNamed, VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig, JsonObject } from '../release/json.ts';
import { planOf } from './document.ts';
import { nextRemovalLook, retiredHappening } from './green.ts';
import { secondsUntil } from './lease.ts';
import type { Ports } from './ports.ts';
import { prepareLeaseMs } from './readiness.ts';
import { toEvent } from './record.ts';
import { patiently } from './step.ts';

/** What the retire machine travels with. */
export interface RetireInput {
  releaseId: string;
  service: string;
  /** Name of its execution. */
  execution?: string | undefined;
  environment: EnvironmentRef;
  environmentConfig: AdapterConfig;
  routerConfig: AdapterConfig;
  /** ISO 8601. */
  retireAt: string;
  /** How often it found the service busy. */
  waits: number;
  /** Taking the environment away has begun; there is no way back. */
  isBegun: boolean;
  /**
   * ISO 8601, until when a change of the route whose answer was lost may still take effect. The lock is
   * kept until then.
   */
  detachUntil?: string | undefined;
  step: StepStatus;
}

/** Begins the name under which a retirement holds a service's lock, for a moment. */
const retireLockPrefix = 'retire/';

/** Whether the holder of a service's lock is a retirement and not a release. */
export function isRetirement(holder: string): boolean {
  return holder.startsWith(retireLockPrefix);
}

/** Whether a release was kept out by a retirement, which holds the lock for a moment only. */
export function isKeptOutByRetirement(error: unknown): boolean {
  if (!(error instanceof VerdigrisError) || error.name !== 'ReleaseInProgressError') return false;
  return isRetirement(String(error.details.releaseId ?? ''));
}

/** The release that holds a service's lock; null where it is free, or a retirement has it. */
export async function releaseInProgress(service: string, ports: Ports): Promise<string | null> {
  const holder = (await ports.ledger.getLock(service))?.releaseId;
  return holder === undefined || isRetirement(holder) ? null : holder;
}

/**
 * The name of the execution that retires one side of a release. With the epoch, since a name is used up
 * once: what was called off can be scheduled again.
 */
export function retireName({ releaseId, epoch }: ReleaseDocument, side: 'blue' | 'green'): string {
  return `${releaseId}-${side}-${epoch}`;
}

/** Calls off every retirement of blue that this release has scheduled: it is needed again. */
export async function callOffRetirement(
  document: ReleaseDocument,
  reason: string,
  ports: Ports,
): Promise<void> {
  const events = await ports.ledger.listEvents(document.releaseId);
  for (const { type, data } of events) {
    if (type !== 'Retire Scheduled') continue;
    // Before 0.1.0 was released the name had no epoch, and the event did not say it.
    const name = String(data.execution ?? `${document.releaseId}-blue`);
    await ports.engine.stop('retire', name, reason);
  }
}

/** Starts the machine that retires one side at that ISO time. Twice starts once. */
export async function scheduleRetire(
  document: ReleaseDocument,
  side: 'blue' | 'green',
  environment: EnvironmentRef,
  retireAt: string,
  ports: Ports,
): Promise<void> {
  const { environment: environmentConfig, router: routerConfig } = planOf(document);
  await startRetire(
    retireName(document, side),
    { ...document, environment, environmentConfig, routerConfig, retireAt },
    ports,
  );
}

/** What a retirement is about. */
export type RetireSubject = Omit<RetireInput, 'execution' | 'waits' | 'isBegun' | 'step'>;

/** Starts the retire machine under that name. Twice starts once. */
export async function startRetire(
  name: string,
  { releaseId, service, environment, environmentConfig, routerConfig, retireAt }: RetireSubject,
  ports: Ports,
): Promise<void> {
  const input: RetireInput = {
    releaseId,
    service,
    execution: name,
    environment,
    environmentConfig,
    routerConfig,
    retireAt,
    waits: 0,
    isBegun: false,
    step: done,
  };
  await ports.engine.start('retire', name, input as unknown as JsonObject);
}

/** While other releases need the service, waits grow from seconds to an hour. */
const firstWaitSeconds = 5;
const longestWaitSeconds = 3600;

/**
 * Removes an environment unless the router sends it traffic. It looks, takes it out of the route and
 * begins under the service's own lock, so that no release can make the environment live in between.
 * @throws EnvironmentInUseError (rule 8), also where the release needs the environment again.
 */
export const retire = patiently(async (input: RetireInput, ports: Ports): Promise<RetireInput> => {
  if (input.isBegun) return remove(input, ports);
  const holder = retireLock(input);
  if (!(await takeLock(input.service, holder, ports))) return waitLonger(input);
  const openSeconds = secondsUntil(input.detachUntil, ports);
  if (openSeconds > 0) return { ...input, step: pending(Math.min(5, openSeconds)) };
  let isKept = false;
  try {
    await throwIfRouted(input, ports);
    await throwIfKept(input, ports);
    const { step, detachUntil } = await detach(input, ports);
    isKept = detachUntil !== undefined;
    if (step.status === 'pending') return { ...input, detachUntil, step };
    return await remove({ ...input, detachUntil }, ports);
  } finally {
    if (!isKept) await ports.ledger.releaseLock(input.service, holder);
  }
});

async function remove(input: RetireInput, ports: Ports): Promise<RetireInput> {
  const environment = await ports.adapters.environment(input.environmentConfig, input.service);
  const state = await environment.retire(input.environment);
  if (state === 'pending') {
    const retryAfterSeconds = nextRemovalLook(input.isBegun ? input.step : null);
    return { ...input, isBegun: true, step: pending(retryAfterSeconds) };
  }
  await ports.ledger.appendEvent(toEvent(input, ports, retiredHappening(input.environment)));
  return { ...input, step: done };
}

/**
 * Takes the environment out of the route. Where the answer is lost and the provider compares nothing,
 * the change may still come and undo somebody's shift (rule 4): `detachUntil` says until when.
 */
async function detach(
  { routerConfig, service, environment, releaseId }: RetireInput,
  ports: Ports,
): Promise<Pick<RetireInput, 'step' | 'detachUntil'>> {
  const router = await ports.adapters.router(routerConfig, service);
  const deadlineMs = ports.clock.now() + prepareLeaseMs;
  try {
    // Of the oldest epoch: whoever compares epochs lets any shift win over it.
    const state = await router.detach?.(environment, { releaseId, epoch: 0, deadlineMs });
    return { step: state === 'pending' ? pending(5) : done };
  } catch (error) {
    if (isNamed(error, 'RouteConflictError', 'LeaseExpiredError')) return { step: pending(5) };
    if (!isNamed(error, 'RouterUnavailableError') || router.facts.isConditional) throw error;
    ports.log.warn('whether an environment was taken out of the route is not known', {
      environment: environment.id,
      reason: error.message,
    });
    return { step: pending(5), detachUntil: isoTime(deadlineMs) };
  }
}

/**
 * Who holds the service's lock for the moment in which an environment is taken away: by its name one
 * can tell whether the retirement is still at work.
 */
function retireLock({ execution, environment }: RetireInput): string {
  return `${retireLockPrefix}${execution ?? environment.id}`;
}

/** The execution that holds a service's lock to retire something; null for any other holder. */
export function retirementOf(holder: string): string | null {
  return isRetirement(holder) ? holder.slice(retireLockPrefix.length) : null;
}

async function takeLock(service: string, holder: string, ports: Ports): Promise<boolean> {
  try {
    await ports.ledger.acquireLock(service, holder);
    return true;
  } catch (error) {
    if (isNamed(error, 'ReleaseInProgressError')) return false;
    throw error;
  }
}

function waitLonger(input: RetireInput): RetireInput {
  const seconds = Math.min(longestWaitSeconds, firstWaitSeconds * 2 ** input.waits);
  return { ...input, waits: input.waits + 1, step: pending(seconds) };
}

async function throwIfRouted(input: RetireInput, ports: Ports): Promise<void> {
  const router = await ports.adapters.router(input.routerConfig, input.service);
  const { weights } = await router.read();
  const percent = weights[input.environment.id] ?? 0;
  if (percent === 0) return;
  const why = `still gets ${percent}% of the traffic of ${input.service}`;
  await refuse(input, why, { weights }, ports);
}

/**
 * Only a release that completed may take blue away. One that was rolled back meanwhile can have scheduled
 * it by a late call, after the rollback had called it off.
 */
async function throwIfKept(input: RetireInput, ports: Ports): Promise<void> {
  const found = await ports.ledger.getRelease(input.releaseId);
  if (found?.document.blue?.id !== input.environment.id || found.outcome === 'completed') return;
  await refuse(input, `stays, since ${input.releaseId} did not complete`, {}, ports);
}

async function refuse(
  input: RetireInput,
  why: string,
  data: JsonObject,
  ports: Ports,
): Promise<never> {
  const { environment, retireAt } = input;
  const reason = `${environment.id} ${why}`;
  await ports.ledger.appendEvent(
    toEvent(input, ports, {
      key: `retire-refused-${environment.id}-${retireAt}`,
      type: 'Retire Refused',
      summary: reason,
      data: { environment: environment.id, ...data },
    }),
  );
  throw new VerdigrisError('EnvironmentInUseError', reason);
}
