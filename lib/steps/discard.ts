import {
  type EnvironmentRef,
  pending,
  type ReleaseDocument,
  type ReleaseInput,
} from '../release/document.ts';
import { VerdigrisError } from '../release/errors.ts';
import { formatDuration } from '../release/quantities.ts';
import { describeCaught } from './breach.ts';
import { asDocument, inPhase } from './document.ts';
import { endRelease } from './ending.ts';
import { findGreen, nextRemovalLook, retiredHappening } from './green.ts';
import type { Ports } from './ports.ts';
import { record } from './record.ts';
import { patiently } from './step.ts';

/** A document, or the input of Admit where that was not let in. */
type Discardable = ReleaseDocument | (ReleaseInput & Pick<ReleaseDocument, 'error'>);

/**
 * Ends a release that never moved traffic: removes green, if there is one, and frees the service.
 * A release that was not even admitted is `refused`, any other `discarded`.
 * @throws TrafficMovedError when green gets traffic after all (rule 8); then a rollback is due.
 */
export const discard = patiently(
  async (input: Discardable, ports: Ports): Promise<ReleaseDocument> => {
    const document = asDocument(input);
    const reason = reasonOf(document);
    const green = await findGreen(document, ports);
    if (green) {
      await throwIfRouted(document, green, ports);
      // Before it is gone: a repetition has to find what it is to tell of.
      if (!document.green) await ports.ledger.saveDocument({ ...document, green });
      const environment = await environmentOf(document, ports);
      if ((await environment?.retire(green)) === 'pending') {
        const waiting = inPhase({ ...document, green }, 'discarding', ports);
        await ports.ledger.saveDocument(waiting);
        const last = document.phase === 'discarding' ? document.step : null;
        return { ...waiting, step: pending(nextRemovalLook(last)) };
      }
      await record(document, ports, retiredHappening(green));
    }
    return end({ ...document, green }, reason, ports);
  },
);

function environmentOf(document: ReleaseDocument, ports: Ports) {
  return document.plan
    ? ports.adapters.environment(document.plan.environment, document.service)
    : undefined;
}

async function throwIfRouted(
  document: ReleaseDocument,
  green: EnvironmentRef,
  ports: Ports,
): Promise<void> {
  if (!document.plan) return;
  const route = await (await ports.adapters.router(document.plan.router, document.service)).read();
  if ((route.weights[green.id] ?? 0) === 0) return;
  throw new VerdigrisError('TrafficMovedError', `${green.id} gets traffic and can't be discarded`);
}

/** Why, in words: what a Catch of the state machine brought. */
function reasonOf(document: ReleaseDocument): string {
  const { error, plan } = document;
  if (!error) return 'discarded';
  if (isExpired(document)) {
    return `nobody decided within ${formatDuration(plan?.approval.expiresInSeconds ?? 0)}`;
  }
  return describeCaught(error);
}

function isExpired({ error, phase }: ReleaseDocument): boolean {
  return error?.Error === 'States.Timeout' && phase === 'awaiting-approval';
}

async function end(
  document: ReleaseDocument,
  reason: string,
  ports: Ports,
): Promise<ReleaseDocument> {
  if (isExpired(document)) {
    await record(document, ports, { key: 'expired', type: 'Approval Expired', summary: reason });
  }
  const outcome = document.plan ? 'discarded' : 'refused';
  const data = { error: document.error?.Error ?? null };
  return endRelease(document, { outcome, reason, summary: reason, data }, ports);
}
