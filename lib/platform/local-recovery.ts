import type { EmbeddedEngine } from '../engine/embedded.ts';
import { messageOf } from '../release/errors.ts';
import { lookAtBudgets } from '../steps/operations/look-at-budgets.ts';
import { sweepStranded } from '../steps/operations/sweep-stranded.ts';
import type { Ports } from '../steps/ports.ts';
import type { LocalParts } from './local-parts.ts';

/**
 * Brings back every environment that an earlier conductor kept: what still runs is adopted, the rest
 * is started again, and the proxy learns where they listen now.
 */
export async function recoverEnvironments(
  { supervisor, proxy }: Pick<LocalParts, 'supervisor' | 'proxy'>,
  { log }: Pick<Ports, 'log'>,
): Promise<void> {
  const found = await supervisor.recover();
  await Promise.all(
    found.map(async ({ ref, service, state }) => {
      if (state === 'failed' || state === 'stopping') return;
      try {
        const revived = await supervisor.revive(ref.id);
        if (revived.address) proxy.updateAddress(service, revived.id, revived.address);
      } catch (error) {
        log.error('an environment could not be started again', {
          id: ref.id,
          reason: messageOf(error),
        });
      }
    }),
  );
}

/** How often releases that nobody works on are looked for, and how long they may stand still. */
const sweepMs = 30_000;

/**
 * Finds what an earlier conductor left unfinished: its executions, and releases that have neither an
 * outcome nor an execution. Their traffic goes back (rule 7), now and whenever a release is stranded
 * later. The returned function ends the looking.
 */
export async function recoverReleases(engine: EmbeddedEngine, ports: Ports): Promise<() => void> {
  await engine.recover();
  await sweepStranded(0, ports);
  return regularly('sweep', sweepMs, () => sweepStranded(sweepMs, ports), ports);
}

/** The metrics of this machine are remembered for an hour, and lost with the process. */
const budgetLookMs = 60_000;

/** Keeps the tallies of error budgets. The returned function ends that. */
export function keepBudgets(ports: Ports): () => void {
  return regularly('look at error budgets', budgetLookMs, () => lookAtBudgets(ports), ports);
}

/** Does it again and again, with a pause after each time. The returned function ends that. */
function regularly(
  what: string,
  pauseMs: number,
  work: () => Promise<void>,
  { timers, log }: Pick<Ports, 'timers' | 'log'>,
): () => void {
  let cancel = () => {};
  let isOver = false;
  const again = () => {
    if (isOver) return;
    cancel = timers.after(pauseMs, () => {
      work()
        .catch((error) => log.error(`no ${what}`, { reason: messageOf(error) }))
        .finally(again);
    });
  };
  again();
  return () => {
    isOver = true;
    cancel();
  };
}
