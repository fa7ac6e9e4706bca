import { describe, expect, it } from 'vitest';
import type { Check, CheckContext } from '../../lib/checks/check.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { blueRef, createTestConductor, fakeManifest } from '../support/conductor.ts';
import { createFakeSecrets } from '../support/fakes/secrets.ts';

type Run = (context: CheckContext) => ReturnType<Check['run']>;

const checks = (...names: string[]) => names.map((name) => ({ kind: 'fake', name }));

/** A conductor whose checks do this, by their names; others pass. */
async function conductorWith(
  runs: Record<string, Run | Check>,
  manifest: JsonObject = { checks: checks(...Object.keys(runs)) },
) {
  const conductor = await createTestConductor({ manifest: fakeManifest(manifest) });
  conductor.ports.adapters.secrets = createFakeSecrets({ shop: ['s3cret-of-the-shop'] });
  const pass = async () => ({ verdict: 'pass' as const, summary: 'fine', evidence: {} });
  conductor.ports.adapters.check = async ({ name }) => {
    const run = runs[String(name)] ?? pass;
    return typeof run === 'function' ? { run } : run;
  };
  return conductor;
}

async function finishedChecks(
  { ledger }: Awaited<ReturnType<typeof conductorWith>>,
  releaseId: string,
) {
  const events = await ledger.listEvents(releaseId);
  return events.filter(({ type }) => type === 'Check Finished');
}

