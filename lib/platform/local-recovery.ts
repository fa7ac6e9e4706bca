import type { EmbeddedEngine } from '../engine/embedded.ts';
import { messageOf } from '../release/errors.ts';
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
  let cancel = () => {};
  const again = () => {
    cancel = ports.timers.after(sweepMs, () => {
      sweepStranded(sweepMs, ports)
        .catch((error) => ports.log.error('no sweep', { reason: messageOf(error) }))
        .finally(again);
    });
  };
  again();
  return () => cancel();
}
