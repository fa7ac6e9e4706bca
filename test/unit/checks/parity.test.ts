import { describe, expect, it } from 'vitest';
import type { CheckContext } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import type { JsonObject } from '../../../lib/release/json.ts';
import { checkContext } from '../../support/check-context.ts';
import { realTimers } from '../environments/process-harness.ts';

const blue = { id: 'shop-1', kind: 'fake', version: '1', address: null, attributes: {} };
const facts = {
  runtime: 'nodejs24.x',
  memoryMb: 1024,
  variables: ['PAYMENTS_KEY', 'PORT'],
  layers: ['arn:layer:base:3', 'arn:layer:tracing:1'],
  command: ['node', 'server.mjs'],
  vpc: null,
};

/** What the check says of a green with these facts, where blue has those above. */
async function compare(
  ofGreen: JsonObject,
  { ofBlue = facts as JsonObject, config = {}, context = {} as Partial<CheckContext> } = {},
) {
  const check = await createCheck({ kind: 'parity', ...config }, { timers: realTimers });
  const describeOne: CheckContext['describe'] = async ({ id }) =>
    id === blue.id ? ofBlue : ofGreen;
  const answer = await check.run(checkContext({ blue, describe: describeOne, ...context }));
  if (answer.verdict === 'pending') throw new Error('it is not said to wait');
  return answer;
}

describe('parity', () => {
  it('passes what is alike, and says how much was compared', async () => {
    expect(await compare({ ...facts })).toEqual({
      verdict: 'pass',
      summary: '7 facts are as on blue',
      evidence: {
        ...{ blue: 'shop-1', green: 'shop-2', facts: 7, differences: [] },
        ...{ allowed: [], left: 0, allowedInVain: [] },
      },
    });
  });

  it.each([
    ['less memory', { memoryMb: 512 }, 'memoryMb is 512 on green, 1024 on blue'],
    ['another runtime', { runtime: 'nodejs20.x' }, 'runtime is nodejs20.x on green, nodejs24.x'],
    ['a variable less', { variables: ['PORT'] }, 'variables.PAYMENTS_KEY is on blue only'],
    [
      'a variable more',
      { variables: ['PAYMENTS_KEY', 'PORT', 'B'] },
      'variables.B is on green only',
    ],
    [
      'another version of a layer',
      { layers: ['arn:layer:base:4', 'arn:layer:tracing:1'] },
      'layers[0] is arn:layer:base:4 on green, arn:layer:base:3 on blue',
    ],
    [
      'a layer less',
      { layers: ['arn:layer:base:3'] },
      'layers[1] is arn:layer:tracing:1 on blue only',
    ],
    [
      'layers in another order',
      { layers: facts.layers.toReversed() },
      '2 of 7 facts differ: layers[0]',
    ],
    [
      'another command',
      { command: ['node', '--max-old-space-size=32', 'server.mjs'] },
      'command is node --max-old-space-size=32 server.mjs on green, node server.mjs on blue',
    ],
    ['a network', { vpc: 'vpc-1' }, 'vpc is vpc-1 on green only'],
  ])('finds %s', async (_, differs, says) => {
    const answer = await compare({ ...facts, ...differs });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(says);
    expect(answer.summary).toMatch(/^\d of [78] facts? differ/);
  });

  it('takes lists without an order as sets', async () => {
    const answer = await compare({ ...facts, variables: ['PORT', 'PAYMENTS_KEY'] });
    expect(answer.verdict).toBe('pass');
  });

  it('looks into what is nested', async () => {
    const of = (path: string) => ({ targetGroup: { healthCheck: { path } }, open: [{ port: 1 }] });
    const answer = await compare(of('/'), { ofBlue: of('/healthz') });
    expect(answer.summary).toBe(
      '1 of 2 facts differ: targetGroup.healthCheck.path is / on green, /healthz on blue',
    );
  });

  it('leaves out what an environment calls its own, as either of them says', async () => {
    const own = (version: string) => ({
      ...facts,
      ...{ version, containers: { web: { image: version, cpu: 1 } } },
      ownFacts: ['version', 'containers.*.image'],
    });
    const answer = await compare(own('2'), { ofBlue: own('1') });
    expect(answer).toMatchObject({ verdict: 'pass', summary: '8 facts are as on blue' });
  });

  it("does not mind an environment's own name in what differs", async () => {
    const answer = await compare(
      { logGroup: '/aws/shop-2' },
      { ofBlue: { logGroup: '/aws/shop-1' } },
    );
    expect(answer.verdict).toBe('pass');
  });

  it('does not take a number for a name', async () => {
    const context = { blue: { ...blue, id: '1' }, green: { ...blue, id: '2' } };
    const describeOne: CheckContext['describe'] = async ({ id }) => ({
      timeoutSeconds: `${id}0`,
    });
    const answer = await compare({}, { context: { ...context, describe: describeOne } });
    expect(answer.summary).toContain('timeoutSeconds is 20 on green, 10 on blue');
  });

  it('lets differ what is allowed to', async () => {
    const config = { allow: ['memoryMb', 'variables.FEATURE_*', 'layers'] };
    const differs = { memoryMb: 512, variables: [...facts.variables, 'FEATURE_NEW'] };
    const answer = await compare({ ...facts, ...differs }, { config });
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: '6 facts are as on blue, 2 more differ and are allowed to',
      evidence: {
        allowedInVain: ['layers'],
        allowed: [{ path: 'memoryMb', blue: 1024, green: 512 }, {}],
      },
    });
  });

  it('only warns where the manifest says so', async () => {
    const answer = await compare({ ...facts, memoryMb: 1 }, { config: { differences: 'warn' } });
    expect(answer.verdict).toBe('warn');
  });

  it('cuts long lists and long values, and says how much it cut', async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`t${i}`, 'x'.repeat(999)]),
    );
    const { summary, evidence } = await compare({ ...facts, tags });
    expect(summary).toContain('60 of 67 facts differ');
    expect(summary).toContain('; 57 more in the evidence');
    expect(evidence).toMatchObject({ left: 20 });
    expect(JSON.stringify(evidence).length).toBeLessThan(16_384);
  });

  it('passes a first release, which has nothing to be compared with', async () => {
    const answer = await compare(facts, { context: { blue: null } });
    expect(answer).toMatchObject({ verdict: 'pass' });
    expect(answer.summary).toContain('this is the first release');
  });

  it.each([
    ['green is gone', {}, facts, 'shop-2 has no facts'],
    ['blue is gone', facts, {}, 'shop-1 has no facts'],
  ])('can vouch for nothing where %s', async (_, ofGreen, ofBlue, says) => {
    const answer = await compare(ofGreen, { ofBlue });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(says);
  });

  it('says when the two are of different kinds', async () => {
    const answer = await compare(facts, { context: { blue: { ...blue, kind: 'process' } } });
    expect(answer).toMatchObject({
      verdict: 'fail',
      summary: 'shop-2 is a fake and shop-1 a process: they have no facts in common',
    });
  });
});
