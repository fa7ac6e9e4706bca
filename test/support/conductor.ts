import { z } from 'zod';
import type { Check, CheckAnswer } from '../../lib/checks/check.ts';
import { createEmbeddedEngine, type Handler } from '../../lib/engine/embedded.ts';
import type { Execution } from '../../lib/engine/engine.ts';
import type { ExecutionStore } from '../../lib/engine/execution-store.ts';
import { webhookKinds } from '../../lib/http/webhooks/index.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { recoverReleases } from '../../lib/platform/local-recovery.ts';
import { createHandlers, readDefinitions } from '../../lib/platform/machines.ts';
import type { EnvironmentRef } from '../../lib/release/document.ts';
import type { EventType, ReleaseEvent } from '../../lib/release/events.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { type ManifestKinds, parseManifest } from '../../lib/release/manifest.ts';
import type { Router } from '../../lib/routers/router.ts';
import { createReportedAlarms, reportedAlarmsKind } from '../../lib/signals/reported-alarms.ts';
import { createOperations } from '../../lib/steps/operations/index.ts';
import { onExecutionEnded } from '../../lib/steps/operations/on-execution-ended.ts';
import { recordAlarm } from '../../lib/steps/operations/record-alarm.ts';
import type { Ports } from '../../lib/steps/ports.ts';
import { createFakeEnvironment, type FakeEnvironment } from './fakes/environment.ts';
import { createMemoryExecutionStore } from './fakes/execution-store.ts';
import { createMemoryLedger, type MemoryLedger } from './fakes/ledger.ts';
import { createFakeMetrics, type FakeTraffic } from './fakes/metrics.ts';
import { createFakeRouter, type FakeRouterOptions } from './fakes/router.ts';
import { createFakeSignal } from './fakes/signal.ts';
import { createCountingIds, createVirtualClock } from './virtual-clock.ts';

const fakeKind = (kind: string) => ({ kind, schema: z.looseObject({ kind: z.literal(kind) }) });

/** Every part of a manifest may be `kind: fake`. */
export const fakeKinds: ManifestKinds = {
  environment: [fakeKind('fake')],
  router: [fakeKind('fake')],
  check: [
    {
      kind: 'fake',
      schema: z.looseObject({
        kind: z.literal('fake'),
        name: z.string(),
        critical: z.boolean().default(true),
        timeout: z.literal(10).default(10),
      }),
    },
  ],
  signals: [fakeKind('fake'), reportedAlarmsKind],
  metrics: [fakeKind('fake')],
  notifier: [fakeKind('fake')],
  webhook: webhookKinds,
};

/** A manifest of fakes with what a scenario changes. */
export function fakeManifest(changes: JsonObject = {}): JsonObject {
  return {
    service: 'storefront',
    environment: { kind: 'fake' },
    router: { kind: 'fake' },
    checks: [{ kind: 'fake', name: 'smoke' }],
    watch: {
      window: '30m',
      interval: '60s',
      alarms: ['storefront-5xx'],
      compare: { errorRate: { max: '2x' }, latencyP95: { max: '1.5x' } },
    },
    retain: '24h',
    notify: [{ kind: 'fake' }],
    ...changes,
  };
}

/** What a scenario may put in place of the ordinary fakes. */
export interface TestConductorOptions {
  manifest?: JsonObject;
  router?: FakeRouterOptions;
  /** Wraps a part to inject faults. */
  wrapLedger?: (ledger: Ledger) => Ledger;
  wrapRouter?: (router: Router) => Router;
}

/** The whole conductor on fakes and virtual time: the shipped state machines, the real steps. */
export type TestConductor = Awaited<ReturnType<typeof createTestConductor>>;

/** Blue, as it was before Verdigris began: `storefront-v1`. */
export const blueRef: EnvironmentRef = {
  id: 'storefront-v1',
  kind: 'fake',
  version: 'v1',
  address: null,
  attributes: {},
};

const artifact = (version: string) => ({ uri: `memory:${version}`, version });

const usualTraffic: FakeTraffic = { requestsPerSecond: 50 };

