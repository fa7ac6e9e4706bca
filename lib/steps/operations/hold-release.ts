import type { ReleaseRecord } from '../../ledger/ledger.ts';
import { isoTime } from '../../release/clock.ts';
import type { Breach } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { ReleaseStatus } from '../../release/status.ts';
import { clip, recordBreach } from '../breach.ts';
import type { Ports } from '../ports.ts';
import { record } from '../record.ts';
import { findRelease, getRelease } from './status.ts';

/**
 * Freezes the traffic of a running release where it is, and leaves it to a person how it goes on. The
 * execution is told through its token, or finds the request at its next look. See `Operations.hold`.
 */
export async function holdRelease(
  releaseId: string,
  by: string,
  reason: string | null,
  ports: Ports,
): Promise<ReleaseStatus> {
  const found = await findRelease(releaseId, ports.ledger);
  throwIfNotHoldable(found);
  const request: Breach = {
    kind: 'hold',
    reason: clip(reason ?? `${by} asked for a hold`),
    detectedAt: isoTime(ports.clock.now()),
    by,
  };
  // Told first: what is asked for may take effect although its answer is lost (rule 10).
  await record(found.document, ports, {
    key: `hold-requested-${request.detectedAt}`,
    type: 'Hold Requested',
    at: request.detectedAt,
    by,
    summary: request.reason,
  });
  const first = await recordBreach(found.document, ports, request);
  if (first.kind !== 'hold') throw isUnderWay(releaseId, first);
  return getRelease(releaseId, ports);
}

function throwIfNotHoldable({ releaseId, outcome, phase, document }: ReleaseRecord): void {
  if (outcome !== null) {
    throw notNow(`${releaseId} has ended (${outcome}); only a running release can be held`);
  }
  if (phase === 'rolling-back' || phase === 'discarding') {
    throw notNow(`${releaseId} is ${phase}; that is not stopped half way`);
  }
  if (document.milestones.firstShiftAt !== null) return;
  throw notNow(
    `${releaseId} has moved no traffic yet (${phase}), so there is nothing to hold; a rollback removes green`,
  );
}

function isUnderWay(releaseId: string, { reason }: Breach): VerdigrisError {
  return notNow(`${releaseId} is being undone already: ${reason}`);
}

function notNow(message: string): VerdigrisError {
  return new VerdigrisError('ReleaseStateError', message);
}
