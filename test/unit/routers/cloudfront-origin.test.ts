import type { DistributionConfig, Origin } from '@aws-sdk/client-cloudfront';
import { describe, expect, it } from 'vitest';
import { changeHeader } from '../../../lib/routers/cloudfront-origin/distribution.ts';
import { desire, named, prepareRouter, side } from './cloudfront-harness.ts';

const prepare = (config: object = {}) =>
  prepareRouter(({ distributionId }) => ({
    distributionId,
    placeholder: 'nothing-yet',
    ...config,
  }));

const originIn = (config: DistributionConfig, id: string) =>
  config.Origins?.Items?.find((it) => it.Id === id) as Origin;

const marksIn = (origin: Origin) =>
  origin.CustomHeaders?.Items?.filter((it) => it.HeaderName === changeHeader) ?? [];

/** A behavior on a group whose first member is the origin that was there. */
function group(config: DistributionConfig): void {
  const items = [{ OriginId: 'nothing-yet' }, { OriginId: 'backup' }];
  const first = originIn(config, 'nothing-yet');
  const backup = { ...first, Id: 'backup', DomainName: 'backup.example.com' };
  config.Origins = { Quantity: 2, Items: [first, backup] };
  config.OriginGroups = {
    Quantity: 1,
    Items: [
      {
        Id: 'shop',
        FailoverCriteria: { StatusCodes: { Quantity: 1, Items: [503] } },
        Members: { Quantity: 2, Items: items },
      },
    ],
  };
  if (config.DefaultCacheBehavior) config.DefaultCacheBehavior.TargetOriginId = 'shop';
}

describe('reading a distribution', () => {
  it('names what was there before by its own id', async () => {
    const { router } = prepare({ placeholder: undefined });

    expect((await router.read()).weights).toEqual({ 'nothing-yet': 100 });
  });

  it('names the primary origin of a group', async () => {
    const { fake, router } = prepare({ placeholder: undefined });
    fake.editByHand(group);

    expect((await router.read()).weights).toEqual({ 'nothing-yet': 100 });
  });

  it('says which behaviors there are where the one of the manifest is missing', async () => {
    const { router } = prepare({ behavior: '/shop/*' });

    await expect(router.read()).rejects.toEqual(
      named('ConfigInvalidError', /no behavior "\/shop\/\*".*\/api\/\*.*router.behavior/),
    );
  });

  it('says that there is no such distribution', async () => {
    const { router } = prepare({ distributionId: 'ENOSUCH' });

    await expect(router.read()).rejects.toEqual(
      named('ConfigInvalidError', /distribution ENOSUCH.*correct the router/),
    );
  });
});

