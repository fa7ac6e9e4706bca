import { epochMs } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import type { Ports } from '../ports.ts';
import { onExecutionEnded } from './on-execution-ended.ts';

/** How far back releases without an outcome are looked for, per service. */
const lookBack = 100;

/**
 * The second line behind {@link onExecutionEnded}: finds releases that have no outcome, have not
 * moved for `graceMs` milliseconds, and on which no execution works (rule 7). One that cannot be
 * looked after now does not keep the others waiting.
 */
export async function sweepStranded(graceMs: number, ports: Ports): Promise<void> {
  for (const { service } of await ports.ledger.listManifests()) {
    const recent = await ports.ledger.listReleases({ service, limit: lookBack });
    const open = recent.filter(
      ({ outcome, document }) =>
        outcome === null && ports.clock.now() - epochMs(document.phaseSince) >= graceMs,
    );
    for (const { releaseId } of open) await lookAfter(releaseId, ports);
  }
}

async function lookAfter(releaseId: string, ports: Ports): Promise<void> {
  try {
    await onExecutionEnded(
      { machine: 'release', name: releaseId, status: 'aborted', error: null, cause: null },
      ports,
    );
  } catch (error) {
    ports.log.error('a stranded release was not looked after', {
      releaseId,
      reason: messageOf(error),
    });
  }
}
