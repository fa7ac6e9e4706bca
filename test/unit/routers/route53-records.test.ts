import { describe, expect, it } from 'vitest';
import { fakeEnvironment } from '../../support/fakes/router.ts';
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

describe('reading records', () => {
  it('gives the shares of weighted sets, whoever made them', async () => {
    const { router, create } = prepare();
    create(weighted('old', 3, '192.0.2.1'), weighted('odd', 1, '192.0.2.9'));

    expect((await router.read()).weights).toEqual({ old: 75, odd: 25 });
  });

  it('does not overlook a share of less than half a percent, and overlooks one of nothing', async () => {
    const { router, create } = prepare();
    create(
      weighted('old', 255, '192.0.2.1'),
      weighted('odd', 1, '192.0.2.9'),
      weighted('off', 0, '192.0.2.8'),
    );

    expect((await router.read()).weights).toEqual({ old: 99, odd: 1 });
  });

  it('gives all the same where all have weight 0, as Route 53 does', async () => {
    const { router, create } = prepare();
    create(weighted('a', 0, '192.0.2.1'), weighted('b', 0, '192.0.2.2'));

    expect((await router.read()).weights).toEqual({ a: 50, b: 50 });
  });

  it('names a simple record by what it leads to', async () => {
    const { router, fake, create } = prepare();
    create(simple('192.0.2.1'));
    expect((await router.read()).weights).toEqual({ '192.0.2.1': 100 });

    const AliasTarget = {
      HostedZoneId: 'Z3',
      DNSName: 'dualstack.alb.aws.com.',
      EvaluateTargetHealth: true,
    };
    fake.editByHand(
      { Action: 'DELETE', ResourceRecordSet: simple('192.0.2.1') },
      { Action: 'CREATE', ResourceRecordSet: { Name: name, Type: 'A', AliasTarget } },
    );
    expect((await router.read()).weights).toEqual({ 'alb.aws.com': 100 });
  });

  it('shows that types differ, as a change by hand leaves them', async () => {
    const { router, create } = prepare({ types: ['A', 'AAAA'] });
    const six = { ...weighted('b', 1, '2001:db8::1'), Type: 'AAAA' as const };
    create(weighted('a', 1, '192.0.2.1'), six as never);

    expect((await router.read()).weights).toEqual({ a: 50, b: 50 });
  });

  it('reads page by page up to the marker', async () => {
    const { router, fake, shift } = prepare();
    await shift({ blue: 95, green: 5 });
    fake.pageSize = 1;

    expect((await router.read()).weights).toEqual({ blue: 95, green: 5 });
  });

  it('refuses records with a routing policy that it would break', async () => {
    const { router, create } = prepare();
    create({ ...simple('192.0.2.1'), SetIdentifier: 'eu', Region: 'eu-west-1' } as never);

    await expect(router.read()).rejects.toEqual(named('ConfigInvalidError', /policy of their own/));
  });

  it('moves the revision with every change of the records and of the marker', async () => {
    const { router, fake, create } = prepare();
    const revisions = [(await router.read()).revision];
    create(weighted('off', 0, '192.0.2.8'));
    revisions.push((await router.read()).revision);
    const text = { Name: `_verdigris.${name}`, Type: 'TXT' as const, TTL: 60 };
    const ResourceRecords = [{ Value: '"hello"' }];
    fake.editByHand({ Action: 'CREATE', ResourceRecordSet: { ...text, ResourceRecords } });
    revisions.push((await router.read()).revision);

    expect(new Set(revisions).size).toBe(3);
    expect(revisions[0]).toBe('none');
  });
});

