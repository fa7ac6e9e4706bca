import type { Execution } from '../../engine/engine.ts';
import type { ReleaseRecord } from '../../ledger/ledger.ts';
import { isoTime } from '../../release/clock.ts';
import type { Breach } from '../../release/document.ts';
import { clip } from '../breach.ts';
import { endRelease } from '../ending.ts';
import type { Ports } from '../ports.ts';
import { restoreAlarms } from '../quiet-alarms.ts';
import { record } from '../record.ts';
import { hasRunningExecution, releaseIdOfExecution } from './executions.ts';
import { rollBackStranded } from './rollback-release.ts';

/**
 * An execution is over, however it ended. A release that has no outcome by then was stranded, and a
 * rollback puts its traffic back (rule 7). One that has an outcome gets its alarms back, where its last
 * step died before that. Called twice it starts once.
 */
export async function onExecutionEnded(
  ended: Pick<Execution, 'machine' | 'name' | 'status' | 'error' | 'cause'>,
  ports: Ports,
): Promise<void> {
  if (ended.machine === 'retire') return;
  const found = await ports.ledger.getRelease(releaseIdOfExecution(ended.name));
  if (!found) return;
  if (found.outcome !== null) return restoreAlarms(found.document, ports);
  if (await hasRunningExecution(found, ports)) return;
  const why = ended.cause ?? ended.error;
  const reason = clip(
    `the execution ${ended.status} before the release ended${why ? `: ${why}` : ''}`,
  );
  const at = isoTime(ports.clock.now());
  await record(found.document, ports, {
    key: `execution-ended-${ended.name}`,
    type: 'Execution Ended',
    at,
    summary: reason,
    data: { execution: ended.name, status: ended.status, cause: ended.cause },
  });
  if (!found.document.plan && !(await holdsLock(found, ports))) {
    await endRelease(found.document, { outcome: 'refused', reason, summary: reason }, ports);
    return;
  }
  // A rollback that failed is not begun again on the spot: the sweep comes back to it.
  if (ended.machine === 'rollback' && ended.status === 'failed') return;
  const breach: Breach = { kind: 'execution', reason, detectedAt: at, by: 'conductor' };
  await rollBackStranded(found, breach, ports);
}

async function holdsLock({ service, releaseId }: ReleaseRecord, ports: Ports): Promise<boolean> {
  return (await ports.ledger.getLock(service))?.releaseId === releaseId;
}
