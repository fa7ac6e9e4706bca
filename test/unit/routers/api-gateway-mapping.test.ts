import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../lib/release/logger.ts';
import { parseConfig } from '../../../lib/routers/api-gateway-mapping/schema.ts';
import { createRouter } from '../../../lib/routers/index.ts';
import { named, prepareRouter } from './api-gateway-harness.ts';
import { machine } from './proxy-harness.ts';

const domainName = 'api.shop.example';

function prepare({ endpoint = 'regional' as 'regional' | 'edge', mappingKey = '' } = {}) {
  const attributes = {
    blue: { apiId: 'api1', stage: 'prod' },
    green: { apiId: 'api2', stage: '$default' },
    red: { apiId: 'api3', stage: 'prod' },
  };
  const prepared = prepareRouter({ domainName, endpoint, mappingKey }, attributes);
  const { fake } = prepared;
  const domain = fake.makeDomain(domainName, { endpoint });
  fake.makeApi('rest', 'api1', { 'verdigris:environment': 'blue' });
  fake.makeStage('api1', 'prod');
  fake.makeApi(endpoint === 'edge' ? 'rest' : 'http', 'api2');
  fake.makeStage('api2', '$default', { tags: { 'verdigris:environment': 'green' } });
  fake.makeApi('rest', 'api3');
  fake.makeStage('api3', 'prod');
  const pointByHand = (apiId: string, stage: string) =>
    domain.mappings.set(mappingKey, { id: 'byhand', apiId, stage });
  return { ...prepared, domain, pointByHand };
}

const ready = { status: 'ready', reason: '', retryAfterSeconds: 1 };

