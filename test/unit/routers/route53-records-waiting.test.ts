import { describe, expect, it } from 'vitest';
import type { NameServers } from '../../../lib/routers/route53-records/name-servers.ts';
import {
  balancer,
  blue,
  green,
  name,
  named,
  prepare,
  server,
  simple,
  weighted,
} from './route53-records-harness.ts';

const all = (side: string) => ({ [side]: 100 });

/** Time passes second by second, as a step that is asked again sees it; how many until it is converged. */
async function secondsUntilConverged(
  { router, clock, desire }: ReturnType<typeof prepare>,
  side: string,
) {
  for (let seconds = 0; seconds < 1000; seconds += 1) {
    if ((await router.verify(desire(all(side)))) === 'converged') return seconds;
    await clock.advance(1000);
  }
  return Number.NaN;
}

describe('what a router says of itself', () => {
  it.each([
    [{ ttl: '30s' }, 121, 'A records may be aliases, which are kept for a minute'],
    [{ ttl: '300s' }, 361, 'the TTL and its second, and a minute for Route 53'],
    [{ ttl: '30s', types: ['CNAME'] }, 91, 'no alias'],
  ])('is honest about how long clients take: %j', (keys, seconds, _why) => {
    expect(prepare(keys).router.facts).toMatchObject({
      isAtomic: false,
      isConditional: true,
      maxPropagationSeconds: seconds,
    });
  });

  it.each([
    [{ types: ['A', 'CNAME'] }, /CNAME beside/],
    [{ types: ['A', 'A'] }, /twice/],
    [{ ttl: '500ms' }, /whole seconds/],
    [{ ttl: '5s', lowerTtlTo: '60s' }, /not lower/],
    [{ name: 'Shop.example.com.' }, /lower case/],
    [{ hostedZoneId: '/hostedzone/Z1' }, /id of a hosted zone/],
  ])('refuses %j', (keys, reason) => {
    expect(() => prepare(keys)).toThrow(reason);
  });
});

describe('verifying a shift', () => {
  it('waits for INSYNC, then for the TTL that the old answers have', async () => {
    const it = prepare({ ttl: '60s' });
    await it.shift(all('blue'));
    await it.clock.advance(300_000);
    await it.shift(all('green'));

    expect(await secondsUntilConverged(it, 'green')).toBe(81);
  });

  it('waits for resolvers that count whole seconds', async () => {
    const { clock, fake, router, desire, shift } = prepare({ ttl: '5s' });
    await shift(all('blue'));
    await clock.advance(300_150);
    await shift(all('green'));
    const wholeSeconds = (ms: number) => Math.floor(ms / 1000);
    let lastOldMs = clock.now();
    while ((await router.verify(desire(all('green')))) === 'pending') {
      if (fake.served().some(({ SetIdentifier }) => SetIdentifier === 'blue')) {
        lastOldMs = clock.now();
      }
      await clock.advance(100);
    }

    // As Unbound counts: an entry is given to the end of the second in which its TTL runs out.
    expect(wholeSeconds(clock.now())).toBeGreaterThan(wholeSeconds(lastOldMs) + 5);
  });

  it('waits only for INSYNC where nobody can have an older answer', async () => {
    const it = prepare();
    await it.shift(all('blue'));

    expect(await secondsUntilConverged(it, 'blue')).toBe(20);
  });

  it('waits for the TTL of what it took over, not for that of the manifest', async () => {
    const it = prepare({ ttl: '10s' });
    it.create(simple('192.0.2.7', 300));
    await it.shift(all('green'));

    expect(await secondsUntilConverged(it, 'green')).toBe(321);
  });

  it('waits a minute for an alias, whose TTL is not in the record', async () => {
    const it = prepare({ ttl: '10s' });
    await it.shift(all('blue'), [balancer('blue')]);
    await it.clock.advance(300_000);
    await it.shift(all('green'), [balancer('green')]);

    expect(await secondsUntilConverged(it, 'green')).toBe(81);
  });

  it("waits no longer than green's lowered TTL on the way back", async () => {
    const it = prepare({ ttl: '60s', lowerTtlTo: '5s' });
    await it.shift(all('blue'));
    await it.clock.advance(300_000);
    await it.router.prepare?.(it.desire(all('green')), it.lease());
    await secondsUntilConverged(it, 'blue');
    await it.clock.advance(60_000);
    await it.shift(all('green'));
    expect(await secondsUntilConverged(it, 'green')).toBe(26);

    await it.shift(all('blue'));

    expect(await secondsUntilConverged(it, 'blue')).toBe(26);
  });

  it('does not wait on the way back for answers that lead there anyway', async () => {
    const it = prepare({ ttl: '60s', lowerTtlTo: '5s' });
    await it.shift(all('blue'));
    await it.clock.advance(300_000);
    await it.router.prepare?.(it.desire(all('green')), it.lease());
    await it.shift(all('green'));
    await it.shift(all('blue'));

    // Green may have been answered since the shift, and Route 53 may take a minute to follow that.
    expect(await secondsUntilConverged(it, 'blue')).toBe(26);
  });

  it('counts what is left of a higher TTL where a shift did not wait for it', async () => {
    const it = prepare({ ttl: '60s', lowerTtlTo: '5s' });
    await it.shift(all('blue'));
    await it.clock.advance(300_000);
    await it.router.prepare?.(it.desire(all('green')), it.lease());
    await it.clock.advance(10_000);
    await it.shift(all('green'));

    // Lowered 10 s ago, and Route 53 may have taken a minute to follow: 60 + 61 - 10, then 20 to follow.
    expect(await secondsUntilConverged(it, 'green')).toBe(131);
  });

  it('takes a minute for Route 53 where another process made the change', async () => {
    const it = prepare({ ttl: '60s' });
    await it.shift(all('blue'));
    await it.clock.advance(300_000);
    await it.shift(all('green'));

    expect(await secondsUntilConverged({ ...it, router: it.another() }, 'green')).toBe(121);
  });

  it('goes by the time where Route 53 has forgotten the change', async () => {
    const it = prepare();
    await it.shift(all('blue'));
    it.fake.forgetChanges();

    expect(await secondsUntilConverged(it, 'blue')).toBe(60);
  });

  it('is at once where Verdigris never changed anything', async () => {
    const it = prepare();
    it.create(weighted('blue', 1, '192.0.2.1'));

    expect(await secondsUntilConverged(it, 'blue')).toBe(0);
  });

  it('is pending while traffic is elsewhere', async () => {
    const { router, desire, shift, clock } = prepare();
    await shift(all('blue'));
    await clock.advance(600_000);

    expect(await router.verify(desire(all('green')))).toBe('pending');
  });

  it('asks for patience where GetChange does', async () => {
    const { fake, router, desire, shift } = prepare();
    await shift(all('blue'));
    fake.failNext('GetChange', 'Throttling');

    await expect(router.verify(desire(all('blue')))).rejects.toEqual(named('ThrottledError'));
  });
});