describe('a check in a release', () => {
  it('sees both sides, the artifact, the plan, facts, figures and alarms', async () => {
    const seen: unknown[] = [];
    const conductor = await conductorWith({
      async look(context) {
        const { artifact, plan, green, blue, isLive, releaseId } = context;
        seen.push({ artifact, green: green.version, blue, isLive, releaseId });
        seen.push(plan.retainSeconds, await context.describe(green));
        seen.push(await context.alarms(['storefront-5xx']));
        const points = await context.figures(blueRef, 60);
        seen.push(points.reduce((sum, { requests }) => sum + requests, 0));
        return { verdict: 'pass', summary: 'seen', evidence: {} };
      },
    });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');

    expect(seen).toEqual([
      {
        artifact: { uri: 'memory:v2', version: 'v2' },
        ...{ green: 'v2', blue: blueRef, isLive: false, releaseId: id },
      },
      86_400,
      expect.any(Object),
      [{ name: 'storefront-5xx', exists: true, hasAction: expect.anything() }],
      3000,
    ]);
  });

  it('hangs alone: the others have their verdicts (rule 3)', async () => {
    const conductor = await conductorWith({
      hangs: () => new Promise(() => {}),
      crashes: async () => {
        throw new TypeError('x is undefined');
      },
      works: async () => ({ verdict: 'pass', summary: 'fine', evidence: {} }),
    });
    const id = await conductor.release();

    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await finishedChecks(conductor, id)).map(({ summary }) => summary).toSorted()).toEqual([
      'crashes: fail, the check itself failed: x is undefined',
      'hangs: fail, no verdict within 10 s',
      'works: pass, fine',
    ]);
  });

  it('leaves no secret that it read in the ledger, nor in what it says or throws', async () => {
    const read = async ({ secret }: CheckContext) => secret('shop');
    const conductor = await conductorWith({
      async says(context) {
        const value = await read(context);
        const cut = value.slice(0, 13);
        const evidence = {
          list: [{ sent: `Bearer ${value}` }],
          [value]: `…${value.slice(2)}`,
          cut,
        };
        const effects = { holdOnBreach: `blue knows ${value}` };
        return { verdict: 'warn', summary: `sent ${value}\nand more`, evidence, effects };
      },
      async throws(context) {
        throw new Error(`the key ${await read(context)} was refused`);
      },
    });
    const id = await conductor.release();
    await conductor.outcomeOf(id);

    const record = await conductor.ledger.getRelease(id);
    const events = await conductor.ledger.listEvents(id);
    expect(JSON.stringify([record, events])).not.toContain('s3cret-of-the-shop');
    const [says] = (await finishedChecks(conductor, id)).filter(({ data }) => data.name === 'says');
    expect(says?.summary).toBe('says: warn, sent ••• and more');
    expect(says?.data).toMatchObject({
      evidence: { list: [{ sent: 'Bearer •••' }], '•••': '…•••', cut: '•••' },
      effects: { holdOnBreach: 'blue knows •••' },
    });
  });

  it('keeps no more evidence than a person reads', async () => {
    const conductor = await conductorWith({
      large: async () => ({
        ...{ verdict: 'pass', summary: 'large' },
        evidence: { body: 'x'.repeat(1_000_000) },
      }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');

    const [event] = await finishedChecks(conductor, id);
    expect(event?.data.evidence).toMatchObject({ cutFrom: 1_000_011 });
    expect(JSON.stringify(event).length).toBeLessThan(40_000);
  });

  it('is on record with its figures', async () => {
    const conductor = await conductorWith({
      covered: async () => ({
        ...{ verdict: 'pass', summary: '4 of 5', evidence: {} },
        effects: { observabilityCoverage: 80 },
      }),
      flaky: async () => ({ verdict: 'warn', summary: 'flaky', evidence: {} }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');

    expect((await conductor.operations.getRelease(id)).verification).toEqual({
      ...{ asked: 2, passed: 1, warned: 1, failed: 0 },
      ...{ passRate: 50, observabilityCoverage: 80 },
    });
    const validated = (await conductor.ledger.listEvents(id)).find((it) => it.type === 'Validated');
    expect(validated?.data).toMatchObject({ passRate: 50, observabilityCoverage: 80 });
  });
});

describe('a check that says blue could not take traffic back', () => {
  const contracting = {
    migrations: async () => ({
      ...{ verdict: 'pass' as const, summary: 'drops a column', evidence: {} },
      effects: { holdOnBreach: 'orders.note is gone' },
    }),
  };

  it('turns a breach into a hold', async () => {
    const conductor = await conductorWith(contracting);
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const green = (await conductor.operations.getRelease(id)).green?.id ?? '';
    conductor.signal.fire('storefront-5xx', 'too many errors');

    expect(await conductor.outcomeOf(id)).toBe('held');
    expect((await conductor.router.read()).weights).toEqual({ [green]: 100 });
    const validated = (await conductor.ledger.listEvents(id)).find((it) => it.type === 'Validated');
    expect(validated?.summary).toContain('a breach will hold: orders.note is gone');
  });

  it('does so also when the call that found out lost its answer', async () => {
    const conductor = await conductorWith({
      ...contracting,
      later: async () => ({ verdict: 'pass', summary: 'fine', evidence: {} }),
    });
    let asked = 0;
    const { check } = conductor.ports.adapters;
    conductor.ports.adapters.check = async (config) => {
      if (config.name !== 'migrations') return check(config);
      asked += 1;
      if (asked > 1) throw new Error('asked twice');
      return check(config);
    };
    const { saveDocument } = conductor.ports.ledger;
    let losses = 1;
    conductor.ports.ledger.saveDocument = async (document) => {
      if (document.phase === 'cutting-over' && losses-- > 0) {
        const error = new Error('lost');
        error.name = 'LedgerUnavailableError';
        throw error;
      }
      return saveDocument.call(conductor.ports.ledger, document);
    };
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    conductor.signal.fire('storefront-5xx', 'too many errors');

    expect(await conductor.outcomeOf(id)).toBe('held');
    expect(losses).toBeLessThan(1);
  });

  it('leaves a person the way back', async () => {
    const conductor = await conductorWith(contracting);
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.operations.rollback(id, 'grace', 'the column is back');

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });
});

describe('a check outside of a release', () => {
  const ask = { service: 'storefront', isPreflight: false, artifact: null };
  const says = (check: CheckContext) => ({
    verdict: 'pass' as const,
    summary: `${check.green.id} against ${check.blue?.id ?? 'nothing'}, ${check.isLive ? 'live' : 'not live'}`,
    evidence: {},
  });

  it('looks at blue and green of the release that runs', async () => {
    const conductor = await conductorWith(
      { look: async (context) => says(context) },
      {
        checks: checks('look'),
        approval: { required: true },
      },
    );
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    const run = await conductor.operations.runCheck({ ...ask, check: 'look' });

    const green = (await conductor.operations.getRelease(id)).green?.id;
    expect(run).toMatchObject({
      releaseId: id,
      verdict: 'pass',
      summary: `${green} against storefront-v1, not live`,
      retryAfterSeconds: null,
    });
    const events = await conductor.events(id);
    expect(events.filter((type) => type === 'Check Finished')).toHaveLength(1);
  });

  it('looks at what is live and what was live before it, and says that it has users', async () => {
    const conductor = await conductorWith({ look: async (context) => says(context) });
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    const live = (await conductor.operations.getRelease(id)).green?.id;

    const run = await conductor.operations.runCheck({ ...ask, check: 'look' });
    expect(run.summary).toBe(`${live} against storefront-v1, live`);

    await conductor.clock.advance(25 * 3_600_000);
    const later = await conductor.operations.runCheck({ ...ask, check: 'look' });
    expect(later.summary).toBe(`${live} against nothing, live`);
  });

  it('looks at what is live before the first release', async () => {
    const conductor = await conductorWith({ look: async (context) => says(context) });

    const run = await conductor.operations.runCheck({ ...ask, check: 'look' });
    expect(run.summary).toBe('storefront-v1 against nothing, live');
  });

  it('knows how much time it has', async () => {
    const conductor = await conductorWith({
      look: async ({ timeoutSeconds }) => {
        return { verdict: 'pass', summary: `${timeoutSeconds} s`, evidence: {} };
      },
    });
    const run = await conductor.operations.runCheck({ ...ask, check: 'look' });
    expect(run.summary).toBe('10 s');
  });

  it('is pending, or skipped, or has failed, in as many words', async () => {
    const conductor = await conductorWith({
      later: async () => ({ verdict: 'pending', summary: 'not yet', retryAfterSeconds: 3 }),
      never: () => new Promise(() => {}),
    });
    const later = await conductor.operations.runCheck({ ...ask, check: 'later' });
    expect(later).toMatchObject({ verdict: 'pending', retryAfterSeconds: 3 });

    const skipped = await conductor.operations.runCheck({
      ...{ ...ask, check: 'later', isPreflight: true },
    });
    expect(skipped).toMatchObject({ verdict: 'skipped', green: null, blue: blueRef });

    const never = conductor.operations.runCheck({ ...ask, check: 'never' });
    await conductor.clock.advance(10_000);
    expect(await never).toMatchObject({ verdict: 'fail', summary: 'no verdict within 10 s' });
  });

  it('is asked as a preflight of an artifact', async () => {
    const conductor = await conductorWith({
      secrets: {
        run: async () => ({ verdict: 'fail', summary: 'never run', evidence: {} }),
        preflight: async ({ artifact, blue }) => ({
          verdict: 'pass',
          summary: `${artifact?.version} over ${blue?.id}`,
          evidence: {},
        }),
      },
    });
    const artifact = { uri: 'memory:v9', version: 'v9' };
    const request = { ...ask, check: 'secrets', isPreflight: true, artifact };

    expect((await conductor.operations.runCheck(request)).summary).toBe('v9 over storefront-v1');
  });

  it('is refused by name where there is none of it', async () => {
    const conductor = await conductorWith({ health: async (context) => says(context) });

    await expect(conductor.operations.runCheck({ ...ask, check: 'heath' })).rejects.toMatchObject({
      name: 'CheckUnknownError',
      message: 'the manifest of storefront has no check "heath"; did you mean "health"?',
    });
    await expect(
      conductor.operations.runCheck({ ...ask, service: 'payroll', check: 'health' }),
    ).rejects.toMatchObject({ name: 'ServiceUnknownError' });
    expect(await conductor.operations.listChecks('storefront')).toEqual([
      { name: 'health', kind: 'fake', isCritical: true, timeoutSeconds: 10 },
    ]);
  });
});
