import { describe, expect, it } from 'vitest';
import type { CheckContext } from '../../../lib/checks/check.ts';
import { createCostCheck } from '../../../lib/checks/cost/check.ts';
import { costSchema } from '../../../lib/checks/cost.ts';
import type { JsonObject } from '../../../lib/release/json.ts';
import { checkContext, checkPlan } from '../../support/check-context.ts';
import { faultsOf, shopCheck } from '../../support/fault-check.ts';

const ref = (id: string) => ({ id, kind: 'fake', version: id, address: null, attributes: {} });
const green = ref('shop-2');
const blue = ref('shop-1');

/** 24 hours of retention and a window of half an hour, unless said otherwise. */
const plan = (differs: Record<string, unknown> = {}) => checkPlan(differs);

function ask(config: Record<string, unknown>, around: Partial<CheckContext> = {}) {
  const check = createCostCheck({ kind: 'cost', limit: '5 USD', ...config });
  return check.run(checkContext({ green, blue, plan: plan(), ...around }));
}

function evidenceOf(answer: Awaited<ReturnType<typeof ask>>): JsonObject {
  if (answer.verdict === 'pending') throw new Error('still pending');
  return answer.evidence;
}

/** The plan of a service on ECS or the like: the kinds of AWS need more than these tests. */
const planOf = (environment: Record<string, unknown>) => ({
  ...plan(),
  environment: { kind: 'ecs-service', ...environment },
});

const facts =
  (of: Record<string, JsonObject>) =>
  async ({ id }: { id: string }) =>
    of[id] ?? {};

describe('a cost check with a price per hour', () => {
  it('passes what is within the limit, and shows how the sum comes about', async () => {
    const answer = await ask({ price: { perHour: 0.1 } });

    expect(answer.verdict).toBe('pass');
    expect(answer.summary).toBe(
      'both sides cost at most 4.90 USD for windows 30m + retention 1d, within the limit of 5.00 USD',
    );
    expect(evidenceOf(answer)).toMatchObject({
      costUsd: 4.9,
      limitUsd: 5,
      hours: 24.5,
      windowsSeconds: 1800,
      retentionSeconds: 86_400,
      green: { perHourUsd: 0.1, costUsd: 2.45 },
      blue: { perHourUsd: 0.1, costUsd: 2.45 },
      besidesUsd: 2.45,
    });
  });

  it('fails what is not, and says which retention would be', async () => {
    const answer = await ask({ price: { perHour: 0.1 } }, { plan: plan({ retain: '30d' }) });

    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toBe(
      'both sides cost at most 144.10 USD for windows 30m + retention 30d, more than the limit of 5.00 USD; retain: 1d would fit',
    );
  });

  it('says so where no retention would help', async () => {
    const answer = await ask({ price: { perHour: 40 } });

    expect(answer.summary).toContain('80.00 USD an hour is too much for so long');
  });

  it('counts approval at its longest, and every window', async () => {
    const answer = await ask(
      { price: { perHour: 0.1 } },
      {
        plan: plan({
          approval: { required: true, expiresIn: '2h' },
          cutover: { steps: [{ weight: 10, bake: '15m' }, 100] },
          retain: '1h',
        }),
      },
    );

    expect(answer.summary).toContain('0.75 USD for approval 2h + windows 45m + retention 1h');
    expect(evidenceOf(answer)).toMatchObject({ costUsd: 0.75, besidesUsd: 0.375 });
  });

  it('takes a price for each side', async () => {
    const answer = await ask({ price: { greenPerHour: 0.2, bluePerHour: 0.02 } });

    expect(evidenceOf(answer)).toMatchObject({
      costUsd: 5.39,
      green: { perHourUsd: 0.2 },
      blue: { perHourUsd: 0.02 },
    });
  });

  it('keeps nothing where there is no blue', async () => {
    const answer = await ask({ price: { perHour: 2 } }, { blue: null });

    expect(answer.verdict).toBe('pass');
    expect(answer.summary).toContain(
      'there is no blue; green costs at most 1.00 USD for windows 30m',
    );
    expect(evidenceOf(answer)).toMatchObject({ retentionSeconds: 0, blue: null, besidesUsd: 0 });
  });

  it('says the same before there is a green', async () => {
    const check = createCostCheck({ kind: 'cost', limit: '5 USD', price: { perHour: 0.1 } });
    const before = await check.preflight?.(checkContext({ blue, plan: plan() }));

    expect(before).toEqual(await ask({ price: { perHour: 0.1 } }));
  });
});