describe('writing records', () => {
  it('is one batch, which takes exactly what was read and says who made it', async () => {
    const { fake, shift, marker } = prepare();
    await shift({ blue: 100 });
    const before = fake.records();
    await shift({ blue: 95, green: 5 });

    const batch = fake.calls.at(-1)?.input.ChangeBatch as {
      Comment: string;
      Changes: Record<string, unknown>[];
    };
    const deleted = batch.Changes.filter(({ Action }) => Action === 'DELETE');
    expect(batch.Comment).toBe('verdigris release=r1 epoch=4');
    expect(deleted.map(({ ResourceRecordSet }) => ResourceRecordSet)).toEqual(before);
    expect(marker()).toMatch(/^"v=1 change=2 at=\S+ release=r1 epoch=4 held=blue,/);
  });

  it('leaves no record of a side without traffic, which Route 53 might answer', async () => {
    const { fake, shift } = prepare();
    await shift({ blue: 50, green: 50 });
    await shift({ blue: 0, green: 100 });

    expect(fake.records(name)).toMatchObject([{ SetIdentifier: 'green', Weight: 100 }]);
  });

  it('goes back to a side that says nothing about itself any more (rule 5)', async () => {
    const { fake, router, shift, create } = prepare();
    create(simple('192.0.2.7', 300));
    await shift({ green: 100 });
    await shift({ '192.0.2.7': 100 }, [fakeEnvironment('192.0.2.7')]);

    expect((await router.read()).weights).toEqual({ '192.0.2.7': 100 });
    expect(fake.records(name)).toMatchObject([
      { TTL: 300, ResourceRecords: [{ Value: '192.0.2.7' }] },
    ]);
  });

  it.each(['weighted', 'single'])('takes a simple record over (mode %s)', async (mode) => {
    const { router, shift, create } = prepare({ mode });
    create(simple('192.0.2.1'));
    await shift({ green: 100 });

    expect((await router.read()).weights).toEqual({ green: 100 });
  });

  it('knows a single record by its marker, and not any more once somebody changed it', async () => {
    const { fake, router, shift } = prepare({ mode: 'single' });
    await shift({ blue: 100 });
    const [ResourceRecordSet = simple('')] = fake.records(name);
    fake.editByHand(
      { Action: 'DELETE', ResourceRecordSet },
      { Action: 'CREATE', ResourceRecordSet: simple('192.0.2.66') },
    );

    expect((await router.read()).weights).toEqual({ '192.0.2.66': 100 });
  });

  it("keeps a record's health check, and takes a new side's from its attributes", async () => {
    const { fake, shift, create } = prepare();
    create({ ...weighted('blue', 1, '192.0.2.1'), HealthCheckId: 'h1' } as never);
    const sides = [blue, server('green', '192.0.2.2', { healthCheckId: 'h2' })];
    await shift({ blue: 50, green: 50 }, sides);

    expect(fake.records(name).map(({ HealthCheckId }) => HealthCheckId)).toEqual(['h1', 'h2']);
  });

  it('keeps the name by which an alias was written, and evaluates its health as the manifest says', async () => {
    const { fake, shift, create } = prepare({ evaluateTargetHealth: true });
    const AliasTarget = {
      HostedZoneId: 'Z32O12XQLNTSW2',
      DNSName: 'dualstack.blue.eu-west-1.elb.amazonaws.com.',
      EvaluateTargetHealth: false,
    };
    create({ Name: name, Type: 'A', SetIdentifier: 'blue', Weight: 1, AliasTarget } as never);
    await shift({ blue: 50, green: 50 }, [balancer('blue'), balancer('green')]);

    expect(fake.records(name).map((set) => set.AliasTarget)).toMatchObject([
      { DNSName: AliasTarget.DNSName, EvaluateTargetHealth: true },
      { DNSName: 'green.eu-west-1.elb.amazonaws.com.', EvaluateTargetHealth: true },
    ]);
  });

  it('changes several types together', async () => {
    const { fake, router, shift } = prepare({ types: ['A', 'AAAA'] });
    await shift({ blue: 100 }, [server('blue', '192.0.2.1,2001:db8::1')]);
    await shift({ green: 100 }, [balancer('green')]);

    expect((await router.read()).weights).toEqual({ green: 100 });
    expect(fake.records(name)).toMatchObject([
      { Type: 'A', AliasTarget: { DNSName: 'green.eu-west-1.elb.amazonaws.com.' } },
      { Type: 'AAAA', AliasTarget: { HostedZoneId: 'Z32O12XQLNTSW2' } },
    ]);
  });

  it('refuses to share traffic between sides of different types', async () => {
    const { shift } = prepare({ types: ['A', 'AAAA'] });
    const sides = [server('blue', '192.0.2.1,2001:db8::1'), green];

    await expect(shift({ blue: 50, green: 50 }, sides)).rejects.toEqual(
      named('RequestInvalidError', /same types/),
    );
  });

  it("leaves somebody's record sets of weight 0 alone, and takes their TTL", async () => {
    const { fake, shift, create } = prepare();
    create(weighted('theirs', 0, '192.0.2.8', 300), weighted('old', 1, '192.0.2.9', 300));
    await shift({ green: 100 });

    expect(fake.records(name)).toMatchObject([
      { SetIdentifier: 'theirs', Weight: 0 },
      { SetIdentifier: 'green', TTL: 300 },
    ]);
  });

  it('takes their TTL also where what is live has none', async () => {
    const { fake, shift, create } = prepare({ ttl: '60s' });
    const { dnsName: DNSName, hostedZoneId: HostedZoneId } = balancer('blue').attributes;
    const AliasTarget = { DNSName, HostedZoneId, EvaluateTargetHealth: false };
    const live = { Name: name, Type: 'A', SetIdentifier: 'blue', Weight: 1, AliasTarget };
    create(weighted('theirs', 0, '192.0.2.8', 300), live as never);
    await shift({ green: 100 });

    expect(fake.records(name)).toMatchObject([{}, { SetIdentifier: 'green', TTL: 300 }]);
  });

  it('says what an environment would have to say about itself', async () => {
    const { shift } = prepare();

    await expect(shift({ blue: 100 }, [fakeEnvironment('blue')])).rejects.toEqual(
      named('RequestInvalidError', /hostedZoneId, or ipAddresses for A/),
    );
  });

  it('does not leave a side whose name would not fit on the way back', async () => {
    const { shift, create } = prepare();
    const long = Array.from({ length: 12 }, (_, index) => ({ Value: `192.0.2.${100 + index}` }));
    create({ ...simple(''), ResourceRecords: long });

    await expect(shift({ green: 100 })).rejects.toEqual(named('RequestInvalidError', /longer/));
  });

  it('does not put a single record beside weighted ones', async () => {
    const { shift, create } = prepare({ mode: 'single' });
    create(weighted('theirs', 0, '192.0.2.8'), weighted('old', 1, '192.0.2.9'));

    await expect(shift({ green: 100 })).rejects.toEqual(named('RequestInvalidError', /theirs/));
  });

  it('forgets the oldest sides before a marker gets too long', async () => {
    const { fake, shift, marker } = prepare({ types: ['A', 'AAAA'] });
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const addresses = Array.from({ length: 80 }, (_, index) => `192.0.2.${index}`).join(',');
      await shift({ [id]: 100 }, [server(id, addresses)]);
    }

    expect(marker().length).toBeLessThan(4000);
    expect(marker()).toMatch(/parked=e,A/);
    expect(fake.records(name)).toMatchObject([{ SetIdentifier: 'f' }]);
  });
});

