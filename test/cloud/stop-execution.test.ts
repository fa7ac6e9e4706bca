import {
  type FunctionConfiguration,
  LambdaClient,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, Phase } from '../../lib/http/api.ts';
import { deliver } from '../../scripts/cloud/deliver.ts';
import { clientConfig } from '../../scripts/cloud/emulators.ts';
import { type OwnCloud, openCloud } from '../../scripts/cloud/open-cloud.ts';
import { packagedService } from '../support/emulators.ts';
import { type Asked, type Gate, startGate } from './gate.ts';
import { eventually, type MachineName, openStorefront, type Storefront } from './storefront.ts';

/**
 * Rule 7 on the packaged stack: somebody calls StopExecution, at every moment of a release. Step Functions
 * ends the execution; a function that it has called goes on. So where a phase is short, a call of its
 * function is held back, the execution is stopped, and the call gets through once the release has ended.
 */
interface Moment {
  /** In the ledger when the execution is stopped. */
  phase: Phase;
  /** State of the release machine when it is stopped. */
  state: string;
  /** Percent that green has then. */
  green: number;
  outcome: Outcome;
  /** v2 if absent. */
  version?: string;
  /** As long as no scenario takes if absent. */
  windowSeconds?: number;
  /** Of the manifest. */
  changes?: object;
  /** Waits for more than the phase, or brings the release into it. */
  reach?: (releaseId: string) => Promise<unknown>;
  /** The call that is held. Without one, the release waits there by itself. */
  held?: (asked: Asked) => boolean;
  /** It is the call's answer that is held: AWS has done what was asked for. */
  isDone?: boolean;
}

const intervalSeconds = 1;
const longSeconds = 300;
const canary = (bake: string) => ({ cutover: { steps: [{ weight: 50, bake }, 100] } });

const asks =
  (operation: RegExp, text = '') =>
  (asked: Asked) =>
    operation.test(asked.operation) && asked.body.includes(text);
const shop = '/2015-03-31/functions/storefront';
const takesLock = asks(/^TransactWriteItems$/, 'SET #holder = :holder, #epoch = :next');
const asksForAlarms = asks(/^DescribeAlarms$/);
const publishes = asks(new RegExp(`^POST ${shop}/versions$`));
const checksProducts = asks(new RegExp(`^POST ${shop}/invocations`), '/products');
const movesTraffic = asks(new RegExp(`^PUT ${shop}/aliases/live$`));
const movesAll = (asked: Asked) =>
  movesTraffic(asked) && asked.body.includes('"AdditionalVersionWeights":{}');
/** The shop's first version is blue all the time. */
const putsBack = (asked: Asked) => movesAll(asked) && asked.body.includes('"FunctionVersion":"1"');
const removesVersion = asks(new RegExp(`^DELETE ${shop}\\?Qualifier=`));
const schedulesRetirement = asks(/^StartExecution$/, '-blue-');
const writesCompleted = asks(/^TransactWriteItems$/, '"completed"');

const watching: Moment = {
  ...{ phase: 'watching', state: 'WatchWindow', green: 100, outcome: 'rolled-back' },
};

