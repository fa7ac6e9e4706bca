import { describe, expect, it } from 'vitest';
import { desire, named, prepareRouter, side } from './cloudfront-harness.ts';

const prepare = (config: object = {}) =>
  prepareRouter(({ keyValueStoreArn }) => ({
    mode: 'key-value-store',
    keyValueStoreArn,
    ...config,
  }));

type Prepared = ReturnType<typeof prepare>;
const valueIn = ({ fake }: Prepared) => JSON.parse(fake.valueOf('shop') ?? 'null');

describe('a key as a route', () => {
  it('is what the function at the edge reads', async () => {
    const prepared = prepare();
    await prepared.shift({ blue: 95, green: 5 });

    expect(valueIn(prepared)).toEqual({
      weights: { blue: 95, green: 5 },
      origins: {
        blue: { domainName: 'blue.example.com' },
        green: { domainName: 'green.example.com' },
      },
      change: expect.stringMatching(/^release=r1 epoch=4 after=KV1\//),
      at: prepared.clock.now(),
    });
  });

  it('can be written by hand, and keeps what people add', async () => {
    const prepared = prepare({ key: 'live' });
    const { fake, router, shift } = prepared;
    const origins = { old: { domainName: 'old.example.com', ticket: 7 } };
    fake.putByHand(
      'live',
      JSON.stringify({ weights: { old: 100 }, origins, note: 'mind the gap' }),
    );

    expect((await router.read()).weights).toEqual({ old: 100 });
    await shift({ green: 100 });

    const value = JSON.parse(fake.valueOf('live') ?? '');
    expect(value).toMatchObject({ note: 'mind the gap', origins, weights: { green: 100 } });
  });

  it.each([
    ['no JSON', 'blue'],
    ['no route', '{"weights":[1]}'],
    ['a share that nobody gets', '{"weights":{"blue":50}}'],
    ['a fraction', '{"weights":{"blue":99.5,"green":0.5}}'],
  ])('that is %s leads nowhere, as at the edge, and can be written over', async (_, text) => {
    const { fake, router, shift } = prepare();
    fake.putByHand('shop', text);

    expect((await router.read()).weights).toEqual({});
    await shift({ blue: 100 });
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it('keeps the origin of the side without traffic until it is detached', async () => {
    const prepared = prepare();
    const { router, lease, change, shift } = prepared;
    await shift({ blue: 100 });
    await shift({ green: 100 });
    const bare = { weights: { blue: 100 }, environments: [side('blue', {})] };
    await change(await router.read(), bare);
    expect((await router.read()).weights).toEqual({ blue: 100 });

    const before = await router.read();
    expect(await router.detach?.(side('green'), lease())).toBe('detached');
    expect(Object.keys(valueIn(prepared).origins)).toEqual(['blue']);
    expect(valueIn(prepared).change).toMatch(/^release=r1/);
    await change(before, desire({ blue: 100 }));
  });

  it('that does not fit into a value is refused', async () => {
    const { router, change } = prepare();
    const blue = side('blue', { originDomainName: `${'long.'.repeat(200)}example.com` });
    const desired = { weights: { blue: 100 }, environments: [blue] };

    await expect(change(await router.read(), desired)).rejects.toEqual(
      named('RequestInvalidError', /takes 1024.*blue/),
    );
    await expect(router.readiness?.(desired)).rejects.toEqual(named('RouteUnreadyError', /1024/));
  });

  it('needs to know where a side answers', async () => {
    const { router } = prepare();
    const desired = { weights: { green: 100 }, environments: [side('green', {})] };

    await expect(router.readiness?.(desired)).rejects.toEqual(
      named('RouteUnreadyError', /originDomainName/),
    );
  });

  it('says that there is no such store', async () => {
    const keyValueStoreArn = 'arn:aws:cloudfront::123456789012:key-value-store/other';
    const { router } = prepare({ keyValueStoreArn });

    await expect(router.read()).rejects.toEqual(named('ConfigInvalidError', /correct the router/));
  });
});

describe('a store that is shared', () => {
  it('lets others change their keys meanwhile', async () => {
    const { fake, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const from = await router.read();
    fake.putByHand('other', '1');
    fake.before('PutKey', () => fake.putByHand('other', '2'));

    await change(from, desire({ green: 100 }));

    expect(fake.valueOf('other')).toBe('2');
    expect((await router.read()).weights).toEqual({ green: 100 });
  });

  it('is not written over a value that is newer than what was read (rule 9)', async () => {
    const { fake, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const from = await router.read();
    const theirs = JSON.stringify({ weights: { blue: 100 }, origins: {}, change: 'by hand' });
    fake.before('PutKey', () => fake.putByHand('shop', theirs));

    await expect(change(from, desire({ green: 100 }))).rejects.toEqual(named('RouteConflictError'));
    expect(fake.valueOf('shop')).toBe(theirs);
  });

  it.each(['DescribeKeyValueStore', 'GetKey'])(
    'is not written over a value that came in before %s',
    async (command) => {
      const { fake, router, change, shift } = prepare();
      await shift({ blue: 100 });
      const from = await router.read();
      const theirs = JSON.stringify({ weights: { blue: 100 }, origins: {}, change: 'by hand' });
      fake.before(command, () => fake.putByHand('shop', theirs));

      await expect(change(from, desire({ green: 100 }))).rejects.toEqual(
        named('RouteConflictError'),
      );
      expect(fake.valueOf('shop')).toBe(theirs);
    },
  );

  it('refuses with a ValidationException about the precondition as well', async () => {
    const { fake, router, shift } = prepare();
    await shift({ blue: 100 });
    fake.failNext('PutKey', 'ValidationException', 'Pre-Condition failed');

    await shift({ green: 100 });

    expect((await router.read()).weights).toEqual({ green: 100 });
  });
});

describe('following a key', () => {
  it('takes half a minute, and what was cached is invalidated after it', async () => {
    const prepared = prepareRouter(({ keyValueStoreArn, distributionId }) => ({
      mode: 'key-value-store',
      ...{ keyValueStoreArn, distributionId, invalidate: ['/*'] },
    }));
    const { fake, clock, router, shift } = prepared;
    fake.readsUntilInvalidated = 1;
    await shift({ green: 100 });

    expect(await router.verify(desire({ green: 100 }))).toBe('pending');
    await clock.advance(29_999);
    expect(await router.verify(desire({ green: 100 }))).toBe('pending');
    expect(fake.invalidations()).toEqual([]);
    await clock.advance(1);
    expect(await router.verify(desire({ green: 100 }))).toBe('converged');
    expect(await router.verify(desire({ green: 100 }))).toBe('converged');
    expect(fake.invalidations()).toMatchObject([{ paths: ['/*'] }]);
  });
});

describe('what a store says no with', () => {
  it.each([
    ['ThrottlingException', 'ThrottledError', /patience/],
    ['InternalServerException', 'RouterUnavailableError', /does not answer/],
    ['AccessDeniedException', 'ConfigInvalidError', /allow cloudfront-keyvaluestore:PutKey/],
    ['ServiceQuotaExceededException', 'RequestInvalidError', /refuses/],
    ['ValidationException', 'RequestInvalidError', /refuses/],
  ])('%s of a write is %s', async (name, ours, reason) => {
    const { fake, router, shift } = prepare();
    await shift({ blue: 100 });
    fake.failNext('PutKey', name, 'no');

    await expect(shift({ green: 100 })).rejects.toEqual(named(ours, reason));
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it('is refused late, though it was already on its way (rule 4)', async () => {
    const { fake, clock, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const delayed = fake.delayNext('PutKey');
    const zombie = change(await router.read(), desire({ green: 100 }), 1000);
    const ending = expect(zombie).rejects.toEqual(named('RouterUnavailableError', /lease ended/));
    await clock.advance(1001);
    await ending;

    await shift({ blue: 100 });

    expect(await delayed.takeEffect()).toBe('ConflictException');
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });
});