describe('a cost check that reckons with sizes', () => {
  const task = { cpu: '512', memoryMb: '1024', launchType: 'FARGATE' };

  it('counts tasks of Fargate as they will be once green is live', async () => {
    const answer = await ask(
      { prices: { fargateVcpuHour: 0.04, fargateGbHour: 0.004 } },
      {
        plan: planOf({ capacity: { validate: 1, live: 'match-blue' } }),
        describe: facts({
          'shop-1': { ...task, desiredCount: 3, runningCount: 4 },
          'shop-2': { ...task, desiredCount: 1, runningCount: 1 },
        }),
      },
    );

    expect(evidenceOf(answer)).toMatchObject({
      green: { perHourUsd: 0.096 },
      blue: {
        perHourUsd: 0.096,
        parts: [
          { what: 'vCPU-hours of Fargate', quantity: 2, unitUsd: 0.04, from: 'the manifest' },
          { what: 'GB-hours of Fargate', quantity: 4, unitUsd: 0.004, from: 'the manifest' },
        ],
      },
    });
  });

  it('takes list prices where the manifest has none, and says of when', async () => {
    const answer = await ask(
      {},
      { plan: planOf({}), describe: async () => ({ ...task, desiredCount: 1 }) },
    );

    expect(JSON.stringify(evidenceOf(answer))).toContain('list price in us-east-1');
    expect(evidenceOf(answer)).toMatchObject({ green: { perHourUsd: 0.0247 } });
  });

  it('asks for the price of instances, and takes the dearest of several types', async () => {
    const group = { desiredCapacity: 2, instances: 2, instanceTypes: ['m7g.large', 'm7g.xlarge'] };
    const around = {
      plan: planOf({ kind: 'auto-scaling-group' }),
      describe: async () => group,
    };
    const without = await ask({ prices: { instanceHours: { 'm7g.large': 0.08 } } }, around);
    const all = { 'm7g.large': 0.08, 'm7g.xlarge': 0.16 };
    const priced = await ask({ prices: { instanceHours: all } }, around);

    expect(without).toMatchObject({
      verdict: 'fail',
      summary: 'prices.instanceHours does not say what m7g.xlarge costs; add it',
    });
    expect(evidenceOf(priced)).toMatchObject({ green: { perHourUsd: 0.32 } });
  });

  it('counts what is kept ready of a function, by the manifest for green', async () => {
    const answer = await ask(
      { prices: { lambdaReadyGbSecond: 0.00001 } },
      {
        plan: planOf({ kind: 'lambda-version', provisionedConcurrency: 5 }),
        describe: facts({
          'shop-1': { memoryMb: 2048, provisionedConcurrency: 1 },
          'shop-2': { memoryMb: 2048 },
        }),
      },
    );

    expect(evidenceOf(answer)).toMatchObject({
      green: { perHourUsd: 0.36 },
      blue: { perHourUsd: 0.072 },
    });
  });

  it('takes an idle version of a function for free', async () => {
    const answer = await ask(
      {},
      { plan: planOf({ kind: 'lambda-version' }), describe: async () => ({ memoryMb: 2048 }) },
    );

    expect(answer).toMatchObject({ verdict: 'pass', evidence: { costUsd: 0 } });
  });

  it('takes green for as large as blue before there is one', async () => {
    const check = createCostCheck({ kind: 'cost', limit: '5 USD' });
    const context = checkContext({
      blue,
      plan: planOf({}),
      describe: facts({ 'shop-1': { ...task, desiredCount: 2 } }),
    });

    expect(await check.preflight?.(context)).toMatchObject({
      verdict: 'pass',
      evidence: { green: { perHourUsd: 0.0494 }, blue: { perHourUsd: 0.0494 } },
    });
  });

  it('says so where it has nothing to go by', async () => {
    const process = await ask({});
    const nothing = await createCostCheck({ kind: 'cost', limit: '5 USD' }).preflight?.(
      checkContext({ plan: plan() }),
    );
    const task = { desiredCount: 1, launchType: 'FARGATE' };
    const unsized = await ask({}, { plan: planOf({}), describe: async () => task });

    expect(process).toMatchObject({ verdict: 'fail' });
    expect(process.summary).toContain('kind process');
    expect(nothing?.summary).toContain('there is neither blue nor green to reckon with');
    expect(unsized.summary).toContain('the task definition does not say how large a task is');
  });
});

describe('the cost check of the shop', () => {
  const ofShop = { watch: { window: '10m' }, retain: '24h' };
  const verdict = async (name: string, differs: Record<string, unknown>) =>
    (await shopCheck(name)).run(
      checkContext({ green, blue, plan: plan({ ...ofShop, ...differs }) }),
    );

  it('passes the good shop', async () => {
    expect(await verdict('cost', {})).toMatchObject({ verdict: 'pass' });
  });

  it.each(faultsOf('cost'))('catches $name', async ({ check, says, manifest }) => {
    const answer = await verdict(check, manifest);

    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toContain(says);
  });
});

describe('the manifest of a cost check', () => {
  const parse = (differs: object) =>
    costSchema.safeParse({ kind: 'cost', limit: '5 USD', ...differs }).success;

  it('takes dollars, and nothing without a unit', () => {
    expect(parse({ limit: '0.50 USD' })).toBe(true);
    expect(parse({ limit: 5 })).toBe(false);
    expect(parse({ limit: '5 EUR' })).toBe(false);
    expect(parse({ limit: '-5 USD' })).toBe(false);
    expect(parse({ price: {} })).toBe(false);
    expect(parse({ price: { perDay: 1 } })).toBe(false);
  });
});