/** Where a release is when its execution is stopped. */
const moments: Record<string, Moment> = {
  'before it has the lock': {
    ...{ phase: 'admitting', state: 'Admit', green: 0, outcome: 'refused' },
    held: takesLock,
  },
  'when it has the lock, and no plan yet': {
    ...{ phase: 'admitting', state: 'Admit', green: 0, outcome: 'refused' },
    held: asksForAlarms,
  },
  'before green is published': {
    ...{ phase: 'provisioning', state: 'Provision', green: 0, outcome: 'discarded' },
    held: publishes,
  },
  'during a check': {
    ...{ phase: 'validating', state: 'Validate', green: 0, outcome: 'discarded' },
    held: checksProducts,
  },
  'while people are asked': {
    ...{ phase: 'awaiting-approval', state: 'RequestApproval', green: 0, outcome: 'discarded' },
    changes: { approval: { required: true } },
  },
  'before the first canary step takes effect': {
    ...{ phase: 'cutting-over', state: 'Cutover', green: 0, outcome: 'discarded' },
    changes: canary('5m'),
    held: movesTraffic,
  },
  'when the first canary step has taken effect': {
    ...{ phase: 'cutting-over', state: 'Cutover', green: 50, outcome: 'rolled-back' },
    changes: canary('5m'),
    held: movesTraffic,
    isDone: true,
  },
  'between two canary steps': {
    ...{ ...watching, green: 50 },
    changes: canary('5m'),
  },
  'before the last canary step takes effect': {
    ...{ phase: 'cutting-over', state: 'Cutover', green: 50, outcome: 'rolled-back' },
    changes: canary('1s'),
    held: movesAll,
  },
  'when all traffic has moved at once': {
    ...{ phase: 'cutting-over', state: 'Cutover', green: 100, outcome: 'rolled-back' },
    held: movesTraffic,
    isDone: true,
  },
  'before the first look': watching,
  'after looks': {
    ...watching,
    reach: (releaseId) =>
      store.until(
        releaseId,
        'looked at twice',
        ({ events }) => events.filter(({ type }) => type === 'Verdict').length >= 2,
      ),
  },
  'before the retirement of blue is scheduled': {
    ...{ phase: 'completing', state: 'Complete', green: 100, outcome: 'rolled-back' },
    windowSeconds: 2,
    held: schedulesRetirement,
  },
  'before its end is written': {
    ...{ phase: 'completing', state: 'Complete', green: 100, outcome: 'rolled-back' },
    windowSeconds: 2,
    held: writesCompleted,
  },
  'before its rollback takes effect': {
    ...{ phase: 'rolling-back', state: 'Rollback', green: 100, outcome: 'rolled-back' },
    reach: async (releaseId) => {
      await store.until(releaseId, 'watching', ({ phase }) => phase === 'watching');
      await store.api.rollback(releaseId, { reason: 'second thoughts' });
    },
    held: putsBack,
  },
  'before green is removed': {
    ...{ version: 'v4', phase: 'validating', state: 'Discard', green: 0, outcome: 'discarded' },
    held: removesVersion,
  },
};

let gate: Gate;
let cloud: OwnCloud;
let store: Storefront;
let lambda: LambdaClient;
let blue: string;

beforeAll(async () => {
  gate = await startGate();
  const service = packagedService();
  cloud = await openCloud({ intervalSeconds, service, functionsSee: gate.url, waitScale: 0.2 });
  gate.forwardTo(cloud.url);
  lambda = new LambdaClient(clientConfig(cloud.url));
  store = await openStorefront(cloud, intervalSeconds);
  blue = await store.shop.live();
}, 180_000);

afterAll(async () => {
  await cloud?.close();
  await gate?.close();
});

/** Stops an execution as a person does in the console, and tells of it twice, as EventBridge may. */
async function stop(machine: MachineName, name: string): Promise<void> {
  const executionArn = store.executionArn(machine, name);
  await store.stepFunctions.send(new StopExecutionCommand({ executionArn }));
  await tellOfEnd(machine, name);
}

/** The event of step-functions/latest/dg/cw-events.html for this execution. */
async function tellOfEnd(machine: MachineName, name: string): Promise<void> {
  const executionArn = store.executionArn(machine, name);
  const found = await store.stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
  expect(found.status).toBe('ABORTED');
  await deliver(lambda, 'onExecutionEnded', {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn: found.stateMachineArn,
      name,
      status: 'ABORTED',
      startDate: found.startDate?.getTime(),
      stopDate: found.stopDate?.getTime(),
      input: found.input,
      inputDetails: { included: true },
      output: null,
      outputDetails: null,
    },
  });
}

