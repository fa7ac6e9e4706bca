import { describe, expect, it } from 'vitest';
import { named, prepareRouter } from './api-gateway-harness.ts';

const ready = { status: 'ready', reason: '', retryAfterSeconds: 1 };

function prepareVariable(protocol: 'http' | 'rest' = 'http') {
  const config = { mode: 'stage-variable', apiId: 'api', stage: 'prod', variable: 'host' };
  const attributes = {
    blue: { stageVariable: 'one.shop.example' },
    green: { stageVariable: 'two.shop.example' },
    odd: { stageVariable: 'a b' },
    empty: { stageVariable: '' },
  };
  const prepared = prepareRouter(config, attributes);
  prepared.fake.makeApi(protocol, 'api');
  const stage = prepared.fake.makeStage('api', 'prod', { variables: { theme: 'dark' } });
  return { ...prepared, stage };
}

describe('a stage variable', () => {
  it.each(['http', 'rest'] as const)('is set together with whose it is (%s)', async (protocol) => {
    const { fake, stage, shift } = prepareVariable(protocol);
    await shift({ blue: 100 });

    expect(stage.variables).toEqual({
      theme: 'dark',
      host: 'one.shop.example',
      verdigris_host: 'blue=one.shop.example',
    });
    expect(fake.commands().filter((name) => name.endsWith('.UpdateStage'))).toHaveLength(1);
  });

  it('is its own id where nobody says whose it is', async () => {
    const { router, stage } = prepareVariable();
    stage.variables.host = 'old.shop.example';

    expect((await router.read()).weights).toEqual({ 'old.shop.example': 100 });
  });

  it('is not taken for what it was before somebody changed it by hand (rule 9)', async () => {
    const { router, stage, change, shift } = prepareVariable();
    await shift({ blue: 100 });
    const stale = await router.read();
    stage.variables.host = 'three.shop.example';

    expect((await router.read()).weights).toEqual({ 'three.shop.example': 100 });
    await expect(change(stale, { green: 100 })).rejects.toEqual(named('RouteConflictError'));
    expect(stage.variables.host).toBe('three.shop.example');
  });

  it('leads to the host of an address, or to the id, where there is no attribute', async () => {
    const { router, stage, desire, shift } = prepareVariable();
    await shift({ 'v7-live': 100 });
    expect(stage.variables.host).toBe('v7-live');
    expect(await router.verify(desire({ 'v7-live': 100 }))).toBe('converged');

    const [side] = desire({ red: 100 }).environments;
    const red = { ...side, id: 'red', address: 'https://red.shop.example:8443/app/' } as never;
    const plan = router.plan(await router.read(), { weights: { red: 100 }, environments: [red] });
    await router.apply(plan, { releaseId: 'r', epoch: 1, deadlineMs: Date.parse('2027-01-01') });

    expect(stage.variables.host).toBe('red.shop.example:8443/app');
    expect((await router.read()).weights).toEqual({ red: 100 });
  });

  it.each(['odd', 'empty', 'x'.repeat(300)])('refuses what it cannot hold: %s', async (id) => {
    const { router, desire } = prepareVariable();
    const plan = () => router.plan({ weights: {}, revision: 'none' }, desire({ [id]: 100 }));

    expect(plan).toThrow(named('RequestInvalidError', /stage variable can't lead/));
  });

  it('says that its stage is not there', async () => {
    const { fake, router } = prepareVariable();
    fake.state.apis.clear();

    await expect(router.read()).rejects.toEqual(named('ConfigInvalidError', 'no stage api/prod'));
  });

  it('is ready when its stage is deployed', async () => {
    const { router, stage, desire, shift } = prepareVariable();
    await shift({ blue: 100 });
    const desired = desire({ green: 100 }, ['blue', 'green']);
    expect(await router.readiness?.(desired)).toEqual(ready);

    stage.deploymentId = '';

    expect(await router.readiness?.(desired)).toMatchObject({ status: 'pending' });
  });

  it('is not ready when a way back would lead elsewhere', async () => {
    const { router, stage, desire } = prepareVariable();
    stage.variables = { host: 'zero', verdigris_host: 'blue=zero' };

    const look = router.readiness?.(desire({ green: 100 }, ['blue', 'green']));

    await expect(look).rejects.toEqual(named('RouteUnreadyError', /blue gets traffic by zero/));
  });
});

function prepareCanary() {
  const config = { mode: 'canary', apiId: 'api', stage: 'prod' };
  const attributes = { blue: { deploymentId: 'd1' }, green: { deploymentId: 'd2' } };
  const prepared = prepareRouter(config, attributes);
  const { fake } = prepared;
  fake.makeApi('rest', 'api');
  const stage = fake.makeStage('api', 'prod', { deploymentId: 'd1' });
  fake.makeDeployment('api', 'd1', 'verdigris:environment=blue');
  fake.makeDeployment('api', 'd2', 'build 7, verdigris:environment=green (CI)');
  fake.makeDeployment('api', 'd3');
  const operations = () => {
    const { patchOperations } =
      fake.calls.findLast(({ command }) => command === 'rest.UpdateStage')?.input ?? {};
    return (patchOperations as { op: string; path: string; value?: string }[]).map(
      ({ op, path, value = '' }) => `${op} ${path} ${value}`.trim(),
    );
  };
  return { ...prepared, stage, operations };
}

describe('reading a canary', () => {
  it.each([
    ['none', null, { blue: 100 }],
    ['one with a share', { deploymentId: 'd2', percentTraffic: 7 }, { blue: 93, green: 7 }],
    ['one without a share', { deploymentId: 'd2', percentTraffic: 0 }, { blue: 100 }],
    ['one with everything', { deploymentId: 'd2', percentTraffic: 100 }, { green: 100 }],
    ['one of the same deployment', { deploymentId: 'd1', percentTraffic: 50 }, { blue: 100 }],
    ['one with a fraction', { deploymentId: 'd2', percentTraffic: 0.2 }, { blue: 99, green: 1 }],
    ['one with nearly all', { deploymentId: 'd2', percentTraffic: 99.9 }, { blue: 1, green: 99 }],
    [
      'one that says nothing of itself',
      { deploymentId: 'd3', percentTraffic: 5 },
      { blue: 95, d3: 5 },
    ],
  ])('that is %s', async (_, canary, weights) => {
    const { router, stage } = prepareCanary();
    stage.canary = canary;

    expect((await router.read()).weights).toEqual(weights);
  });
});

describe('writing a canary', () => {
  it('goes up in shares, takes the place of the base at 100, and comes back', async () => {
    const { router, stage, desire, operations, shift } = prepareCanary();
    await shift({ blue: 95, green: 5 });
    expect(operations()).toEqual([
      'replace /canarySettings/deploymentId d2',
      'replace /canarySettings/percentTraffic 5.0',
    ]);

    await shift({ blue: 50, green: 50 });
    expect(operations()).toEqual(['replace /canarySettings/percentTraffic 50.0']);
    expect(stage).toMatchObject({ deploymentId: 'd1', canary: { percentTraffic: 50 } });

    await shift({ blue: 0, green: 100 });
    expect(operations()).toEqual(['replace /deploymentId d2', 'remove /canarySettings']);
    expect(stage).toMatchObject({ deploymentId: 'd2', canary: null });
    expect(await router.verify(desire({ green: 100 }))).toBe('converged');

    await shift({ blue: 100 });
    expect(operations()).toEqual(['replace /deploymentId d1']);
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it('goes back from a share by taking the canary away', async () => {
    const { stage, shift } = prepareCanary();
    await shift({ blue: 60, green: 40 });

    await shift({ blue: 100 });

    expect(stage).toMatchObject({ deploymentId: 'd1', canary: null });
  });

  it('moves traffic from one side only to the other with each beginning of its operations', async () => {
    const { stage, shift, operations, fake } = prepareCanary();
    stage.canary = { deploymentId: 'd3', percentTraffic: 0 };
    await shift({ blue: 90, green: 10 });
    expect(operations()[0]).toBe('replace /canarySettings/deploymentId d2');
    expect(stage.canary).toEqual({ deploymentId: 'd2', percentTraffic: 10 });
    expect(fake.calls.filter(({ command }) => command === 'rest.UpdateStage')).toHaveLength(1);
  });

  it('begins with the heavier side where the base is neither', async () => {
    const { stage, shift } = prepareCanary();
    stage.deploymentId = 'd3';

    await shift({ blue: 80, green: 20 });

    expect(stage).toMatchObject({
      deploymentId: 'd1',
      canary: { deploymentId: 'd2', percentTraffic: 20 },
    });
  });

  it('makes a stage that is not there, with one deployment', async () => {
    const { fake, router, shift } = prepareCanary();
    fake.state.apis.get('api')?.stages.clear();
    expect(await router.read()).toEqual({ weights: {}, revision: 'none' });
    await expect(shift({ blue: 50, green: 50 })).rejects.toEqual(
      named('RequestInvalidError', 'begins with one deployment'),
    );

    await shift({ green: 100 });

    expect(fake.commands()).toContain('rest.CreateStage');
    expect((await router.read()).weights).toEqual({ green: 100 });
  });

  it('takes two deployments, and not one twice', async () => {
    const { router, desire } = prepareCanary();
    const live = await router.read();
    const three = () => router.plan(live, desire({ blue: 40, green: 40, d3: 20 }));
    const twice = () => router.plan(live, desire({ blue: 50, d1: 50 }));

    expect(three).toThrow(named('RequestInvalidError', /two deployments/));
    expect(twice).toThrow(named('RequestInvalidError', /same deployment d1/));
  });

  it('is a conflict when somebody took the canary away under its hands', async () => {
    const { fake, stage, shift } = prepareCanary();
    await shift({ blue: 90, green: 10 });
    fake.before('rest.UpdateStage', () => {
      stage.canary = null;
    });

    await expect(shift({ blue: 100 })).rejects.toEqual(named('RouteConflictError'));
  });

  it('is not overwritten when somebody changed its share (rule 9)', async () => {
    const { router, stage, change, shift } = prepareCanary();
    await shift({ blue: 90, green: 10 });
    const stale = await router.read();
    stage.canary = { deploymentId: 'd2', percentTraffic: 20 };

    await expect(change(stale, { green: 100 })).rejects.toEqual(
      named('RouteConflictError', /green 20/),
    );
    expect(stage.deploymentId).toBe('d1');
  });

  it('is given up when its lease ends (rule 4)', async () => {
    const { fake, clock, router, change } = prepareCanary();
    fake.delayNext('rest.UpdateStage');
    const late = change(await router.read(), { green: 100 }, 1000);
    const ending = expect(late).rejects.toEqual(named('RouterUnavailableError', /lease ended/));
    await clock.advance(1001);
    await ending;
  });
});

describe('the readiness of a canary', () => {
  const look = ({ router, desire }: ReturnType<typeof prepareCanary>, green = 'green') =>
    router.readiness?.(desire({ blue: 90, [green]: 10 }, ['blue', green]));

  it('is there when both deployments are', async () => {
    expect(await look(prepareCanary())).toEqual(ready);
  });

  it.each<[string, (prepared: ReturnType<typeof prepareCanary>) => void, RegExp]>([
    [
      'a deployment that is not there',
      ({ fake }) => fake.state.apis.get('api')?.deployments.delete('d2'),
      /no deployment d2, which is green/,
    ],
    [
      'a deployment of another environment',
      ({ fake }) => fake.makeDeployment('api', 'd2', 'verdigris:environment=red'),
      /belongs to red, not to green; put verdigris:environment=green into its description/,
    ],
    [
      'a canary with variables of its own',
      ({ stage }) => {
        const stageVariableOverrides = { theme: 'light' };
        stage.canary = { deploymentId: 'd1', percentTraffic: 0, stageVariableOverrides };
      },
      /variables of its own \(theme\)/,
    ],
    [
      'a way back to another deployment',
      ({ fake, stage }) => {
        fake.makeDeployment('api', 'd3', 'verdigris:environment=blue');
        stage.deploymentId = 'd3';
      },
      /blue gets traffic by d3, but a way back would lead to d1/,
    ],
  ])('refuses %s', async (_, spoil, reason) => {
    const prepared = prepareCanary();
    spoil(prepared);

    await expect(look(prepared)).rejects.toEqual(named('RouteUnreadyError', reason));
  });

  it('takes a deployment by its own id', async () => {
    expect(await look(prepareCanary(), 'd3')).toEqual(ready);
  });
});
