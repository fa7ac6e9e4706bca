import { isoTime } from '../release/clock.ts';
import { pending, type ReleaseDocument } from '../release/document.ts';
import { isNamed } from '../release/errors.ts';
import { breachHappening, isAskedFor } from './breach.ts';
import { asDocument, planOf } from './document.ts';
import { endRelease, hasEnded } from './ending.ts';
import { burnData } from './error-budget.ts';
import { findGreen } from './green.ts';
import type { Ports } from './ports.ts';
import { tidyRoute } from './readiness.ts';
import { recordOrKeep, recordUnrecorded } from './record.ts';
import { callOffRetirement, scheduleRetire } from './retire.ts';
import { begin, createImpatientAsker, fence, findCause, restorationOf } from './rollback/fence.ts';
import { restore } from './rollback/restore.ts';
import { patiently, type Step } from './step.ts';

/**
 * Puts all traffic back on blue and keeps it there until nothing that was begun earlier can move it
 * again. Needs the document and the router, nothing else (rule 5): the ledger, green and notifiers
 * may be down.
 * @throws RouterUnavailableError: the state machine repeats the call.
 * @throws RouteConflictError when somebody sent traffic to an environment of neither side.
 */
export const rollback: Step = patiently(async (input, ports, call) => {
  const document = asDocument(input);
  const ask = createImpatientAsker(ports);
  const fenced = await fence(begin(document, ports), ports, ask);
  if (fenced.outcome) return hasEnded(fenced, ports);
  // The cause is looked for once; a document that has begun carries it.
  const caused = document.restoration ? fenced : await findCause(fenced, ports, ask);
  const restored = await restore(caused, ports, call, ask);
  if (restored.outcome) return hasEnded(restored, ports);
  if (restored.step.status === 'pending') return restored;
  // The end of a release is written by who has fenced it: traffic is safe meanwhile.
  if (!restorationOf(restored).isFenced) return { ...restored, step: pending(5) };
  return finish(restored, ports);
});

/** Traffic is safe; now the books. A ledger that is down is waited for, not failed on. */
async function finish(document: ReleaseDocument, ports: Ports): Promise<ReleaseDocument> {
  try {
    const told = await tellCause(document, ports);
    await retireGreen(told, ports);
    if (told.plan) await tidyRoute(told, ports);
    return await end(await recordUnrecorded(told, ports), ports);
  } catch (error) {
    if (!isNamed(error, 'LedgerUnavailableError', 'EngineUnavailableError', 'ThrottledError'))
      throw error;
    return { ...document, step: pending(5) };
  }
}

async function tellCause(document: ReleaseDocument, ports: Ports): Promise<ReleaseDocument> {
  const { breach, blue } = document;
  const isNews = breach !== null && !isAskedFor(breach);
  const told = isNews ? await recordOrKeep(document, ports, breachHappening(breach)) : document;
  return recordOrKeep(told, ports, {
    key: `rollback-started-${document.epoch}`,
    type: 'Rollback Started',
    at: restorationOf(document).startedAt,
    by: breach?.by ?? 'conductor',
    summary: blue
      ? `putting all traffic back on ${blue.version}`
      : 'there is nothing to go back to',
  });
}

async function end(document: ReleaseDocument, ports: Ports): Promise<ReleaseDocument> {
  const { breach, epoch, milestones } = document;
  const withoutTraffic = document.plan ? 'discarded' : 'refused';
  const outcome = restorationOf(document).hadTraffic ? 'rolled-back' : withoutTraffic;
  const reason = breach?.reason ?? 'rolled back';
  return endRelease(
    document,
    {
      outcome,
      reason,
      key: `${outcome}-${epoch}`,
      by: breach?.by ?? 'conductor',
      summary: `${whereTrafficIs(document)}: ${reason}`,
      data: {
        restoredAt: milestones.restoredAt,
        cause: breach?.kind ?? null,
        ...(outcome === 'rolled-back' ? await burnData(document, ports) : {}),
      },
    },
    ports,
  );
}

/** A release that was stopped before it was admitted never learnt what is live. */
function whereTrafficIs({ blue, plan }: ReleaseDocument): string {
  if (blue) return `all traffic is on ${blue.version}`;
  return plan ? 'nothing was live before' : 'nothing was changed';
}

/** Begins before the end is written, so that no green is forgotten; it waits for the lock. */
async function retireGreen(document: ReleaseDocument, ports: Ports): Promise<void> {
  const green = await findGreen(document, ports);
  if (!green) return;
  const retireAt = isoTime(ports.clock.now() + (await lingerSeconds(document, ports)) * 1000);
  await scheduleRetire(document, 'green', green, retireAt, ports);
  await callOffRetirement(document, 'blue is live again', ports);
}

/** Where clients follow a route late, green goes on answering those that do: as long as one may take. */
const longestRequestSeconds = 900;

async function lingerSeconds(document: ReleaseDocument, ports: Ports): Promise<number> {
  const { router } = planOf(document);
  const { facts } = await ports.adapters.router(router, document.service);
  return facts.maxPropagationSeconds > 0 ? longestRequestSeconds : 0;
}
