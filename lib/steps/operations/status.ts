import type { Ledger, ReleaseRecord } from '../../ledger/ledger.ts';
import type { ReleaseDocument } from '../../release/document.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { type ReleaseStatus, timingsOf } from '../../release/status.ts';
import { verificationOf } from '../../release/verification.ts';
import type { Ports } from '../ports.ts';

/** @throws ReleaseUnknownError */
export async function findRelease(releaseId: string, ledger: Ledger): Promise<ReleaseRecord> {
  const found = await ledger.getRelease(releaseId);
  if (found) return found;
  throw new VerdigrisError('ReleaseUnknownError', `there is no release "${releaseId}"`);
}

/** One release with its events and the live traffic. */
export async function getRelease(releaseId: string, ports: Ports): Promise<ReleaseStatus> {
  const found = await findRelease(releaseId, ports.ledger);
  const { document } = found;
  const isOpen = document.watch !== null && !document.watch.isClosed && found.outcome === null;
  return {
    releaseId,
    service: found.service,
    version: found.artifact.version,
    phase: found.phase,
    outcome: found.outcome,
    reason: found.reason,
    requestedBy: found.requestedBy,
    blue: document.blue,
    green: document.green,
    traffic: await liveTraffic(document, ports),
    timings: timingsOf(document),
    verification: verificationOf(document.checks, document.plan?.checks.length ?? 0),
    breach: (await ports.ledger.getBreach(releaseId)) ?? document.breach,
    watch:
      isOpen && document.watch
        ? { startedAt: document.watch.startedAt, endsAt: document.watch.endsAt }
        : null,
    events: await ports.ledger.listEvents(releaseId),
  };
}

async function liveTraffic(
  document: ReleaseDocument,
  ports: Ports,
): Promise<Record<string, number>> {
  if (!document.plan) return {};
  try {
    return (await (await ports.adapters.router(document.plan.router, document.service)).read())
      .weights;
  } catch (error) {
    ports.log.warn('traffic is unknown', { reason: messageOf(error) });
    return {};
  }
}