describe('asking the name servers', () => {
  type Asked = Parameters<NameServers['ask']>;
  /** Name servers that answer from the zone as it was propagated, or as the test says. */
  function witnesses(answer: (...asked: Asked) => string[] | null | undefined) {
    const asked: Asked[] = [];
    const nameServers: NameServers = {
      async ask(...question) {
        asked.push(question);
        const said = answer(...question);
        if (said !== undefined) return said;
        const [, of, type] = question;
        const sets = it.fake
          .served()
          .filter(({ Name, Type }) => Name === `${of}.` && Type === type);
        const values = sets.flatMap(({ ResourceRecords = [] }) => ResourceRecords);
        return values.map(({ Value = '' }) => Value.replaceAll('" "', '').replaceAll('"', ''));
      },
    };
    const it = prepare({}, nameServers);
    return { ...it, asked };
  }

  it('believes them where another process made the change', async () => {
    const it = witnesses(() => undefined);
    await it.shift(all('blue'));

    expect(await secondsUntilConverged({ ...it, router: it.another() }, 'blue')).toBe(20);
    expect(new Set(it.asked.map(([which]) => which)).size).toBe(2);
  });

  it('waits while one of them has not followed, though Route 53 says INSYNC', async () => {
    let isLate = true;
    const it = witnesses((which) => (isLate && which === 'ns-2.awsdns-02.net' ? [] : undefined));
    await it.shift(all('blue'));
    await it.clock.advance(60_000);
    expect(await it.router.verify(it.desire(all('blue')))).toBe('pending');
    isLate = false;

    expect(await it.router.verify(it.desire(all('blue')))).toBe('converged');
  });

  it('waits while an answer leads where no traffic belongs', async () => {
    let isLate = true;
    const it = witnesses((_, of, type) =>
      isLate && of === name && type === 'A' ? ['192.0.2.9'] : undefined,
    );
    await it.shift(all('blue'));
    await it.clock.advance(60_000);
    expect(await it.router.verify(it.desire(all('blue')))).toBe('pending');
    isLate = false;

    expect(await it.router.verify(it.desire(all('blue')))).toBe('converged');
  });

  it('does not let them contradict Route 53 for more than five minutes', async () => {
    const it = witnesses(() => []);
    await it.shift(all('blue'));

    expect(await secondsUntilConverged(it, 'blue')).toBe(300);
  });

  it('does without those that can not be reached', async () => {
    const it = witnesses((which) => (which === 'ns-2.awsdns-02.net' ? null : undefined));
    await it.shift(all('blue'));
    expect(await secondsUntilConverged(it, 'blue')).toBe(20);

    const none = witnesses(() => null);
    await none.shift(all('blue'));
    expect(await secondsUntilConverged(none, 'blue')).toBe(20);
  });

  it('asks nobody about a private zone', async () => {
    const it = witnesses(() => []);
    it.fake.isPrivate = true;
    await it.shift(all('blue'));

    expect(await secondsUntilConverged(it, 'blue')).toBe(20);
    expect(it.asked).toEqual([]);
  });
});