describe('reading a mapping', () => {
  it.each([
    ["its API's tag", 'api1', 'prod', 'blue'],
    ["its stage's tag", 'api2', '$default', 'green'],
    ['its natural name without a tag', 'api3', 'prod', 'api3/prod'],
    ['its natural name when it is gone', 'api9', 'prod', 'api9/prod'],
    ['a natural name that an id may have', 'api9', '$default', 'api9/:default'],
  ])('names a side by %s', async (_, apiId, stage, id) => {
    const { router, pointByHand } = prepare();
    pointByHand(apiId, stage);

    expect(await router.read()).toEqual({ weights: { [id]: 100 }, revision: `${apiId}/${stage}` });
  });

  it("prefers a stage's tag to its API's", async () => {
    const { fake, router, pointByHand } = prepare();
    fake.makeStage('api1', 'next', { tags: { 'verdigris:environment': 'next' } });
    pointByHand('api1', 'next');

    expect((await router.read()).weights).toEqual({ next: 100 });
  });

  it('finds it behind the first page, and takes no other path for it', async () => {
    const { fake, router, domain, pointByHand } = prepare({ mappingKey: 'orders/v1' });
    fake.state.pageSize = 2;
    for (const path of ['', 'orders', 'orders/v2', 'cart'])
      domain.mappings.set(path, { id: path, apiId: 'api3', stage: 'prod' });
    expect((await router.read()).weights).toEqual({});

    pointByHand('api1', 'prod');

    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it('says that there is no such domain', async () => {
    const { fake, router } = prepare();
    fake.state.domains.clear();

    await expect(router.read()).rejects.toEqual(
      named('ConfigInvalidError', /no custom domain api\.shop/),
    );
  });
});

describe('writing a mapping', () => {
  it('makes it when it is missing, and changes it afterwards', async () => {
    const { fake, domain, shift } = prepare();
    await shift({ blue: 100 });
    const made = domain.mappings.get('');

    await shift({ blue: 0, green: 100 });

    expect(domain.mappings.get('')).toEqual({ id: made?.id, apiId: 'api2', stage: '$default' });
    expect(fake.commands().filter((name) => /Create|Update/.test(name))).toEqual([
      'http.CreateApiMapping',
      'http.UpdateApiMapping',
    ]);
  });

  it.each(['', 'v1'])(
    'changes path "%s" of an edge-optimized domain by version 1',
    async (mappingKey) => {
      const { fake, domain, shift } = prepare({ endpoint: 'edge', mappingKey });
      await shift({ blue: 100 });
      await shift({ green: 100 });

      expect(domain.mappings.get(mappingKey)).toMatchObject({ apiId: 'api2', stage: '$default' });
      expect(fake.calls.at(-1)).toMatchObject({
        command: 'rest.UpdateBasePathMapping',
        input: { basePath: mappingKey || '(none)' },
      });
    },
  );

  it('says that a regional manifest names an edge-optimized domain', async () => {
    const { domain, router } = prepare();
    domain.endpoint = 'edge';

    await expect(router.read()).rejects.toEqual(
      named('RequestInvalidError', 'Only REGIONAL domain'),
    );
  });

  it('does not overwrite one that somebody made meanwhile', async () => {
    const { fake, domain, shift, pointByHand } = prepare();
    fake.before('http.CreateApiMapping', () => pointByHand('api3', 'prod'));

    const attempt = shift({ blue: 100 });

    await expect(attempt).rejects.toEqual(named('RouteConflictError', /api3\/prod 100.*nothing/));
    expect(domain.mappings.get('')?.apiId).toBe('api3');
  });

  it('does not make one again that somebody deleted under its hands', async () => {
    const { fake, domain, shift } = prepare();
    await shift({ blue: 100 });
    fake.before('http.UpdateApiMapping', () => domain.mappings.clear());

    await expect(shift({ green: 100 })).rejects.toEqual(named('RouteConflictError'));
    expect(domain.mappings.size).toBe(0);
  });

  it.each(['api9', 'api1'])('refuses a stage that is not there: %s', async (apiId) => {
    const { router, fake, shift, pointByHand } = prepare();
    pointByHand('api3', 'prod');
    fake.state.apis.get('api1')?.stages.clear();
    const gone = { ...(await router.read()) };
    const side = {
      id: 'gone',
      kind: 'x',
      version: '1',
      address: null,
      attributes: { apiId, stage: 'x' },
    };
    const lease = { releaseId: 'r', epoch: 1, deadlineMs: Date.parse('2027-01-01') };

    const plan = router.plan(gone, { weights: { gone: 100 }, environments: [side] });
    await expect(router.apply(plan, lease)).rejects.toEqual(
      named('RequestInvalidError', /Invalid/),
    );
    await shift({ green: 100 });
  });

  it.each(['prod', '$default'])(
    'takes the natural name of stage %s for the way back',
    async (stage) => {
      const { fake, domain, router, pointByHand, shift } = prepare();
      fake.makeStage('api3', stage);
      pointByHand('api3', stage);
      const [before = ''] = Object.keys((await router.read()).weights);
      await shift({ green: 100 });

      await shift({ [before]: 100 });

      expect(domain.mappings.get('')).toMatchObject({ apiId: 'api3', stage });
    },
  );

  it('refuses an environment that does not say where it is', async () => {
    const { router, desire } = prepare();
    const plan = () => router.plan({ weights: {}, revision: 'none' }, desire({ pink: 100 }));

    expect(plan).toThrow(named('RequestInvalidError', 'needs the attributes apiId and stage'));
  });

  it('has not converged while the provider still shows the old one', async () => {
    const { fake, router, desire, shift } = prepare();
    await shift({ blue: 100 });
    fake.lag.reads = 2;
    await shift({ green: 100 });

    expect(await router.verify(desire({ green: 100 }))).toBe('pending');
    expect(await router.verify(desire({ green: 100 }))).toBe('pending');
    expect(await router.verify(desire({ green: 100 }))).toBe('converged');
  });
});

describe('a change that is not allowed any more (rule 4)', () => {
  it('is given up when its lease ends: nothing refuses it, so nobody may trust that it is lost', async () => {
    const { fake, clock, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const delayed = fake.delayNext('http.UpdateApiMapping');
    const zombie = change(await router.read(), { green: 100 }, 1000);
    const ending = expect(zombie).rejects.toEqual(named('RouterUnavailableError', /lease ended/));
    await clock.advance(1001);
    await ending;

    expect(router.facts.isConditional).toBe(false);
    expect(await delayed.takeEffect()).toBe('applied');
    expect((await router.read()).weights).toEqual({ green: 100 });
  });

  it('is not sent at all after its lease', async () => {
    const { fake, clock, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const live = await router.read();
    const before = fake.calls.length;

    await expect(change(live, { green: 100 }, -1)).rejects.toEqual(named('LeaseExpiredError'));
    expect(fake.calls).toHaveLength(before);

    fake.before('http.GetApiMappings', () => clock.sleep(10_000));
    await expect(change(live, { green: 100 }, 5000)).rejects.toEqual(named('LeaseExpiredError'));
    expect(fake.commands().at(-1)).toBe('http.GetApiMappings');
  });

  it('leaves no timer behind', async () => {
    const { clock, shift } = prepare();
    await shift({ blue: 100 });

    await expect(clock.runUntil(() => false)).rejects.toThrow('nothing is left to wait for');
  });
});

describe('a mapping that somebody else changed (rule 9)', () => {
  it('is not overwritten', async () => {
    const { domain, router, change, shift, pointByHand } = prepare();
    await shift({ blue: 100 });
    const stale = await router.read();
    pointByHand('api3', 'prod');

    const attempt = change(stale, { green: 100 });

    await expect(attempt).rejects.toEqual(named('RouteConflictError', /api3\/prod 100.*blue 100/));
    expect(domain.mappings.get('')?.apiId).toBe('api3');
  });

  it('is this very change when its answer was lost', async () => {
    const { fake, router, desire, shift } = prepare();
    await shift({ blue: 100 });
    fake.loseAnswer('http.UpdateApiMapping');

    await expect(shift({ green: 100 })).rejects.toMatchObject({ isRetryable: true });
    expect(await router.verify(desire({ green: 100 }))).toBe('converged');
  });
});

describe('the readiness of a mapping', () => {
  const look = async (prepared: ReturnType<typeof prepare>) => {
    const { router, desire } = prepared;
    return router.readiness?.(desire({ green: 100 }, ['blue', 'green']));
  };

  it('is there when the stage of green is deployed', async () => {
    const prepared = prepare();
    await prepared.shift({ blue: 100 });

    expect(await look(prepared)).toEqual(ready);
  });

  it('waits for the domain', async () => {
    const prepared = prepare();
    prepared.domain.status = 'UPDATING';

    expect(await look(prepared)).toMatchObject({
      status: 'pending',
      reason: `${domainName} is UPDATING`,
    });
  });

  it('waits for a first deployment, and says how the last one went', async () => {
    const prepared = prepare();
    prepared.fake.makeStage('api2', '$default', {
      deploymentId: '',
      message: 'no route has an integration',
      tags: { 'verdigris:environment': 'green' },
    });

    const { status, reason } = (await look(prepared)) ?? {};
    expect(status).toBe('pending');
    expect(reason).toMatch(/nothing is deployed to stage api2\/\$default yet: no route/);
  });

  it.each<[string, (prepared: ReturnType<typeof prepare>) => void, RegExp]>([
    ['a stage that is not there', ({ fake }) => fake.makeApi('http', 'api2'), /no stage api2/],
    [
      'a stage of another environment',
      ({ fake }) => fake.makeStage('api2', '$default'),
      /belongs to api2\/:default, not to green; give .* the tag verdigris:environment = green/,
    ],
    [
      'a domain that is routed by rules only',
      ({ domain }) => {
        domain.routingMode = 'ROUTING_RULE_ONLY';
      },
      /routed by rules only/,
    ],
    [
      'a domain that failed',
      ({ domain }) => {
        domain.status = 'FAILED';
      },
      /is FAILED/,
    ],
    [
      'a way back to another stage than the one that is live',
      ({ fake, pointByHand }) => {
        fake.makeStage('api1', 'old');
        pointByHand('api1', 'old');
      },
      /blue gets traffic by api1\/old, but a way back would lead to api1\/prod/,
    ],
  ])('refuses %s', async (_, spoil, reason) => {
    const prepared = prepare();
    spoil(prepared);

    await expect(look(prepared)).rejects.toEqual(named('RouteUnreadyError', reason));
  });

  it('refuses an API that an edge-optimized domain cannot lead to', async () => {
    const prepared = prepare({ endpoint: 'edge' });
    prepared.fake.makeApi('http', 'api2');
    prepared.fake.makeStage('api2', '$default');

    await expect(look(prepared)).rejects.toEqual(
      named('RouteUnreadyError', /no stage of a REST API/),
    );
  });

  it('says that the domain is gone', async () => {
    const prepared = prepare({ endpoint: 'edge' });
    prepared.fake.state.domains.clear();

    await expect(look(prepared)).rejects.toEqual(named('ConfigInvalidError', /no custom domain/));
  });
});

describe('what API Gateway says no with', () => {
  it.each([
    ['TooManyRequestsException', 'ThrottledError', /patience/],
    ['LimitExceededException', 'ThrottledError', /patience/],
    ['ServiceUnavailableException', 'RouterUnavailableError', /does not answer/],
    ['ConflictException', 'RouterUnavailableError', /does not answer/],
    ['AccessDeniedException', 'ConfigInvalidError', /allow apigateway:PATCH/],
    ['UnauthorizedException', 'ConfigInvalidError', /allow apigateway:PATCH/],
    ['BadRequestException', 'RequestInvalidError', /UpdateApiMapping of api\.shop\.example: Bad/],
  ])('%s of a write is %s', async (name, ours, reason) => {
    const { fake, router, shift } = prepare();
    await shift({ blue: 100 });
    fake.failNext('http.UpdateApiMapping', name, 'no');

    await expect(shift({ green: 100 })).rejects.toEqual(named(ours, reason));
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it.each(['TooManyRequestsException', 'InternalServerException'])('%s of a read', async (name) => {
    const { fake, router } = prepare();
    fake.failNext('http.GetApiMappings', name);

    await expect(router.read()).rejects.toMatchObject({ isRetryable: true });
  });
});

describe("the API gateway router's part of the manifest", () => {
  const kind = 'api-gateway-mapping';

  it('is a regional mapping of a whole domain unless it says otherwise', () => {
    const config = parseConfig({ kind, domainName });

    expect(config).toEqual({ mode: 'mapping', domainName, mappingKey: '', endpoint: 'regional' });
  });

  it.each([
    [{}, 'domainName', /needed in mode mapping/],
    [{ mode: 'canary', apiId: 'a' }, 'stage', /needed in mode canary/],
    [{ mode: 'stage-variable', apiId: 'a', stage: 'b' }, 'variable', /needed/],
    [{ domainName, stage: 'prod' }, 'stage', /means nothing in mode mapping/],
    [
      { mode: 'canary', apiId: 'a', stage: 'b', domainName },
      'domainName',
      /which has apiId, stage/,
    ],
    [{ domainName: 'https://shop' }, 'domainName', /domain name in lower case/],
    [{ domainName, mappingKey: '/v1' }, 'mappingKey', /without \/ at its ends/],
    [{ domainName, endpoint: 'edge', mappingKey: 'a/b' }, 'mappingKey', /regional domain/],
    [{ mode: 'stage-variable', apiId: 'a', stage: 'b', variable: 'c-d' }, 'variable', /A-Z/],
    [{ mode: 'weights' }, 'mode', /mapping/],
    [{ domainName, weight: 5 }, '', /weight/],
  ])('refuses %j with a path and a reason', (part, path, reason) => {
    const parse = () => parseConfig({ kind, ...part });

    expect(parse).toThrow(reason);
    expect(parse).toThrow(path);
  });

  it('is there on AWS only', async () => {
    const create = createRouter({ kind, domainName }, 'shop', { ...machine, log: silentLogger });

    await expect(create).rejects.toEqual(named('KindUnavailableError', /on AWS only/));
  });
});
