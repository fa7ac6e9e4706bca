import type { ReleaseDocument } from '../release/document.ts';
import { messageOf } from '../release/errors.ts';
import { readCause } from './breach.ts';
import { asDocument, describeWeights } from './document.ts';
import { endRelease, hasEnded } from './ending.ts';
import type { Ports } from './ports.ts';
import { recordUnrecorded } from './record.ts';
import type { Step } from './step.ts';

/**
 * The worst that can be said: traffic could not be put back. Says where it is and what to do, and
 * keeps the service locked until a rollback works.
 */
export const reportRollbackFailed: Step = async (input, ports) => {
  const document = asDocument(input);
  const ended = await ports.ledger.getRelease(document.releaseId);
  if (ended?.outcome) return hasEnded(ended.document, ports);
  const error = document.error?.Error ?? 'unknown';
  const cause = document.error ? readCause(document.error.Cause) : 'unknown';
  const traffic = await whereTrafficIs(document, ports);
  const reason = `rollback failed (${error}: ${cause}); traffic: ${traffic}`;
  const told = await recordUnrecorded(document, ports);
  const breach = (await ports.ledger.getBreach(document.releaseId)) ?? document.breach;
  // What a failed call had raised did not come back with it.
  const epoch = Math.max(document.epoch, ended?.document.epoch ?? 0);
  return endRelease(
    { ...told, epoch, breach, restoration: null },
    {
      outcome: 'rollback-failed',
      reason,
      key: `rollback-failed-${document.epoch}`,
      summary: `${reason}. Mend the route, then: verdigris rollback ${document.releaseId}`,
      data: { error, traffic },
    },
    ports,
  );
};

async function whereTrafficIs(document: ReleaseDocument, ports: Ports): Promise<string> {
  if (!document.plan) return 'unknown';
  try {
    const route = await (
      await ports.adapters.router(document.plan.router, document.service)
    ).read();
    return describeWeights(route.weights);
  } catch (error) {
    return `unknown, ${messageOf(error)}`;
  }
}
