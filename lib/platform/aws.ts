import { SFNClient } from '@aws-sdk/client-sfn';
import { createCheck } from '../checks/index.ts';
import { type Machine, machines } from '../engine/engine.ts';
import { createStepFunctionsEngine } from '../engine/step-functions.ts';
import { createEnvironment } from '../environments/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createNotifier } from '../notifiers/index.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig } from '../release/json.ts';
import type { Logger } from '../release/logger.ts';
import { parseManifest } from '../release/manifest.ts';
import { createRouter } from '../routers/index.ts';
import { createMetricSource, createSignal } from '../signals/index.ts';
import type { Adapters, Ports } from '../steps/ports.ts';
import { randomIds, systemClock } from './clock.ts';
import { manifestKinds } from './kinds.ts';

/** Environment variables of a step's function. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The AWS platform's ports. Of the platform's own parts there is the engine so far: a step that asks
 * for the ledger, or a manifest that names no signals, is told so.
 * @throws ConfigInvalidError when a state machine's ARN is missing from the environment.
 */
export function createAwsPorts(variables: Variables, log: Logger): Ports {
  const stateMachineArns = readStateMachineArns(variables);
  return {
    clock: systemClock,
    timers: systemClock,
    ids: randomIds,
    log,
    engine: createStepFunctionsEngine({ stateMachineArns }, { client: new SFNClient({}) }),
    adapters: createAdapters(log),
    get ledger(): Ledger {
      throw unavailable('a ledger');
    },
  };
}

function createAdapters(log: Logger): Adapters {
  const deps = { clock: systemClock, timers: systemClock, log };
  return {
    parseManifest: (source) => parseManifest(source, manifestKinds),
    environment: (config, service) => createEnvironment(config, service, deps),
    router: (config, service) => createRouter(config, service, deps),
    check: (config) => createCheck(config, deps),
    signal: (config, service) => createSignal(named(config, 'signals'), service, {}),
    metrics: (config, service) => createMetricSource(named(config, 'metrics'), service, {}),
    notifier: (config) => createNotifier(config, deps),
  };
}

function named(config: AdapterConfig | null, part: string): AdapterConfig {
  if (config) return config;
  throw unavailable(`${part} of its own`);
}

function unavailable(what: string): VerdigrisError {
  const message = `the AWS platform does not have ${what} yet; run this service on the local platform`;
  return new VerdigrisError('KindUnavailableError', message);
}

/** `VERDIGRIS_RELEASE_ARN`, `VERDIGRIS_ROLLBACK_ARN` and `VERDIGRIS_RETIRE_ARN`. */
function readStateMachineArns(variables: Variables): Record<Machine, string> {
  const arns = machines.map((machine) => {
    const name = `VERDIGRIS_${machine.toUpperCase()}_ARN`;
    const arn = variables[name];
    if (arn?.includes(':stateMachine:')) return [machine, arn];
    throw new VerdigrisError(
      'ConfigInvalidError',
      `environment variable ${name} is ${arn ? `"${arn}"` : 'missing'}; it needs the ARN of the ${machine} state machine`,
    );
  });
  return Object.fromEntries(arns);
}
