import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { createEmbeddedEngine, type EmbeddedEngine } from '../../../lib/engine/embedded.ts';
import type { Execution, Machine } from '../../../lib/engine/engine.ts';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { createHandlers, readDefinitions } from '../../../lib/platform/machines.ts';
import type { ReleaseDocument } from '../../../lib/release/document.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import type { JsonObject } from '../../../lib/release/json.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import { createOperations } from '../../../lib/steps/operations/index.ts';
import { onExecutionEnded } from '../../../lib/steps/operations/on-execution-ended.ts';
import type { Ports } from '../../../lib/steps/ports.ts';
import { blueRef, fakeKinds } from '../../support/conductor.ts';
import { createFakeEnvironment } from '../../support/fakes/environment.ts';
import { createMemoryExecutionStore } from '../../support/fakes/execution-store.ts';
import { createMemoryLedger } from '../../support/fakes/ledger.ts';
import { createFakeMetrics } from '../../support/fakes/metrics.ts';
import { createFakeRouter, type RouteRecord } from '../../support/fakes/router.ts';
import { createFakeSignal, type FakeTransition } from '../../support/fakes/signal.ts';
import { createCountingIds, createVirtualClock } from '../../support/virtual-clock.ts';
import { type Caller, describeFault, failureOf, injected } from './inject.ts';
import { noticeRoute, observed } from './observe.ts';
import type { CallFault, Contract, Schedule } from './schedule.ts';

export const service = 'storefront';

/** What the rules hear of, at the moment at which it happens. */
export interface Observations {
  /** A route went live. */
  shift(route: RouteRecord, before: RouteRecord | undefined, caller: Caller | null): void;
  /** A function began to run. */
  began(caller: Caller): void;
  /** The ledger took the end of a release. */
  ended(
    record: { releaseId: string; document: ReleaseDocument; outcome: string },
    caller: Caller,
  ): void;
  /** The ledger took the first breach of a release. */
  breached(releaseId: string, caller: Caller): void;
  /** An environment is being taken away; `isGone` when it is. */
  retired(environmentId: string, isGone: boolean, caller: Caller): void;
  /** The ledger took a new event. */
  event(event: { id: string; type: string; releaseId: string | null; data: JsonObject }): void;
  /** A check answered. */
  checked(releaseId: string, name: string, verdict: string): void;
  /** Somebody stopped a running execution of a release. */
  stopped(releaseId: string): void;
}

/** A rule that was broken. */
export interface Violation {
  /** Of docs/rules.md; 0 is an error that nobody foresaw. */
  rule: number;
  what: string;
  atMs: number;
}

export type World = ReturnType<typeof createWorld>;

let definitions: Record<Machine, StateMachineDefinition> | null = null;
/** The story is told only when somebody wants to read it. */
export interface WorldOptions {
  isTold?: boolean;
}

/**
 * The whole conductor on fakes and virtual time, in a world that follows a schedule: the shipped state
 * machines, the real steps, and a wrapper around every call of every contract.
 */
