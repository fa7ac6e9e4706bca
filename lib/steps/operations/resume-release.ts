import { isoTime } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import type { ReleaseStatus } from '../../release/status.ts';
import { countingAlarms, ignoreAlarms } from '../breach.ts';
import { withoutError } from '../document.ts';
import { withBlindness } from '../judge/blindness.ts';
import { openWatch } from '../open-watch.ts';
import type { Ports } from '../ports.ts';
import { record } from '../record.ts';
import { forNextExecution, resumeName } from './executions.ts';
import { rollbackRelease } from './rollback-release.ts';
import { findRelease, getRelease } from './status.ts';

/** Ends a hold either way. See `Operations.resume`. */
export async function resumeRelease(
  releaseId: string,
  decision: 'continue' | 'rollback',
  by: string,
  reason: string | null,
  ports: Ports,
): Promise<ReleaseStatus> {
  const found = await findRelease(releaseId, ports.ledger);
  if (found.outcome !== 'held') {
    throw new VerdigrisError(
      'ReleaseStateError',
      `${releaseId} is not held (${found.outcome ?? found.phase}); only a held release can be resumed`,
    );
  }
  if (decision === 'rollback') return rollbackRelease(releaseId, by, reason, ports);
  await record(found.document, ports, {
    key: `resume-${found.document.epoch}`,
    type: 'Resume Requested',
    by,
    summary: reason ?? `${by} lets the release go on`,
    data: { decision },
  });
  const firing = await countingAlarms(found.document, ports);
  const phase = found.document.hasMoreSteps ? 'cutting-over' : 'completing';
  const { document } = await ports.ledger.reopenRelease(releaseId, ['held'], phase);
  // Whoever lets a held release go on has seen the alarms that fire; new ones still count.
  const watch = document.watch && withBlindness(document.watch, null);
  const opened = { ...withoutError(document), watch, phaseSince: isoTime(ports.clock.now()) };
  const next = forNextExecution(ignoreAlarms(opened, firing));
  await ports.ledger.saveDocument(next);
  await openWatch(next, ports);
  await ports.engine.start('release', resumeName(next), next as unknown as JsonObject);
  return getRelease(releaseId, ports);
}
