import type { ReleaseRecord } from '../../ledger/ledger.ts';
import { epochMs, isoTime } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import type { Ports } from '../ports.ts';
import { restoreLeftQuiet } from '../quiet-alarms.ts';
import { retirementOf } from '../retire.ts';
import { onExecutionEnded } from './on-execution-ended.ts';

/** Requests that were never admitted hold no lock; they are looked for among so many of a service. */
const lookBack = 20;
/** A request may still be started by a repeated event for so much longer than anything else. */
const requestFactor = 5;

/**
 * The second line behind {@link onExecutionEnded}: finds releases that have no outcome, have not
 * moved for `graceMs` milliseconds, and on which no execution works (rule 7), and locks that a
 * retirement left behind. Alarms that a release which has ended left quiet get their actions back. What
 * cannot be looked after now does not keep the others waiting.
 */
export async function sweepStranded(graceMs: number, ports: Ports): Promise<void> {
  for (const { service } of await ports.ledger.listManifests()) {
    await lookAfter(service, ports, () => sweepService(service, graceMs, ports));
  }
  await lookAfter('alarms that are quiet', ports, () => restoreLeftQuiet(ports));
}

async function sweepService(service: string, graceMs: number, ports: Ports): Promise<void> {
  const holder = (await ports.ledger.getLock(service))?.releaseId;
  if (holder !== undefined && retirementOf(holder) !== null) {
    await freeAbandoned(service, holder, ports);
  }
  const recent = await ports.ledger.listReleases({ service, limit: lookBack });
  // Whatever was admitted and has not ended holds the lock, however many came after it.
  const admitted = holder === undefined ? null : await ports.ledger.getRelease(holder);
  const found = new Map(
    [...recent, ...(admitted ? [admitted] : [])].map((it) => [it.releaseId, it]),
  );
  for (const record of found.values()) {
    if (!standsStill(record, graceMs, ports)) continue;
    await lookAfter(record.releaseId, ports, () => endExecution(record.releaseId, ports));
  }
}

function standsStill({ outcome, document }: ReleaseRecord, graceMs: number, ports: Ports): boolean {
  if (outcome !== null) return false;
  const patienceMs = document.plan ? graceMs : graceMs * requestFactor;
  return ports.clock.now() - epochMs(document.phaseSince) >= patienceMs;
}

async function endExecution(releaseId: string, ports: Ports): Promise<void> {
  const ended = { machine: 'release', status: 'aborted', error: null, cause: null } as const;
  await onExecutionEnded({ ...ended, name: releaseId }, ports);
}

/**
 * A retirement holds the lock for a moment. One whose execution is over has left it behind; it is freed
 * by the second sweep that finds it so, when none of its calls can still be under way.
 */
async function freeAbandoned(service: string, holder: string, ports: Ports): Promise<void> {
  const execution = retirementOf(holder) ?? '';
  if ((await ports.engine.describe('retire', execution))?.status === 'running') return;
  const { isNew } = await ports.ledger.appendEvent({
    id: `${service}#${holder}-abandoned`,
    type: 'Retire Abandoned',
    releaseId: null,
    service,
    at: isoTime(ports.clock.now()),
    by: 'conductor',
    summary: `a retirement that is over holds the lock of ${service}; the next sweep frees it`,
    data: { execution },
  });
  if (!isNew) await ports.ledger.releaseLock(service, holder);
}

async function lookAfter(what: string, ports: Ports, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    ports.log.error('the sweep could not look after it', { what, reason: messageOf(error) });
  }
}