describe('getting ready for a shift', () => {
  it('lowers the TTL, waits the old one out, and puts it back', async () => {
    const { fake, clock, router, desire, lease, shift } = prepare({ ttl: '60s', lowerTtlTo: '5s' });
    await shift(all('blue'));
    await clock.advance(300_000);
    const desired = desire({ blue: 0, green: 100 });
    const ttls = () => fake.records(name).map(({ TTL }) => TTL);

    expect(await router.readiness?.(desired)).toMatchObject({
      status: 'unprepared',
      reason: expect.stringMatching(/60s.*5s/),
    });
    await router.prepare?.(desired, lease());
    expect(ttls()).toEqual([5]);
    expect(await router.readiness?.(desired)).toMatchObject({
      status: 'pending',
      reason: expect.stringMatching(/name servers/),
    });
    await clock.advance(20_000);
    expect(await router.readiness?.(desired)).toMatchObject({
      status: 'pending',
      reason: expect.stringMatching(/old TTL.* 61s$/),
      retryAfterSeconds: 60,
    });
    await clock.advance(60_000);
    expect(await router.readiness?.(desired)).toMatchObject({
      status: 'pending',
      retryAfterSeconds: 1,
    });
    await clock.advance(1000);
    expect(await router.readiness?.(desired)).toMatchObject({ status: 'ready' });

    await shift(all('green'));
    expect(ttls()).toEqual([5]);
    await router.tidy?.(lease());
    expect(ttls()).toEqual([60]);
    const calls = fake.commands().length;
    await router.tidy?.(lease());
    expect(fake.commands().slice(calls)).toEqual(['ListResourceRecordSets']);
  });

  it('prepares once where the answer was lost', async () => {
    const { fake, router, desire, lease, shift } = prepare({ lowerTtlTo: '5s' });
    await shift(all('blue'));
    fake.loseAnswer('ChangeResourceRecordSets');
    const desired = desire(all('green'));
    await expect(router.prepare?.(desired, lease())).rejects.toEqual(
      named('RouterUnavailableError'),
    );
    await router.prepare?.(desired, lease());

    expect(fake.commands().filter((call) => call === 'ChangeResourceRecordSets')).toHaveLength(2);
  });

  it('has nothing to lower on aliases', async () => {
    const { clock, router, desire, shift } = prepare({ lowerTtlTo: '5s' });
    await shift(all('blue'), [balancer('blue')]);
    await clock.advance(300_000);

    const desired = desire(all('green'), [balancer('blue'), balancer('green')]);
    expect(await router.readiness?.(desired)).toMatchObject({ status: 'ready' });
  });

  it("says that somebody's record set keeps the TTL up, and leaves it", async () => {
    const { router, desire, lease, shift, fake, create } = prepare({ ttl: '5s', lowerTtlTo: '1s' });
    create(weighted('theirs', 0, '192.0.2.8', 300), weighted('blue', 1, '192.0.2.1', 300));
    await shift(all('blue'));

    await expect(router.readiness?.(desire(all('green')))).rejects.toEqual(
      named('RouteUnreadyError', /"theirs" of weight 0.*300s/),
    );
    await router.tidy?.(lease());
    expect(fake.records(name).map(({ TTL }) => TTL)).toEqual([300, 300]);
  });

  it('refuses a green that records could not lead to', async () => {
    const { router, desire, shift } = prepare();
    await shift(all('blue'));
    const sides = [blue, server('green', '2001:db8::2')];

    await expect(router.readiness?.(desire(all('green'), sides))).rejects.toEqual(
      named('RouteUnreadyError', /green does not say/),
    );
  });

  it('refuses to leave clients of another type behind', async () => {
    const { router, desire, shift, create } = prepare();
    await shift(all('blue'));
    const six = { ...simple('2001:db8::1'), Type: 'AAAA' as const };
    create(six as never);

    await expect(router.readiness?.(desire(all('green')))).rejects.toEqual(
      named('RouteUnreadyError', /AAAA records too/),
    );
  });

  it.each([
    ['both', 'h1', 'pending'],
    ['both', 'h2', 'pending'],
    ['green', 'h1', 'ready'],
    ['green', 'h2', 'pending'],
    ['none', 'h2', 'ready'],
  ])('looks at the health of %s: %s ill is %s', async (healthChecks, ill, status) => {
    const { fake, router, desire, shift } = prepare({ healthChecks });
    const sides = [
      server('blue', '192.0.2.1', { healthCheckId: 'h1' }),
      server('green', '192.0.2.2', { healthCheckId: 'h2' }),
    ];
    const well = Array(16).fill('Success: HTTP Status Code 200, OK');
    fake.setHealth('h1', well);
    fake.setHealth('h2', well);
    await shift(all('blue'), sides);
    expect(await router.readiness?.(desire(all('green'), sides))).toMatchObject({
      status: 'ready',
    });
    fake.setHealth(ill, Array(16).fill('Failure: timed out'));

    const readiness = await router.readiness?.(desire(all('green'), sides));

    expect(readiness).toMatchObject({ status });
    if (status === 'pending') expect(readiness?.reason).toMatch(/0 of 16 .*timed out/);
  });

  it.each([
    [2, 'pending'],
    [3, 'ready'],
  ])(
    'takes more than 18 of 100 checkers for healthy, as Route 53 does: %s of 16',
    async (good, status) => {
      const { fake, router, desire, shift } = prepare();
      await shift(all('blue'));
      const sides = [blue, server('green', '192.0.2.2', { healthCheckId: 'h2' })];
      const bad = Array(16 - good).fill('Failure: no');
      fake.setHealth('h2', [...Array(good).fill('Success: yes'), ...bad]);

      expect(await router.readiness?.(desire(all('green'), sides))).toMatchObject({ status });
    },
  );

  it.each([
    ['calculated', 'RouteUnreadyError', /healthChecks: none/],
    [undefined, 'ConfigInvalidError', /no health check/],
  ])('says why a check can not be looked at: %s', async (reports, error, reason) => {
    const { fake, router, desire, shift } = prepare();
    await shift(all('blue'));
    const sides = [blue, server('green', '192.0.2.2', { healthCheckId: 'h2' })];
    if (reports) fake.setHealth('h2', 'calculated');

    await expect(router.readiness?.(desire(all('green'), sides))).rejects.toEqual(
      named(error, reason),
    );
  });
});

