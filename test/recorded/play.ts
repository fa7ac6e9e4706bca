import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { createEmbeddedEngine, type Handler } from '../../lib/engine/embedded.ts';
import type { Machine } from '../../lib/engine/engine.ts';
import {
  admitHandler,
  type HandlerDeps,
  type Handler as LambdaHandler,
  retireHandler,
  stepHandler,
  tokenHandler,
} from '../../lib/platform/step-handler.ts';
import type { AdapterConfig, Json } from '../../lib/release/json.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { admit } from '../../lib/steps/admit.ts';
import { complete } from '../../lib/steps/complete.ts';
import { cutover } from '../../lib/steps/cutover.ts';
import { discard } from '../../lib/steps/discard.ts';
import { hold } from '../../lib/steps/hold.ts';
import { judge } from '../../lib/steps/judge.ts';
import { onExecutionEnded } from '../../lib/steps/operations/on-execution-ended.ts';
import type { Adapters, Ports } from '../../lib/steps/ports.ts';
import { provision } from '../../lib/steps/provision.ts';
import { reportRollbackFailed } from '../../lib/steps/report-rollback-failed.ts';
import { requestApproval } from '../../lib/steps/request-approval.ts';
import { retire } from '../../lib/steps/retire.ts';
import { rollback } from '../../lib/steps/rollback.ts';
import { validate } from '../../lib/steps/validate.ts';
import { watchWindow } from '../../lib/steps/watch-window.ts';
import { createTestConductor } from '../support/conductor.ts';
import type { Scenario } from './scenarios.ts';

/** Sees what a function is about to get, and decides what it gets. Calls of a function count from 1. */
export type Tap = (functionKey: string, call: number, payload: Json) => Json;

/** What became of a release. */
export interface Played {
  outcome: string | null | undefined;
  weights: Record<string, number>;
  /** Types of its events, in order. */
  events: string[];
  /** How the executions ended: `release succeeded`, `rollback failed RolledBack`. */
  executions: string[];
}

/**
 * Plays a scenario on these state machines, with today's steps behind their Lambda handlers: their
 * schemas and their rounding are part of it.
 */
export async function play(
  scenario: Scenario,
  definitions: Record<Machine, StateMachineDefinition>,
  tap: Tap,
): Promise<Played> {
  const conductor = await createTestConductor(scenario.options());
  const { ports, clock, store } = conductor;
  ports.adapters = demanding(ports.adapters);
  const executions: string[] = [];
  ports.engine = createEmbeddedEngine({
    ...{ definitions, clock, store, ids: ports.ids, timers: ports.timers, log: silentLogger },
    handlers: tapped(lambdaHandlers(ports), tap),
    async onEnded(execution) {
      const { machine, status, error } = execution;
      executions.push([machine, status, error].filter((it) => it !== null).join(' '));
      await onExecutionEnded(execution, ports);
    },
  });
  const id = await scenario.play(conductor);
  return {
    outcome: (await conductor.ledger.getRelease(id))?.outcome,
    weights: conductor.router.weights(),
    events: await conductor.events(id),
    executions,
  };
}

/** Fakes take any configuration, which real adapters do not: it must arrive as the manifest has it. */
function demanding(adapters: Adapters): Adapters {
  const isRight = (config: AdapterConfig | null, service = 'storefront') => {
    const isFake = config === null || config?.kind === 'fake';
    if (!isFake || service !== 'storefront') throw new Error(`no adapter for ${config?.kind}`);
  };
  return {
    ...adapters,
    environment(config, service) {
      isRight(config, service);
      return adapters.environment(config, service);
    },
    router(config, service) {
      isRight(config, service);
      return adapters.router(config, service);
    },
    check(config) {
      isRight(config);
      return adapters.check(config);
    },
    signal(config, service) {
      isRight(config, service);
      return adapters.signal(config, service);
    },
    metrics(config, service, router) {
      isRight(config, service);
      isRight(router);
      return adapters.metrics(config, service, router);
    },
    notifier(config) {
      isRight(config);
      return adapters.notifier(config);
    },
  };
}

function tapped(handlers: Record<string, LambdaHandler<unknown>>, tap: Tap) {
  const calls = new Map<string, number>();
  const entries = Object.entries(handlers).map(([key, handler]): [string, Handler] => [
    key,
    async (payload, { remainingMs }) => {
      const call = (calls.get(key) ?? 0) + 1;
      calls.set(key, call);
      const context = { functionName: key, getRemainingTimeInMillis: remainingMs };
      return (await handler(tap(key, call, payload), context as unknown as Context)) as Json;
    },
  ]);
  return Object.fromEntries(entries);
}

/** What functions/ exports, made of these ports instead of AWS's. */
function lambdaHandlers(ports: Ports): Record<string, LambdaHandler<unknown>> {
  const deps: HandlerDeps = { logger: new Logger({ logLevel: 'SILENT' }), ports: () => ports };
  return {
    admit: admitHandler(admit, deps),
    provision: stepHandler(provision, deps),
    validate: stepHandler(validate, deps),
    requestApproval: tokenHandler(requestApproval, deps),
    cutover: stepHandler(cutover, deps),
    watchWindow: tokenHandler(watchWindow, deps),
    judge: stepHandler(judge, deps),
    complete: stepHandler(complete, deps),
    hold: stepHandler(hold, deps),
    discard: stepHandler(discard, deps),
    rollback: stepHandler(rollback, deps),
    reportRollbackFailed: stepHandler(reportRollbackFailed, deps),
    retire: retireHandler(retire, deps),
  };
}
