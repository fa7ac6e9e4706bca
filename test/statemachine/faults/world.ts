import type { EmbeddedEngine } from '../../../lib/engine/embedded.ts';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import type { ReleaseDocument } from '../../../lib/release/document.ts';
import type { JsonObject } from '../../../lib/release/json.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import { createOperations } from '../../../lib/steps/operations/index.ts';
import type { Ports } from '../../../lib/steps/ports.ts';
import { blueRef, fakeKinds } from '../../support/conductor.ts';
import { createFakeEnvironment } from '../../support/fakes/environment.ts';
import { createMemoryExecutionStore } from '../../support/fakes/execution-store.ts';
import { createMemoryLedger } from '../../support/fakes/ledger.ts';
import { createFakeMetrics } from '../../support/fakes/metrics.ts';
import { createFakeRouter, type RouteRecord } from '../../support/fakes/router.ts';
import { createFakeSignal, type FakeTransition } from '../../support/fakes/signal.ts';
import { createCountingIds, createVirtualClock } from '../../support/virtual-clock.ts';
import { type Caller, injected } from './inject.ts';
import { noticeRoute, observed } from './observe.ts';
import { createEngine } from './platform.ts';
import type { Contract, Schedule } from './schedule.ts';
import { createTrouble } from './trouble.ts';

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

/** The story is told only when somebody wants to read it. */
export interface WorldOptions {
  isTold?: boolean;
}

/**
 * The whole conductor on fakes and virtual time, in a world that follows a schedule: the shipped state
 * machines, the real steps, and a wrapper around every call of every contract.
 */
export function createWorld(schedule: Schedule, { isTold = false }: WorldOptions = {}) {
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
      isAtomic: setup.router.isAtomic,
      supportsWeights: setup.router.supportsWeights,
      maxPropagationSeconds: setup.router.propagationSeconds,
    },
    ...(setup.router.healthyAfterCalls !== null && {
      preparation: { healthyAfterCalls: setup.router.healthyAfterCalls },
    }),
  });
  router.convergeAfter(setup.router.verifyCalls);
  const environment = createFakeEnvironment({
    service,
    existing: setup.hasBlue ? [blueRef] : [],
    readyAfterCalls: setup.readyAfterCalls,
    liveAfterCalls: setup.liveAfterCalls,
    retireAfterCalls: setup.retireAfterCalls,
  });
  const metrics = createFakeMetrics({ clock, periodSeconds: 10 });
  metrics.behave(blueRef.id, { requestsPerSecond: 50 }, startMs - 3_600_000);
  const checkLooks = new Map<string, number>();

  const trouble = createTrouble(schedule, clock);
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
    ...trouble,
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
    operationsFor: (caller: Caller) => createOperations(portsFor(caller)),
    get engine() {
      return engine;
    },
    /** Kills the conductor: nothing that it was doing goes on. */
    kill() {
      tell(() => 'the conductor is killed');
      trouble.disturbed('life', 0);
      life += 1;
      isUp = false;
      engine.abandon();
    },
    /** A new one on the same ledger. */
    boot() {
      isUp = true;
      engine = createEngine(world);
      tell(() => 'the conductor is started again');
    },
    /** Whether that route is live now. */
    isLive: (id: string, percent = 100) => (router.weights()[id] ?? 0) === percent,
    document: (releaseId: string) => ledger.inside.release(releaseId)?.document,
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
        check: ({ name }) =>
          make('check', { run: (context) => answer(String(name), String(context.releaseId)) }),
        signal: () => signalPort,
        metrics: () => metricsPort,
        standingNotifiers: [],
        notifier: () => notifier,
      },
    };
  }

  /** The scripted answers, one by one for each release. */
  async function answer(name: string, releaseId: string) {
    const looks = checkLooks.get(releaseId) ?? 0;
    checkLooks.set(releaseId, looks + 1);
    const verdict = setup.checkAnswers[Math.min(looks, setup.checkAnswers.length - 1)] ?? 'pass';
    if (verdict === 'pending') return { verdict, summary: 'not yet', retryAfterSeconds: 2 };
    world.notice('checked', releaseId, name, verdict);
    return { verdict, summary: verdict, evidence: {} };
  }

  engine = createEngine(world);
  return world;
}