/** Makes a conductor with `storefront-v1` live and its manifest applied. */
export async function createTestConductor(options: TestConductorOptions = {}) {
  const clock = createVirtualClock();
  const ids = createCountingIds();
  const inner: MemoryLedger = createMemoryLedger();
  const ledger = options.wrapLedger?.(inner) ?? inner;
  const store = createMemoryExecutionStore();
  const router = createFakeRouter({
    clock,
    timers: clock,
    initial: { [blueRef.id]: 100 },
    ...options.router,
  });
  const environment: FakeEnvironment = createFakeEnvironment({
    service: 'storefront',
    existing: [blueRef],
  });
  const metrics = createFakeMetrics({ clock, periodSeconds: 10 });
  const signal = createFakeSignal({
    clock,
    onTransition: async (change) => {
      if (change.state === 'alarm') await recordAlarm(change, ports);
    },
  });
  const sent: ReleaseEvent[] = [];
  const notifierFault: { error: Error | null } = { error: null };
  const checkAnswers = new Map<string, CheckAnswer[]>();

  // The engine is one of the ports that its handlers are made of, so they come after it.
  const handlers: Record<string, Handler> = {};
  const ports: Ports = {
    clock,
    timers: clock,
    ids,
    log: silentLogger,
    ledger,
    engine: createEngine(store),
    adapters: {
      parseManifest: (source) => parseManifest(source, fakeKinds),
      environment: () => environment,
      router: () => options.wrapRouter?.(router) ?? router,
      check: (config) => scriptedCheck(checkAnswers.get(String(config.name)) ?? []),
      signal: (config, service) =>
        config?.kind === 'reported-alarms'
          ? createReportedAlarms(config, service, { ledger: inner, clock })
          : signal,
      metrics: () => metrics,
      standingNotifiers: [],
      notifier: () => ({
        async send(event) {
          if (notifierFault.error) throw notifierFault.error;
          sent.push(event);
        },
      }),
    },
  };

  function createEngine(executions: ExecutionStore) {
    return createEmbeddedEngine({
      definitions: readDefinitions(),
      handlers,
      clock,
      timers: clock,
      ids,
      log: silentLogger,
      store: executions,
      onEnded: (execution: Execution) => onExecutionEnded(execution, ports),
    });
  }

  Object.assign(handlers, createHandlers(ports));
  const operations = createOperations(ports);
  const source = options.manifest ?? fakeManifest();
  await operations.applyManifest('storefront', source, 'test');
  metrics.behave(blueRef.id, usualTraffic, clock.now() - 3_600_000);

  return {
    clock,
    ledger: inner,
    store,
    router,
    environment,
    metrics,
    signal,
    sent,
    notifierFault,
    checkAnswers,
    ports,
    operations,
    /** Starts a release of this version and returns its id. */
    async release(version = 'v2', by = 'ann'): Promise<string> {
      const status = await operations.startRelease({
        service: 'storefront',
        artifact: artifact(version),
        by,
      });
      return status.releaseId;
    },
    /** Passes time until the release has an outcome, and returns it. */
    async outcomeOf(releaseId: string) {
      await clock.runUntil(async () => (await inner.getRelease(releaseId))?.outcome !== null);
      await clock.settle();
      return (await inner.getRelease(releaseId))?.outcome;
    },
    /** Passes time until the release is in this phase. */
    async reach(releaseId: string, phase: string): Promise<void> {
      await clock.runUntil(async () => (await inner.getRelease(releaseId))?.phase === phase);
      await clock.settle();
    },
    /** Has the release's green measured like blue from now on. */
    async measureGreen(releaseId: string): Promise<void> {
      const { green } = (await inner.getRelease(releaseId))?.document ?? {};
      if (!green) throw new Error(`${releaseId} has no green yet`);
      metrics.behave(green.id, usualTraffic);
    },
    /** Types of the release's events, in order. */
    async events(releaseId: string): Promise<EventType[]> {
      return (await inner.listEvents(releaseId)).map((event) => event.type);
    },
    /** The error name of the Fail state in which the release's execution ended. */
    async executionError(releaseId: string): Promise<string | null | undefined> {
      return (await store.get('release', releaseId))?.error;
    },
    /** Kills the conductor and starts another one on the same ledger, as `up` does. */
    async restart(): Promise<void> {
      (ports.engine as ReturnType<typeof createEngine>).abandon();
      const engine = createEngine(store);
      ports.engine = engine;
      await recoverReleases(engine, ports);
    },
  };
}

/** Answers in order; the last one again and again, `pass` if there are none. */
function scriptedCheck(answers: CheckAnswer[]): Check {
  return {
    async run() {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return answer ?? { verdict: 'pass', summary: 'fine', evidence: {} };
    },
  };
}