export function createWorld(schedule: Schedule, { isTold = false }: WorldOptions = {}) {
  definitions ??= readDefinitions();
  const shipped = definitions;
  const { setup } = schedule;
  const clock = createVirtualClock();
  const startMs = clock.now();
  const ids = createCountingIds();
  const ledger = createMemoryLedger();
  const store = createMemoryExecutionStore();
  const router = createFakeRouter({
    clock,
    timers: clock,
    onChange: (made, before, lease) => {
      if (made.by !== 'initial') noticeRoute(made, before, lease, world);
    },
    ...(setup.hasBlue && { initial: { [blueRef.id]: 100 } }),
    facts: {
      isConditional: setup.router.isConditional,
      maxPropagationSeconds: setup.router.propagationSeconds,
    },
  });
  router.convergeAfter(setup.router.verifyCalls);
  const environment = createFakeEnvironment({
    service,
    existing: setup.hasBlue ? [blueRef] : [],
    readyAfterCalls: setup.readyAfterCalls,
    retireAfterCalls: setup.retireAfterCalls,
  });
  const metrics = createFakeMetrics({ clock, periodSeconds: 10 });
  metrics.behave(blueRef.id, { requestsPerSecond: 50 }, startMs - 3_600_000);
  const checkLooks = new Map<string, number>();

  const counts = new Map<string, number>();
  const faults = new Map<string, CallFault>(
    schedule.faults.map((it) => [`${it.contract}.${it.method}#${it.nth}`, it]),
  );
  const plans = new Map<string, (() => void)[]>();
  const outages: { contract: Contract; untilMs: number; throttles: boolean }[] = [];
  const disturbances: { contract: string; fromMs: number; untilMs: number }[] = [];
  const story: string[] = [];
  const violations: Violation[] = [];
  const listeners: Partial<Observations>[] = [];
  let order = 0;
  let life = 1;
  let isUp = true;
  let acting: Caller | null = null;
  let engine: EmbeddedEngine;

  function tell(line: () => string): void {
    if (isTold)
      story.push(`${((clock.now() - startMs) / 1000).toFixed(1).padStart(8)} s  ${line()}`);
  }

  const signal = createFakeSignal({
    clock,
    nextOrder: () => world.next(),
    onTransition: (change) => {
      if (change.state === 'alarm') for (const hear of onAlarm) void hear(change);
    },
  });
  const onAlarm: ((change: FakeTransition) => Promise<void>)[] = [];

  const world = {
    schedule,
    clock,
    startMs,
    ledger,
    store,
    router,
    environment,
    metrics,
    signal,
    ids,
    story,
    violations,
    onAlarm,
    tell,
    secondsNow: () => (clock.now() - startMs) / 1000,
    get life() {
      return life;
    },
    get isUp() {
      return isUp;
    },
    /** Counts everything that is observed, so that one can say what came first. */
    next: () => {
      order += 1;
      return order;
    },
    isGone: (caller: Caller) => caller.isDead || caller.life !== life,
    count(name: string) {
      const nth = (counts.get(name) ?? 0) + 1;
      counts.set(name, nth);
      return nth;
    },
    faultOf: (name: string, nth: number) => faults.get(`${name}#${nth}`),
    /** Does what was planned for this moment. */
    reach(edge: string, name: string, nth: number) {
      const key = `${edge} ${name}#${nth}`;
      const planned = plans.get(key);
      if (!planned) return;
      plans.delete(key);
      for (const act of planned) act();
    },
    plan(key: string, act: () => void) {
      plans.set(key, [...(plans.get(key) ?? []), act]);
    },
    outageOf(contract: Contract, name: string): Error | null {
      const now = clock.now();
      const found = outages.find((it) => it.contract === contract && it.untilMs > now);
      if (!found) return null;
      world.disturbed(contract, (found.untilMs - now) / 1000);
      if (found.throttles && ['router', 'environment', 'signal', 'metrics'].includes(contract)) {
        return new VerdigrisError('ThrottledError', `${name} asks for patience`);
      }
      return failureOf(contract, `${name}: ${contract} is down`);
    },
    beDown(contract: Contract, seconds: number, throttles: boolean) {
      outages.push({ contract, untilMs: clock.now() + seconds * 1000, throttles });
      world.disturbed(contract, seconds);
    },
    /** Something went wrong with this contract, for so many seconds. */
    disturbed(contract: string, seconds: number) {
      const fromMs = clock.now();
      disturbances.push({ contract, fromMs, untilMs: fromMs + seconds * 1000 });
    },
    /** Whether anything of these contracts (any at all, if none is named) went wrong in that time. */
    wasDisturbed(fromMs: number, untilMs: number, only?: readonly string[]) {
      return disturbances.some(
        (it) =>
          it.fromMs <= untilMs && it.untilMs >= fromMs && (!only || only.includes(it.contract)),
      );
    },
    lastDisturbanceMs: () => Math.max(startMs, ...disturbances.map((it) => it.untilMs)),
    /** Runs an effect so that whoever observes it knows whose it is. */
    actAs<T>(caller: Caller, effect: () => T): T {
      const before = acting;
      acting = caller;
      try {
        return effect();
      } finally {
        acting = before;
      }
    },
    acting: () => acting,
    listen: (listener: Partial<Observations>) => listeners.push(listener),
    notice<K extends keyof Observations>(what: K, ...args: Parameters<Observations[K]>) {
      for (const listener of listeners) {
        (listener[what] as ((...given: Parameters<Observations[K]>) => void) | undefined)?.(
          ...args,
        );
      }
    },
    violate(rule: number, what: string) {
      tell(() => `!! rule ${rule}: ${what}`);
      violations.push({ rule, what, atMs: clock.now() - startMs });
    },
    caller: createCaller,
    portsFor,
    run: runAs,
    operationsFor: (caller: Caller) => createOperations(portsFor(caller)),
    get engine() {
      return engine;
    },
    /** Kills the conductor: nothing that it was doing goes on. */
    kill() {
      tell(() => 'the conductor is killed');
      world.disturbed('life', 0);
      life += 1;
      isUp = false;
      engine.abandon();
    },
    /** A new one on the same ledger. */
    boot() {
      isUp = true;
      engine = createEngine();
      tell(() => 'the conductor is started again');
    },
    /** Whether that route is live now. */
    isLive: (id: string, percent = 100) => (router.weights()[id] ?? 0) === percent,
    document: (releaseId: string) => ledger.inside.release(releaseId)?.document,
    describeFaults: () => schedule.faults.map(describeFault),
  };

  const spied = observed({ ledger, router, environment }, world, () => acting);

  function createCaller(name: string, input: Caller['input'] = null): Caller {
    return {
      name,
      life,
      isDead: false,
      isSafe: false,
      startedAt: world.next(),
      readAt: null,
      input,
      die: () => {},
    };
  }

  function portsFor(caller: Caller): Ports {
    const make = <T extends object>(contract: Contract, target: T, pure: string[] = []): T =>
      caller.isSafe ? target : injected(world, caller, contract, target, pure);
    const environmentPort = make('environment', spied.environment);
    const routerPort = make('router', spied.router, ['facts', 'plan']);
    const signalPort = make('signal', signal);
    const metricsPort = make('metrics', metrics);
    const notifier = make('notifier', { send: async () => {} });
    return {
      clock,
      timers: clock,
      ids,
      log: silentLogger,
      ledger: make('ledger', spied.ledger as Ledger, ['close']),
      engine: make('engine', engine, ['recover', 'settled', 'abandon']),
      adapters: {
        parseManifest: (source) => parseManifest(source, fakeKinds),
        environment: () => environmentPort,
        router: () => routerPort,
        check: ({ name }) => make('check', { run: (context) => answer(String(name), context) }),
        signal: () => signalPort,
        metrics: () => metricsPort,
        standingNotifiers: [],
        notifier: () => notifier,
      },
    };
  }

  /** The scripted answers, one by one for each release. */
  async function answer(name: string, { releaseId }: { releaseId: string }) {
    const looks = checkLooks.get(releaseId) ?? 0;
    checkLooks.set(releaseId, looks + 1);
    const verdict = setup.checkAnswers[Math.min(looks, setup.checkAnswers.length - 1)] ?? 'pass';
    if (verdict === 'pending') return { verdict, summary: 'not yet', retryAfterSeconds: 2 };
    world.notice('checked', releaseId, name, verdict);
    return { verdict, summary: verdict, evidence: {} };
  }

  /** Runs a function as the platform does: it may fail, come late, come twice, or die at work. */
  async function runAs<T>(
    name: string,
    input: Caller['input'],
    work: (ports: Ports) => Promise<T>,
    born = life,
  ): Promise<T> {
    const dying = Promise.withResolvers<never>();
    dying.promise.catch(() => {});
    const platform: Caller = { ...createCaller(`the platform, for ${name}`), life: born };
    const once = async () => {
      const caller = { ...createCaller(name, input), life: born };
      caller.die = () => dying.reject(crash());
      if (world.isGone(caller)) return dying.promise;
      tell(() => `${name} begins`);
      world.notice('began', caller);
      const work2 = work(portsFor(caller));
      work2.then(
        () => world.isGone(caller) || tell(() => `${name} is through`),
        (error) =>
          world.isGone(caller) || tell(() => `${name} throws ${error.name}: ${error.message}`),
      );
      return work2;
    };
    platform.die = () => dying.reject(crash());
    const called = injected(world, platform, 'function', { [name]: once })[
      name
    ] as () => Promise<T>;
    return Promise.race([called(), dying.promise]);
  }

  function createEngine(): EmbeddedEngine {
    const born = life;
    const functions = Object.keys(createHandlers({} as Ports));
    const handlers = Object.fromEntries(
      functions.map((key) => [
        key,
        (payload: never, call: never) =>
          runAs(
            key,
            documentOf(payload),
            (ports) =>
              (createHandlers(ports)[key] as NonNullable<unknown> as AnyHandler)(payload, call),
            born,
          ),
      ]),
    );
    return createEmbeddedEngine({
      definitions: shipped,
      handlers: handlers as never,
      clock,
      timers: clock,
      ids,
      log: silentLogger,
      store: setup.platform === 'local' ? storeOf(born) : store,
      onEnded: (execution) => tellEnd(execution, born),
    });
  }

  /** On one machine executions are kept in the ledger's own file. */
  function storeOf(born: number): typeof store {
    const check = () => {
      if (born !== life) return false;
      const down = world.outageOf('ledger', 'executions');
      if (down) throw down;
      return true;
    };
    return {
      create: async (it) => (check() ? store.create(it) : new Promise(() => {})),
      end: async (...args) => (check() ? store.end(...args) : new Promise(() => {})),
      get: async (...args) => (check() ? store.get(...args) : new Promise(() => {})),
      running: async () => (check() ? store.running() : new Promise(() => {})),
    };
  }

  /** On AWS an event is delivered three times at most; on one machine until it was heard. */
  async function tellEnd(execution: Execution, born: number): Promise<void> {
    tell(() => `execution ${execution.machine}/${execution.name} ${execution.status}`);
    const once = () =>
      runAs('onExecutionEnded', null, (ports) => onExecutionEnded(execution, ports), born);
    if (setup.platform === 'local') return once();
    await attempts(world, once);
  }

  engine = createEngine();
  return world;
}

type AnyHandler = (payload: never, call: never) => Promise<never>;

/** An asynchronous call of a Lambda function: twice more, then its letter is dead. */
export async function attempts(
  world: { clock: ReturnType<typeof createVirtualClock> },
  once: () => Promise<void>,
): Promise<void> {
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