describe('switching an origin', () => {
  it('writes back what was read, with nothing but the switch in it', async () => {
    const { fake, shift } = prepare();
    const before = fake.config();
    await shift({ blue: 100 });
    const after = fake.config();

    const { Origins, DefaultCacheBehavior, ...rest } = after;
    const { Origins: origins, DefaultCacheBehavior: behavior, ...others } = before;
    expect(rest).toEqual(others);
    expect(DefaultCacheBehavior).toEqual({ ...behavior, TargetOriginId: 'blue' });
    expect(Origins?.Items?.[0]).toEqual(origins?.Items?.[0]);
    expect(Origins?.Quantity).toBe(2);
  });

  it('is one look and one write on condition of what was seen', async () => {
    const { fake, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const [from, etag, before] = [await router.read(), fake.etag(), fake.calls.length];

    await change(from, desire({ green: 100 }));

    const [look, write, ...others] = fake.calls.slice(before);
    expect(look?.command).toBe('GetDistribution');
    expect(write).toMatchObject({ command: 'UpdateDistribution', input: { IfMatch: etag } });
    expect(others).toEqual([]);
  });

  it('switches one behavior and no other', async () => {
    const { fake, shift } = prepare({ behavior: '/api/*' });
    await shift({ blue: 100 });

    const { DefaultCacheBehavior, CacheBehaviors } = fake.config();
    expect(DefaultCacheBehavior?.TargetOriginId).toBe('nothing-yet');
    expect(CacheBehaviors?.Items?.[0]?.TargetOriginId).toBe('blue');
  });

  it('switches the primary origin of a group and keeps what it falls back to', async () => {
    const { fake, router, shift, change } = prepare();
    fake.editByHand(group);
    await shift({ blue: 100 });

    const { OriginGroups, DefaultCacheBehavior } = fake.config();
    expect(DefaultCacheBehavior?.TargetOriginId).toBe('shop');
    expect(OriginGroups?.Items?.[0]?.Members?.Items).toEqual([
      { OriginId: 'blue' },
      { OriginId: 'backup' },
    ]);
    const toBackup = change(await router.read(), desire({ backup: 100 }));
    await expect(toBackup).rejects.toEqual(named('RequestInvalidError', /falls back to/));
  });

  it('says on the origin what led to it, once', async () => {
    const { fake, shift } = prepare();
    await shift({ blue: 100 });
    await shift({ blue: 100 });
    await shift({ green: 100 });

    const config = fake.config();
    const [mark, ...others] = marksIn(originIn(config, 'green'));
    expect(mark?.HeaderValue).toMatch(/^release=r1 epoch=4 after=ETAG3\/[0-9a-f]{12}$/);
    expect(others).toEqual([]);
    expect(marksIn(originIn(config, 'blue'))).toHaveLength(1);
    expect(originIn(config, 'green').CustomHeaders).toMatchObject({ Quantity: 2 });
  });

  it('moves the revision by writing the same again, even where only changes move the ETag', async () => {
    const { shift } = prepare();
    const revisions = [];
    for (let times = 0; times < 3; times += 1)
      revisions.push((await shift({ blue: 100 })).revision);

    expect(new Set(revisions).size).toBe(3);
  });

  it('is not disturbed by a change of something else, before it or under its hands', async () => {
    const { fake, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const from = await router.read();
    const comment = (text: string) => () =>
      fake.editByHand((config) => {
        config.Comment = text;
      });
    comment('somebody else was here')();
    fake.before('UpdateDistribution', comment('and here'));

    await change(from, desire({ green: 100 }));

    expect(fake.config()).toMatchObject({ Comment: 'and here' });
    expect((await router.read()).weights).toEqual({ green: 100 });
  });

  it('gives up where the rest of it never stays as it is', async () => {
    const { fake, router, shift, change } = prepare();
    await shift({ blue: 100 });
    const from = await router.read();
    fake.failNext('UpdateDistribution', 'PreconditionFailed', 'stale', 99);

    await expect(change(from, desire({ green: 100 }))).rejects.toEqual(
      named('RouterUnavailableError', /all the time/),
    );
  });

  it('refuses the placeholder as a side', async () => {
    const { router } = prepare();
    const live = await router.read();

    expect(() => router.plan(live, desire({ 'nothing-yet': 100 }))).toThrow(/placeholder/);
  });

  it('needs to be told where a side answers that has no origin yet', async () => {
    const { router, fake, change } = prepare();
    const nowhere = { weights: { blue: 100 }, environments: [side('blue', {})] };

    await expect(change(await router.read(), nowhere)).rejects.toEqual(
      named('RequestInvalidError', /blue.*originDomainName or dnsName/),
    );
    expect(fake.commands()).not.toContain('UpdateDistribution');
  });

  it('needs nothing but the id of a side that has one, as a rollback may have', async () => {
    const { router, change, shift } = prepare();
    await shift({ blue: 100 });
    await shift({ green: 100 });

    await change(await router.read(), { weights: { blue: 100 }, environments: [side('blue', {})] });

    expect((await router.read()).weights).toEqual({ blue: 100 });
  });
});

describe('an origin for green', () => {
  it.each([
    ['its attributes', { originDomainName: 'a.example.com', originPath: '/2' }, null, '/2'],
    ['a load balancer', { dnsName: 'a.example.com' }, null, ''],
    ['its address', {}, 'https://a.example.com/2/', '/2'],
  ])('leads where %s say', async (_, attributes, address, path) => {
    const { fake, router, lease } = prepare();
    const green = { ...side('green', attributes), address };
    await router.prepare?.({ weights: { green: 100 }, environments: [green] }, lease());

    const { CustomOriginConfig, OriginShield, ...rest } = originIn(fake.config(), 'green');
    expect(rest).toMatchObject({ DomainName: 'a.example.com', OriginPath: path });
    const live = originIn(fake.config(), 'nothing-yet');
    expect(CustomOriginConfig).toEqual(live.CustomOriginConfig);
    expect(OriginShield).toEqual(live.OriginShield);
    expect(rest.CustomHeaders).toEqual(live.CustomHeaders);
  });

  it.each([
    ['http://a.example.com:8080', { HTTPPort: 8080, HTTPSPort: 443 }],
    ['https://a.example.com:8443', { HTTPPort: 80, HTTPSPort: 8443 }],
  ])('takes the port of %s', async (address, ports) => {
    const { fake, router, lease } = prepare();
    const green = { ...side('green', {}), address };
    await router.prepare?.({ weights: { green: 100 }, environments: [green] }, lease());

    expect(originIn(fake.config(), 'green').CustomOriginConfig).toMatchObject(ports);
  });

  it('is no copy of a VPC origin, which would lead to blue', async () => {
    const { fake, router, lease } = prepare();
    fake.editByHand((config) => {
      const { CustomOriginConfig: _, ...origin } = originIn(config, 'nothing-yet');
      const VpcOriginConfig = { VpcOriginId: 'vo_1', OriginReadTimeout: 30 };
      config.Origins = { Quantity: 1, Items: [{ ...origin, VpcOriginConfig }] };
    });
    const desired = desire({ green: 100 });

    await expect(router.readiness?.(desired)).rejects.toEqual(
      named('RouteUnreadyError', /VPC origin.*vpcOriginId/),
    );
    const vpcOriginId = 'vo_2';
    const green = side('green', { originDomainName: 'alb.internal', vpcOriginId });
    await router.prepare?.({ ...desired, environments: [green] }, lease());
    expect(originIn(fake.config(), 'green').VpcOriginConfig).toEqual({
      VpcOriginId: 'vo_2',
      OriginReadTimeout: 30,
    });
  });
});

describe('getting ready', () => {
  it('adds the origin, waits until it is deployed, and moves no traffic', async () => {
    const { fake, router, lease, shift } = prepare();
    await shift({ blue: 100 });
    const desired = { ...desire({ blue: 0, green: 100 }) };
    fake.readsUntilDeployed = 2;

    expect(await router.readiness?.(desired)).toMatchObject({
      status: 'unprepared',
      reason: expect.stringContaining('no origin green'),
    });
    await router.prepare?.(desired, lease());
    const looks = [];
    for (let times = 0; times < 3; times += 1)
      looks.push((await router.readiness?.(desired))?.status);
    expect(looks).toEqual(['pending', 'pending', 'ready']);
    expect(marksIn(originIn(fake.config(), 'blue'))).toHaveLength(1);
    expect(marksIn(originIn(fake.config(), 'green'))).toEqual([]);
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it.each([
    [
      'a continuous deployment policy',
      { ContinuousDeploymentPolicyId: 'p1' },
      /take the policy off/,
    ],
    ['only staging', { Staging: true }, /staging distribution/],
    ['disabled', { Enabled: false }, /is disabled/],
  ])('refuses a distribution with or that is %s', async (_, changes, reason) => {
    const { fake, router } = prepare();
    fake.editByHand((config) => void Object.assign(config, changes));

    await expect(router.readiness?.(desire({ green: 100 }))).rejects.toEqual(
      named('RouteUnreadyError', reason),
    );
  });
});

describe('letting go of an origin', () => {
  it('leaves one that something else refers to', async () => {
    const { fake, router, lease, shift } = prepare();
    await shift({ blue: 100 });
    await shift({ green: 100 });
    fake.editByHand((config) => {
      const [api] = config.CacheBehaviors?.Items ?? [];
      if (api) api.TargetOriginId = 'blue';
    });

    await expect(router.detach?.(side('blue'), lease())).rejects.toEqual(
      named('EnvironmentInUseError', /used by behavior \/api\/\*/),
    );
    expect(fake.originIds()).toContain('blue');
  });

  it('waits while edge locations may still send requests there', async () => {
    const { fake, router, lease, shift } = prepare();
    await shift({ blue: 100 });
    fake.readsUntilDeployed = Number.POSITIVE_INFINITY;
    await shift({ green: 100 });

    expect(await router.detach?.(side('blue'), lease())).toBe('pending');
    expect(fake.originIds()).toContain('blue');
    fake.deploy();
    expect(await router.detach?.(side('blue'), lease())).toBe('detached');
    expect(fake.originIds()).toEqual(['nothing-yet', 'green']);
    expect(await router.detach?.(side('blue'), lease())).toBe('detached');
  });

  it('looks again when traffic came back just before (rule 8)', async () => {
    const { fake, router, lease, shift } = prepare();
    await shift({ blue: 100 });
    await shift({ green: 100 });
    fake.before('UpdateDistribution', () =>
      fake.editByHand((config) => {
        if (config.DefaultCacheBehavior) config.DefaultCacheBehavior.TargetOriginId = 'blue';
      }),
    );

    await expect(router.detach?.(side('blue'), lease())).rejects.toEqual(
      named('EnvironmentInUseError', /the default behavior/),
    );
    expect(fake.originIds()).toContain('blue');
  });
});

describe('what edge locations have cached', () => {
  const invalidating = () => prepare({ invalidate: ['/*', '/index.html'] });

  it('is invalidated once for each change, after it is deployed', async () => {
    const { fake, router, shift } = invalidating();
    fake.readsUntilDeployed = 2;
    fake.readsUntilInvalidated = 2;
    await shift({ blue: 100 });

    const looks = [];
    for (let times = 0; times < 5; times += 1)
      looks.push(await router.verify(desire({ blue: 100 })));

    expect(looks).toEqual(['pending', 'pending', 'pending', 'converged', 'converged']);
    expect(fake.invalidations()).toMatchObject([
      { paths: ['/*', '/index.html'], wasDeployed: true },
    ]);
    await shift({ green: 100 });
    fake.deploy();
    await router.verify(desire({ green: 100 }));
    await shift({ blue: 100 });
    fake.deploy();
    await router.verify(desire({ blue: 100 }));
    const references = fake.invalidations().map(({ reference }) => reference);
    expect(new Set(references).size).toBe(3);
  });

  it('is not invalidated again because something else in the distribution changed', async () => {
    const { fake, router, shift } = invalidating();
    await shift({ blue: 100 });
    await router.verify(desire({ blue: 100 }));
    fake.editByHand((config) => void Object.assign(config, { Comment: 'changed' }));

    expect(await router.verify(desire({ blue: 100 }))).toBe('converged');
    expect(fake.invalidations()).toHaveLength(1);
  });

  it('is not touched by a call that wants another route', async () => {
    const { fake, router, shift } = invalidating();
    await shift({ blue: 100 });

    expect(await router.verify(desire({ green: 100 }))).toBe('pending');
    expect(fake.invalidations()).toEqual([]);
  });

  it('is invalidated once though the answer was lost', async () => {
    const { fake, router, shift } = invalidating();
    await shift({ blue: 100 });
    fake.loseAnswer('CreateInvalidation');

    await expect(router.verify(desire({ blue: 100 }))).rejects.toMatchObject({ isRetryable: true });
    expect(await router.verify(desire({ blue: 100 }))).toBe('converged');
    expect(fake.invalidations()).toHaveLength(1);
  });

  it('waits for its turn while too many are under way', async () => {
    const { fake, router, shift } = invalidating();
    await shift({ blue: 100 });
    fake.failNext('CreateInvalidation', 'TooManyInvalidationsInProgress');

    expect(await router.verify(desire({ blue: 100 }))).toBe('pending');
    expect(await router.verify(desire({ blue: 100 }))).toBe('converged');
  });

  it('stays where versions do not share cache keys', async () => {
    const { fake, router, shift } = prepare();
    await shift({ blue: 100 });

    expect(await router.verify(desire({ blue: 100 }))).toBe('converged');
    expect(fake.commands()).not.toContain('CreateInvalidation');
  });
});

describe('a change that is not allowed any more (rule 4)', () => {
  it('is refused by the ETag, though it was already on its way', async () => {
    const { fake, clock, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const delayed = fake.delayNext('UpdateDistribution');
    const zombie = change(await router.read(), desire({ green: 100 }), 1000);
    const ending = expect(zombie).rejects.toEqual(named('RouterUnavailableError', /lease ended/));
    await clock.advance(1001);
    await ending;

    const rolledBack = await shift({ blue: 100 });

    expect(await delayed.takeEffect()).toBe('PreconditionFailed');
    expect(await router.read()).toEqual(rolledBack);
  });

  it('is not made by looking again after a rollback to the same weights', async () => {
    const { fake, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const from = await router.read();
    fake.before('UpdateDistribution', () => {
      const { DefaultCacheBehavior } = fake.config();
      expect(DefaultCacheBehavior?.TargetOriginId).toBe('blue');
      fake.editByHand((config) => {
        const [mark] = marksIn(originIn(config, 'blue'));
        if (mark) mark.HeaderValue = 'release=r1 epoch=5 after=the-rollback';
      });
    });

    await expect(change(from, desire({ green: 100 }))).rejects.toEqual(named('RouteConflictError'));
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it('is not sent at all after its lease', async () => {
    const { fake, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const from = await router.read();
    const before = fake.calls.length;

    await expect(change(from, desire({ green: 100 }), -1)).rejects.toEqual(
      named('LeaseExpiredError'),
    );
    expect(fake.calls).toHaveLength(before);
  });

  it('is not sent after a look that took longer than its lease', async () => {
    const { fake, clock, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const from = await router.read();
    fake.before('GetDistribution', () => clock.sleep(10_000));

    await expect(change(from, desire({ green: 100 }), 5000)).rejects.toEqual(
      named('LeaseExpiredError'),
    );
    expect(fake.commands().at(-1)).toBe('GetDistribution');
  });

  it('is refused when the route changed between the look and the write (rule 9)', async () => {
    const { fake, change, router, shift } = prepare();
    await shift({ blue: 100 });
    const from = await router.read();
    fake.before('UpdateDistribution', () =>
      fake.editByHand((config) => {
        if (config.DefaultCacheBehavior) config.DefaultCacheBehavior.TargetOriginId = 'nothing-yet';
      }),
    );

    await expect(change(from, desire({ green: 100 }))).rejects.toEqual(
      named('RouteConflictError', /nothing was overwritten/),
    );
    expect(fake.config().DefaultCacheBehavior?.TargetOriginId).toBe('nothing-yet');
  });

  it('leaves no timer behind', async () => {
    const { clock, shift } = prepare();
    await shift({ blue: 100 });

    await expect(clock.runUntil(() => false)).rejects.toThrow('nothing is left to wait for');
  });
});

describe('what CloudFront says no with', () => {
  it.each([
    ['Throttling', 'ThrottledError', /patience/],
    ['ServiceUnavailable', 'RouterUnavailableError', /does not answer/],
    ['AccessDenied', 'ConfigInvalidError', /allow cloudfront:UpdateDistribution/],
    ['TooManyOrigins', 'RequestInvalidError', /retire some/],
    ['TooManyOriginCustomHeaders', 'RequestInvalidError', /verdigris-change/],
    ['ContinuousDeploymentPolicyInUse', 'RequestInvalidError', /continuous deployment policy off/],
    ['InvalidArgument', 'RequestInvalidError', /refuses/],
  ])('%s of a write is %s', async (name, ours, reason) => {
    const { fake, shift } = prepare();
    await shift({ blue: 100 });
    fake.failNext('UpdateDistribution', name, 'no');

    await expect(shift({ green: 100 })).rejects.toEqual(named(ours, reason));
    expect(fake.config().DefaultCacheBehavior?.TargetOriginId).toBe('blue');
  });

  it('is found done by whoever looks after a lost answer', async () => {
    const { fake, router, shift } = prepare();
    await shift({ blue: 100 });
    fake.loseAnswer('UpdateDistribution');

    await expect(shift({ green: 100 })).rejects.toEqual(named('RouterUnavailableError'));
    expect((await router.read()).weights).toEqual({ green: 100 });
  });
});