describe('a change that somebody else made first (rule 9)', () => {
  it.each([
    ['the records', () => weighted('blue', 100, '192.0.2.1')],
    ['the marker', null],
  ])('is found by Route 53 between the look and the write: %s', async (_, makeSet) => {
    const { fake, router, shift, change } = prepare();
    await shift({ blue: 100 });
    const live = await router.read();
    fake.before('ChangeResourceRecordSets', () => {
      const [record] = fake.records(makeSet ? name : `_verdigris.${name}`);
      if (!record) throw new Error('there is no record');
      const ResourceRecordSet = makeSet ? { ...makeSet(), Weight: 7 } : { ...record, TTL: 7 };
      fake.editByHand(
        { Action: 'DELETE', ResourceRecordSet: record },
        { Action: 'CREATE', ResourceRecordSet },
      );
    });

    await expect(change(live, { green: 100 })).rejects.toEqual(named('RouteConflictError', 'else'));
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it('is found where there was nothing before', async () => {
    const { fake, router, shift, create } = prepare();
    fake.before('ChangeResourceRecordSets', () => create(simple('192.0.2.66')));

    await expect(shift({ blue: 100 })).rejects.toEqual(named('RouteConflictError', /192.0.2.66/));
    expect((await router.read()).weights).toEqual({ '192.0.2.66': 100 });
  });

  it('is found though all is as it was again, where Verdigris made it', async () => {
    const { router, change, shift } = prepare();
    const stale = await shift({ blue: 100 });
    await shift({ green: 100 });
    await shift({ blue: 100 });

    await expect(change(stale, { green: 100 })).rejects.toEqual(named('RouteConflictError'));
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });
});

describe('a change that is not allowed any more (rule 4)', () => {
  it('is refused by the marker, though it was already on its way', async () => {
    const { fake, clock, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const delayed = fake.delayNext('ChangeResourceRecordSets');
    const zombie = change(await router.read(), { green: 100 }, 1000);
    const ending = expect(zombie).rejects.toEqual(named('RouterUnavailableError', /lease ended/));
    await clock.advance(1001);
    await ending;

    const rolledBack = await shift({ blue: 100 });

    expect(await delayed.takeEffect()).toBe('InvalidChangeBatch');
    expect(await router.read()).toEqual(rolledBack);
  });

  it('is refused too where it would have made the first marker', async () => {
    const { fake, clock, router, change, shift, create } = prepare();
    create(weighted('blue', 1, '192.0.2.1'));
    const delayed = fake.delayNext('ChangeResourceRecordSets');
    const zombie = expect(change(await router.read(), { green: 100 }, 1000)).rejects.toThrow();
    await clock.advance(1001);
    await zombie;

    await shift({ blue: 100 });

    expect(await delayed.takeEffect()).toBe('InvalidChangeBatch');
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it('is refused too where there was nothing at all', async () => {
    const { fake, clock, router, change, shift } = prepare();
    const delayed = fake.delayNext('ChangeResourceRecordSets');
    const zombie = expect(change(await router.read(), { blue: 100 }, 1000)).rejects.toThrow();
    await clock.advance(1001);
    await zombie;

    await shift({ blue: 100 });
    await shift({ green: 100 });

    expect(await delayed.takeEffect()).toBe('InvalidChangeBatch');
    expect((await router.read()).weights).toEqual({ green: 100 });
  });

  it('is not sent at all after its lease', async () => {
    const { fake, clock, router, change, shift } = prepare();
    await shift({ blue: 100 });
    const live = await router.read();
    const before = fake.calls.length;

    await expect(change(live, { green: 100 }, -1)).rejects.toEqual(named('LeaseExpiredError'));
    expect(fake.calls).toHaveLength(before);

    fake.before('ListResourceRecordSets', () => clock.sleep(10_000));
    await expect(change(live, { green: 100 }, 5000)).rejects.toEqual(named('LeaseExpiredError'));
    expect(fake.commands().at(-1)).toBe('ListResourceRecordSets');
  });

  it('is found made where its answer was lost', async () => {
    const { fake, router, shift } = prepare();
    await shift({ blue: 100 });
    fake.loseAnswer('ChangeResourceRecordSets');

    await expect(shift({ green: 100 })).rejects.toEqual(named('RouterUnavailableError'));
    expect((await router.read()).weights).toEqual({ green: 100 });
  });
});

describe('what Route 53 says no with', () => {
  it.each([
    ['Throttling', 'ThrottledError', /patience/],
    ['ThrottlingException', 'ThrottledError', /patience/],
    ['PriorRequestNotComplete', 'ThrottledError', /patience/],
    ['ServiceUnavailable', 'RouterUnavailableError', /does not answer/],
    ['AccessDenied', 'ConfigInvalidError', /allow route53:ChangeResourceRecordSets/],
    ['NoSuchHostedZone', 'ConfigInvalidError', /correct the id/],
    ['InvalidChangeBatch', 'RequestInvalidError', /does not take/],
  ])('%s of a change is %s', async (theirs, ours, reason) => {
    const { fake, router, shift } = prepare();
    await shift({ blue: 100 });
    fake.failNext('ChangeResourceRecordSets', theirs, 'no');

    await expect(shift({ green: 100 })).rejects.toEqual(named(ours, reason));
    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it.each(['Throttling', 'ServiceUnavailable'])('%s of a read', async (error) => {
    const { fake, router } = prepare();
    fake.failNext('ListResourceRecordSets', error);

    await expect(router.read()).rejects.toMatchObject({ isRetryable: true });
  });

  it('is asked for patience while a zone is at work', async () => {
    const { fake, shift } = prepare();
    fake.processingMs = 500;
    await shift({ blue: 100 });

    await expect(shift({ green: 100 })).rejects.toEqual(named('ThrottledError', /prior request/));
  });
});
