import { isoTime } from '../release/clock.ts';
import { done, type EnvironmentRef, pending, type ReleaseDocument } from '../release/document.ts';
import { isNamed, VerdigrisError } from '../release/errors.ts';
import { throwIfEnded, throwIfOver } from './breach.ts';
import { inPhase, planOf } from './document.ts';
import type { Ports } from './ports.ts';
import { record } from './record.ts';
import { scheduleRetire } from './retire.ts';
import { patiently, type Step } from './step.ts';

/**
 * Makes green and waits, by `pending`, until it takes requests.
 * @throws ArtifactInvalidError, ProvisionFailedError, BreachError, RollbackRequestedError
 */
export const provision: Step = patiently(async (document, ports) => {
  await throwIfOver(document, ports);
  const plan = planOf(document);
  const environment = await ports.adapters.environment(plan.environment, document.service);
  const green = await environment.provision(document.artifact, document.releaseId);
  if (green) throwIfLive(green, document.blue);
  await removeIfOver(document, green, ports);
  if (!green) return { ...document, step: pending(1) };
  const status = await environment.status(green);
  if (status.state === 'pending') {
    const waiting = { ...document, green, step: pending(status.retryAfterSeconds) };
    await ports.ledger.saveDocument(waiting);
    return waiting;
  }
  if (status.state !== 'ready') {
    throw new VerdigrisError(
      'ProvisionFailedError',
      `${green.id} is ${status.state}: ${status.reason}`,
    );
  }
  await environment.warm(green);
  await record(document, ports, {
    key: 'provisioned',
    type: 'Provisioned',
    summary: `${green.id} is up${green.address ? ` at ${green.address}` : ''}`,
    data: { environment: green.id, address: green.address, attributes: green.attributes },
  });
  const next = inPhase({ ...document, green, step: done }, 'validating', ports);
  await ports.ledger.saveDocument(next);
  return next;
});

/** What a call made that was presumed dead, nobody else will find. */
async function removeIfOver(
  document: ReleaseDocument,
  green: EnvironmentRef | null,
  ports: Ports,
): Promise<void> {
  try {
    await throwIfEnded(document, ports);
  } catch (error) {
    const made =
      isNamed(error, 'ReleaseStateError') && (green ?? (await findBegun(document, ports)));
    if (made) await scheduleRetire(document, 'green', made, isoTime(ports.clock.now()), ports);
    throw error;
  }
}

/** What has no name for the release yet may be there all the same. */
async function findBegun(
  document: ReleaseDocument,
  { adapters }: Ports,
): Promise<EnvironmentRef | null> {
  const { service, releaseId } = document;
  const environment = await adapters.environment(planOf(document).environment, service);
  return environment.ofRelease(releaseId);
}

function throwIfLive(green: EnvironmentRef, blue: EnvironmentRef | null): void {
  if (green.id !== blue?.id) return;
  throw new VerdigrisError(
    'ProvisionFailedError',
    `${green.id} is already live; there is nothing to release`,
  );
}