describe('letting a side go (rule 8)', () => {
  it('waits until no resolver can have an answer that leads there', async () => {
    const { clock, router, lease, shift } = prepare({ ttl: '60s' });
    await shift(all('blue'));
    await clock.advance(300_000);
    await shift(all('green'));
    await clock.advance(90_000);
    expect(await router.detach?.(blue, lease())).toBe('pending');
    await clock.advance(31_000);

    expect(await router.detach?.(blue, lease())).toBe('detached');
  });

  it('refuses while it has a share, also one that it got since it was looked at', async () => {
    const { fake, router, lease, shift, create } = prepare();
    await shift({ blue: 99, green: 1 });
    await expect(router.detach?.(green, lease())).rejects.toEqual(
      named('EnvironmentInUseError', /1%/),
    );

    await shift(all('blue'));
    fake.before('ListResourceRecordSets', () => {});
    fake.before('ListResourceRecordSets', () => create(weighted('other', 1, '192.0.2.2')));
    await expect(router.detach?.({ ...green, id: 'other' }, lease())).rejects.toEqual(
      named('EnvironmentInUseError'),
    );
  });

  it('removes a record set of weight 0, and forgets what the marker kept', async () => {
    const { fake, clock, router, lease, shift, marker, create } = prepare();
    create(weighted('old', 0, '192.0.2.8'), weighted('blue', 1, '192.0.2.1'));
    await shift(all('green'));
    expect(marker()).toMatch(/parked=blue/);
    await clock.advance(600_000);

    expect(await router.detach?.({ ...blue, id: 'old' }, lease())).toBe('detached');
    expect(await router.detach?.(blue, lease())).toBe('detached');
    expect(fake.records(name)).toMatchObject([{ SetIdentifier: 'green' }]);
    expect(marker()).not.toMatch(/parked/);
  });

  it('is done where somebody else has done it between the look and the write', async () => {
    const { fake, clock, router, lease, shift } = prepare();
    await shift(all('blue'));
    await shift(all('green'));
    await clock.advance(600_000);
    const delayed = fake.delayNext('ChangeResourceRecordSets');
    await expect(router.detach?.(blue, lease(-1))).rejects.toEqual(named('LeaseExpiredError'));
    const first = expect(router.detach?.(blue, lease(1000))).rejects.toThrow(/lease ended/);
    await clock.advance(1001);
    await first;
    fake.before('ChangeResourceRecordSets', () => void delayed.takeEffect());

    expect(await router.detach?.(blue, lease())).toBe('detached');
    expect((await router.read()).weights).toEqual(all('green'));
  });
});
