import { recoverReleases } from '../../../lib/platform/local-recovery.ts';
import { untilDone } from '../../../lib/platform/until-done.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { executionsOf } from '../../../lib/steps/operations/executions.ts';
import type { createOperations } from '../../../lib/steps/operations/index.ts';
import { recordAlarm } from '../../../lib/steps/operations/record-alarm.ts';
import { sweepStranded } from '../../../lib/steps/operations/sweep-stranded.ts';
import { startRetire } from '../../../lib/steps/retire.ts';
import { blueRef } from '../../support/conductor.ts';
import type { FakeTransition } from '../../support/fakes/signal.ts';
import { deliver as deliverEvent, runFunction } from './platform.ts';
import type { Deed } from './schedule.ts';
import { alarms } from './setup.ts';
import { service, type World } from './world.ts';

/** How often AWS looks for stranded releases, and how long they may stand still. */
const sweepEveryMs = 300_000;
const sweepGraceMs = 120_000;

/** Somebody else's environment. */
export const stranger = `${service}-by-hand`;

type Operations = ReturnType<typeof createOperations>;

/** Everybody who does something in a world, besides the conductor. */
export function createDeeds(world: World) {
  const releases: string[] = [];
  let version = 1;

  /** Something that a person asks for. Who asks in vain is told why; anything else is a fault of ours. */
  async function ask<T>(name: string, what: (operations: Operations) => Promise<T>) {
    if (!world.isUp) return undefined;
    const caller = world.caller(name);
    world.tell(() => name);
    try {
      return await what(world.operationsFor(caller));
    } catch (error) {
      if (world.isGone(caller)) return undefined;
      if (error instanceof VerdigrisError) world.tell(() => `  refused: ${error.message}`);
      else if (!isInjected(error)) world.violate(0, `${name}: ${String(error)}`);
      return undefined;
    }
  }

  async function release(): Promise<void> {
    version += 1;
    const artifact = { uri: `memory:v${version}`, version: `v${version}` };
    await ask(`ann asks for release v${version}`, async (operations) => {
      const status = await operations.startRelease({ service, artifact, by: 'ann' });
      behave(status.releaseId, true);
    });
  }

  function greenOf(releaseId: string): string {
    return world.document(releaseId)?.green?.id ?? '';
  }

  function behave(releaseId: string, isWell: boolean): void {
    const at = world.document(releaseId)?.artifact.version ?? '';
    const traffic = { requestsPerSecond: 50, errorRate: isWell ? 0 : 0.5 };
    world.metrics.behave(`${service}-${at}-${releaseId}`, traffic);
  }

  /** What a deed is about: the release that was asked for last. */
  const subject = () => releases.at(-1);

  async function stop(releaseId: string): Promise<void> {
    const document = world.document(releaseId);
    if (!document || !world.isUp) return;
    for (const [machine, name] of executionsOf(document)) {
      if ((await world.store.get(machine, name))?.status !== 'running') continue;
      world.tell(() => `somebody stops ${machine}/${name}`);
      world.notice('stopped', releaseId);
      return world.engine.stop(machine, name, 'somebody pressed stop');
    }
  }

  function edit(to: 'blue' | 'green' | 'stranger' | 'split'): void {
    const green = greenOf(subject() ?? '');
    const blue = blueRef.id;
    const sides = { blue: { [blue]: 100 }, green: { [green]: 100 }, stranger: { [stranger]: 100 } };
    const weights = to === 'split' ? { [blue]: 50, [stranger]: 50 } : sides[to];
    const isThere = Object.keys(weights).every(
      (id) => id === stranger || world.environment.holds(id),
    );
    // Nobody sends traffic to what is not there.
    if (!isThere) return;
    world.tell(() => `somebody edits the route by hand: ${JSON.stringify(weights)}`);
    world.disturbed('hand', 0);
    world.router.editByHand(weights);
  }

  /** The retire machine, at a moment at which nobody should start it. */
  async function retire(side: 'blue' | 'green'): Promise<void> {
    const document = world.document(subject() ?? '');
    const ref = document?.[side];
    if (!document?.plan || !ref || !world.isUp) return;
    const { environment: environmentConfig, router: routerConfig } = document.plan;
    const name = `${document.releaseId}-${side}-by-hand-${world.next()}`;
    const retireAt = new Date(world.clock.now()).toISOString();
    world.tell(() => `somebody starts ${name}`);
    const about = { ...document, environment: ref, environmentConfig, routerConfig, retireAt };
    const caller = world.caller('somebody');
    await startRetire(name, about, world.portsFor(caller)).catch(() => {});
  }

  function sweep(graceMs: number): Promise<void> {
    return runFunction(world, 'sweep', null, (ports) => sweepStranded(graceMs, ports)).catch(
      () => {},
    );
  }

  async function deliver(change: FakeTransition): Promise<void> {
    if (!world.isUp) return;
    world.tell(() => `alarm ${change.name} fires`);
    const born = world.life;
    const once = () =>
      runFunction(world, 'onAlarm', null, (ports) => recordAlarm(change, ports), born);
    if (world.schedule.setup.platform === 'aws') await deliverEvent(world, once);
    else await untilDone(once, world.clock, silentLogger);
  }
  world.onAlarm.push(deliver);

  /** What a conductor does first. One that cannot is started again, as whoever runs it would. */
  async function recover(): Promise<void> {
    const caller = world.caller('recovery');
    caller.die = () => fall('it died');
    try {
      await recoverReleases(world.engine, world.portsFor(caller));
    } catch (error) {
      if (!world.isGone(caller)) fall(String(error));
    }
  }

  function fall(why: string): void {
    world.tell(() => `the conductor could not start: ${why}`);
    world.kill();
    world.clock.after(10_000, boot);
  }

  function boot(): void {
    if (world.isUp) return;
    world.boot();
    void recover();
  }

  function kill(downSeconds: number): void {
    if (world.schedule.setup.platform !== 'local' || !world.isUp) return;
    world.kill();
    world.clock.after(downSeconds * 1000, boot);
  }

  return {
    releases,
    release,
    recover,
    /** The schedule of AWS that looks for stranded releases; a local conductor has its own. */
    sweepAgain(): void {
      world.clock.after(sweepEveryMs, () => {
        void sweep(sweepGraceMs);
        this.sweepAgain();
      });
    },
    async act(deed: Deed): Promise<void> {
      const id = subject();
      switch (deed.type) {
        case 'fire':
          return world.signal.fire(alarms[deed.alarm] ?? alarms[0]);
        case 'clear':
          world.tell(() => `alarm ${alarms[deed.alarm]} clears`);
          return world.signal.clear(alarms[deed.alarm] ?? alarms[0]);
        case 'degrade':
        case 'heal':
          world.tell(() => `green ${deed.type}s`);
          return id ? behave(id, deed.type === 'heal') : undefined;
        case 'release':
          return release();
        case 'sweep':
          return sweep(0);
        case 'edit':
          return edit(deed.to);
        case 'retire':
          return retire(deed.side);
        case 'kill':
          return kill(deed.downSeconds);
        case 'outage':
          world.tell(() => `${deed.contract} is down for ${deed.seconds} s`);
          return world.beDown(deed.contract, deed.seconds, deed.throttles);
        case 'repair':
          await ask('ann asks doctor --fix', (operations) => operations.repair(service, 'ann'));
          return;
      }
      if (!id) return;
      switch (deed.type) {
        case 'approve':
          await ask(`${deed.by} approves`, (it) => it.approve(id, deed.by, null));
          return;
        case 'reject':
          await ask(`${deed.by} rejects`, (it) => it.reject(id, deed.by, null));
          return;
        case 'rollback':
          await ask('ann asks for a rollback', (it) => it.rollback(id, 'ann', null));
          return;
        case 'hold':
          await ask('ann asks for a hold', (it) => it.hold(id, 'ann', null));
          return;
        case 'resume':
          await ask(`ann resumes: ${deed.decision}`, (it) =>
            it.resume(id, deed.decision, 'ann', null),
          );
          return;
        case 'stop':
          return stop(id);
      }
    },
  };
}

/** What a fault of the schedule threw comes back to who asked. */
function isInjected(error: unknown): boolean {
  const isError = error instanceof Error;
  return isError && / (?:failed|is down|was lost|did not answer in time)$/.test(error.message);
}
