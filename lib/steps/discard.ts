import type { Approval, Decision } from '../ledger/ledger.ts';
import {
  type EnvironmentRef,
  pending,
  type ReleaseDocument,
  type ReleaseInput,
} from '../release/document.ts';
import { VerdigrisError } from '../release/errors.ts';
import { formatDuration } from '../release/quantities.ts';
import { describeCaught } from './breach.ts';
import { asDocument, inPhase, planOf } from './document.ts';
import { endRelease } from './ending.ts';
import { findGreen, nextRemovalLook, retiredHappening } from './green.ts';
import type { Ports } from './ports.ts';
import { describeRejection, record } from './record.ts';
import { patiently } from './step.ts';

/** A document, or the input of Admit where that was not let in. */
type Discardable = ReleaseDocument | (ReleaseInput & Pick<ReleaseDocument, 'error'>);

/**
 * Ends a release that never moved traffic: removes green, if there is one, and frees the service.
 * A release that was not even admitted is `refused`, one on which nobody decided in time `expired`, any
 * other `discarded`.
 * @throws TrafficMovedError when green gets traffic after all (rule 8); then a rollback is due.
 */
export const discard = patiently(
  async (input: Discardable, ports: Ports): Promise<ReleaseDocument> => {
    const document = asDocument(input);
    const verdict = await verdictOn(document, ports);
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
    return end({ ...document, green }, verdict, ports);
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

/** How it ends, and why in words. */
interface Verdict {
  outcome: 'refused' | 'discarded' | 'expired';
  reason: string;
}

/** What a Catch of the state machine brought decides, and the ledger where a time-out may have been late. */
async function verdictOn(document: ReleaseDocument, ports: Ports): Promise<Verdict> {
  const { error, plan } = document;
  if (!plan) return { outcome: 'refused', reason: error ? describeCaught(error) : 'refused' };
  if (!error) return { outcome: 'discarded', reason: 'discarded' };
  const asked = isTimeOut(error) ? await ports.ledger.getApproval(document.releaseId) : null;
  if (!asked) return { outcome: 'discarded', reason: describeCaught(error) };
  return verdictOnApproval(asked, document, ports);
}

/** Both are the end of a wait for people, once they were asked: nothing else may time out after that. */
function isTimeOut({ Error: name }: { Error: string }): boolean {
  return name === 'States.Timeout' || name === 'ApprovalExpiredError';
}

/** The token's time is up. A no or a breach that came before counts, a yes that came too late does not. */
async function verdictOnApproval(
  { state, decisions }: Approval,
  document: ReleaseDocument,
  ports: Ports,
): Promise<Verdict> {
  const breach = await ports.ledger.getBreach(document.releaseId);
  if (breach) return { outcome: 'discarded', reason: breach.reason };
  const no = decisions.find((it) => it.decision === 'reject');
  if (no) return { outcome: 'discarded', reason: describeRejection(no) };
  const limit = formatDuration(planOf(document).approval.expiresInSeconds);
  return { outcome: 'expired', reason: describeExpiry(state, decisions, limit) };
}

function describeExpiry(
  state: Approval['state'],
  decisions: readonly Decision[],
  limit: string,
): string {
  const given = decisions.map(({ by }) => by).join(', ');
  if (given === '') return `nobody decided within ${limit}`;
  if (state === 'approved') return `the last approval (${given}) came when the ${limit} were over`;
  return `not enough people approved within ${limit}; only ${given} did`;
}

async function end(
  document: ReleaseDocument,
  { outcome, reason }: Verdict,
  ports: Ports,
): Promise<ReleaseDocument> {
  if (outcome === 'expired') {
    await record(document, ports, { key: 'expired', type: 'Approval Expired', summary: reason });
  }
  const breach = await ports.ledger.getBreach(document.releaseId);
  const data = { error: document.error?.Error ?? null, outcome };
  // Told as one that was discarded, which whoever listens knows: so is its event called.
  const key = outcome === 'expired' ? 'discarded' : outcome;
  return endRelease(
    { ...document, breach },
    { outcome, reason, key, summary: reason, data },
    ports,
  );
}
