import {
  createEmbeddedEngine,
  type EmbeddedEngine,
  type Handler,
} from '../../../lib/engine/embedded.ts';
import type { Execution } from '../../../lib/engine/engine.ts';
import type { ExecutionStore } from '../../../lib/engine/execution-store.ts';
import { createHandlers, readDefinitions } from '../../../lib/platform/machines.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { onExecutionEnded } from '../../../lib/steps/operations/on-execution-ended.ts';
import type { Ports } from '../../../lib/steps/ports.ts';
import { type Caller, injected, never } from './inject.ts';
import type { World } from './world.ts';

/** Read once: the shipped files do not change during a run. */
const definitions = readDefinitions();
const functions = Object.keys(createHandlers({} as Ports));

/** An engine for the conductor's present life, with every function wrapped. */
export function createEngine(world: World): EmbeddedEngine {
  const { clock, ids, store, life } = world;
  const isLocal = world.schedule.setup.platform === 'local';
  const handlers = functions.map((key): [string, Handler] => [
    key,
    (payload, call) => {
      const work = (ports: Ports) => (createHandlers(ports)[key] as Handler)(payload, call);
      return runFunction(world, key, documentOf(payload), work, life);
    },
  ]);
  return createEmbeddedEngine({
    definitions,
    handlers: Object.fromEntries(handlers),
    clock,
    timers: clock,
    ids,
    log: silentLogger,
    store: isLocal ? mortal(world, store, life) : store,
    onEnded: (execution) => tellEnd(world, execution, life),
  });
}

/** Runs a function as the platform does: it may fail, come late, come twice, or die at work. */
export async function runFunction<T>(
  world: World,
  name: string,
  input: Caller['input'],
  work: (ports: Ports) => Promise<T>,
  life = world.life,
): Promise<T> {
  const dying = Promise.withResolvers<never>();
  dying.promise.catch(() => {});
  const die = () => dying.reject(crash());
  const run = () => {
    const caller: Caller = { ...world.caller(name, input), life, die };
    return world.isGone(caller) ? never : begin(world, caller, work);
  };
  const platform: Caller = { ...world.caller(`the platform, for ${name}`), life, die };
  const delivered = injected(world, platform, 'function', { [name]: run })[name] ?? run;
  return Promise.race([delivered(), dying.promise]);
}

async function begin<T>(
  world: World,
  caller: Caller,
  work: (ports: Ports) => Promise<T>,
): Promise<T> {
  world.tell(() => `${caller.name} begins`);
  world.notice('began', caller);
  try {
    const answer = await work(world.portsFor(caller));
    world.tell(() => `${caller.name} is through`);
    return answer;
  } catch (error) {
    world.tell(() => `${caller.name} throws ${String(error)}`);
    throw error;
  }
}

/** On one machine executions are kept in the ledger's own file, and die with their conductor. */
function mortal(world: World, store: ExecutionStore, life: number): ExecutionStore {
  const guard =
    <Args extends unknown[], T>(act: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (life !== world.life) return never;
      const down = world.outageOf('ledger', 'executions');
      if (down) throw down;
      return act(...args);
    };
  return {
    create: guard(store.create),
    end: guard(store.end),
    get: guard(store.get),
    running: guard(store.running),
  };
}

/** On AWS an event is delivered three times at most; on one machine until it was heard. */
async function tellEnd(world: World, execution: Execution, life: number): Promise<void> {
  world.tell(() => `execution ${execution.machine}/${execution.name} ${execution.status}`);
  const hear = (ports: Ports) => onExecutionEnded(execution, ports);
  const once = () => runFunction(world, 'onExecutionEnded', null, hear, life);
  await (world.schedule.setup.platform === 'local' ? once() : deliver(world, once));
}

/** An asynchronous call of a Lambda function: twice more, then its letter is dead. */
export async function deliver(world: World, once: () => Promise<void>): Promise<void> {
  for (const waitMs of [60_000, 120_000, null]) {
    try {
      return await once();
    } catch {
      if (waitMs === null) return;
      await new Promise<void>((resolve) => world.clock.after(waitMs, resolve));
    }
  }
}

function crash(): Error {
  return Object.assign(new Error('the function died'), { name: 'Runtime.ExitError' });
}

function documentOf(payload: unknown): Record<string, unknown> {
  const given = payload as Record<string, unknown>;
  return (given.document as Record<string, unknown> | undefined) ?? given;
}