/** Has a release reach that moment, and tells what it is like then. */
async function reach({ version, windowSeconds, changes, ...moment }: Moment) {
  const { held, isDone = false } = moment;
  const call = held && (isDone ? gate.holdAnswer(held) : gate.hold(held));
  const { releaseId } = await store.put(version ?? 'v2', windowSeconds ?? longSeconds, changes);
  await moment.reach?.(releaseId);
  await (call?.caught() ??
    store.until(releaseId, moment.phase, ({ phase }) => phase === moment.phase));
  const { phase, green, traffic } = await store.api.release(releaseId);
  const states = await store.statesOf('Release', releaseId);
  return {
    ...{ releaseId, call },
    seen: { phase, state: states.at(-1), green: traffic[green?.id ?? ''] ?? 0 },
  };
}

/** All traffic is on blue, nothing is in the way of the next release, and green is taken care of. */
async function expectBlue(releaseId: string): Promise<void> {
  const { shop, api } = store;
  expect(await shop.weights()).toEqual({ [blue]: 100 });
  const visits = await Promise.all(Array.from({ length: 5 }, () => shop.visit('/products')));
  expect(visits.map((it) => [it.executedVersion, it.isError])).toEqual(
    visits.map(() => [blue, false]),
  );
  await eventually(`green of ${releaseId} to be gone or to be removed later`, async () => {
    const retiring = await store.executionNames('Retire', 'RUNNING');
    const isScheduled = retiring.some((name) => name.startsWith(`${releaseId}-green-`));
    return isScheduled || (await versionsOf(releaseId)).length === 0 || null;
  });
  // A call that was late made green a moment ago, and what retires it starts only now.
  const sides = await eventually('nothing to be left for the doctor', async () => {
    const found = await api.diagnosis('storefront');
    return found.findings.length === 0 ? found.sides : null;
  });
  expect(sides.ledger.open).toEqual([]);
  expect(sides.ledger.lock?.holder).not.toBe(releaseId);
}

/** Versions that were published for a release and are still there. */
async function versionsOf(releaseId: string): Promise<FunctionConfiguration[]> {
  const { Versions = [] } = await lambda.send(
    new ListVersionsByFunctionCommand({ FunctionName: 'storefront' }),
  );
  return Versions.filter(
    ({ Version, Description }) => Version !== '$LATEST' && Description?.includes(releaseId),
  );
}

const rollbacksOf = async (releaseId: string) =>
  (await store.executionNames('Rollback')).filter((name) => name.startsWith(`${releaseId}-`));

describe('an execution that is stopped', () => {
  it.each(Object.entries(moments))('%s', async (_, moment) => {
    const { releaseId, call, seen } = await reach(moment);
    expect(seen).toEqual({ phase: moment.phase, state: moment.state, green: moment.green });
    await stop('Release', releaseId);
    const { outcome } = await store.outcomeOf(releaseId);
    await call?.letGo();
    expect(outcome).toBe(moment.outcome);
    await expectBlue(releaseId);
    const rollbacks = await rollbacksOf(releaseId);
    expect(rollbacks.length).toBeLessThanOrEqual(1);
    await tellOfEnd('Release', releaseId);
    expect(await rollbacksOf(releaseId)).toEqual(rollbacks);
    expect((await store.api.release(releaseId)).outcome).toBe(outcome);
  });

  it('while another one rolls its release back', async () => {
    const { releaseId } = await reach(watching);
    const call = gate.hold(putsBack);
    await stop('Release', releaseId);
    await call.caught();
    const [name = ''] = await rollbacksOf(releaseId);
    await stop('Rollback', name);
    const { outcome } = await store.outcomeOf(releaseId);
    await call.letGo();
    expect(outcome).toBe('rolled-back');
    await expectBlue(releaseId);
  });

  it('keeps no later release from completing', async () => {
    const { releaseId } = await store.put('v2', 2);
    const { outcome, green } = await store.outcomeOf(releaseId);
    expect(outcome).toBe('completed');
    expect(await store.shop.weights()).toEqual({ [green?.id ?? '']: 100 });
  });
}, 90_000);
