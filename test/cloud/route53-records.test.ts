import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { afterEach, describe, expect, it } from 'vitest';
import { createRoute53RecordsRouter } from '../../lib/routers/route53-records/router.ts';
import { routerContract } from '../contract/router-contract.ts';
import { emulators } from '../support/emulators.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { balancer, server } from '../unit/routers/route53-records-harness.ts';

let zones = 0;

/** A hosted zone of its own on that endpoint. */
async function createZone(endpoint: string) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const route53 = new Route53Client({ endpoint, region: 'us-east-1', credentials });
  zones += 1;
  const name = `shop${process.pid}-${zones}.example.com`;
  const command = new CreateHostedZoneCommand({ Name: name, CallerReference: name });
  const { HostedZone } = await route53.send(command);
  return { route53, name, hostedZoneId: (HostedZone?.Id ?? '').replace('/hostedzone/', '') };
}

/** A router over a zone, on a clock that passes when it is told to. */
async function prepare(endpoint: string, keys: Record<string, unknown>) {
  const zone = await createZone(endpoint);
  const { route53, name, hostedZoneId } = zone;
  const clock = createVirtualClock();
  const router = createRoute53RecordsRouter(
    { kind: 'route53-records', hostedZoneId, name, ...keys },
    { route53, clock, timers: clock },
  );
  return {
    ...zone,
    router,
    nowMs: () => clock.now(),
    async settle() {
      // The emulator says PENDING once and INSYNC from then on.
      await router.verify({ weights: (await router.read()).weights, environments: [] });
      await clock.advance(600_000);
    },
    stop: async () => route53.destroy(),
  };
}

const servers = {
  blue: server('blue', '192.0.2.1,2001:db8::1'),
  green: server('green', '192.0.2.2,2001:db8::2'),
};
const balancers = { blue: balancer('blue'), green: balancer('green') };

const kinds = [
  ['of two types', { types: ['A', 'AAAA'], lowerTtlTo: '5s' }, servers],
  ['of aliases', {}, balancers],
  ['of a single address', { mode: 'single', lowerTtlTo: '5s' }, servers],
] as const;

for (const [what, keys, sides] of kinds) {
  routerContract(`route53-records ${what} on MiniStack`, async () => ({
    ...(await prepare(emulators.ministack, keys)),
    ...sides,
  }));
}

/** What an emulator can't do, by its name. */
type Reasons = Record<string, string>;

const noWayBack: Reasons = {
  moto: 'moto 5.2.5 takes no record set that is the same as one its zone once had',
};
const noComparison: Reasons = {
  moto: 'moto 5.2.5 takes a DELETE of whatever its zone once had, not only of what it has',
};
const noHealth: Reasons = { ministack: 'MiniStack 1.5.33 has no GetHealthCheckStatus' };

describe.each(Object.entries(emulators))('records on %s', (emulator, endpoint) => {
  let subject: Awaited<ReturnType<typeof prepare>>;
  afterEach(() => subject.stop());

  const environments = Object.values(servers);
  const lease = () => ({ releaseId: 'r', epoch: 1, deadlineMs: subject.nowMs() + 10_000 });
  const shift = async (weights: Record<string, number>, ids = environments) => {
    const { router } = subject;
    return router.apply(router.plan(await router.read(), { weights, environments: ids }), lease());
  };
  const records = async () => {
    const { route53, hostedZoneId: HostedZoneId, name } = subject;
    const { ResourceRecordSets = [] } = await route53.send(
      new ListResourceRecordSetsCommand({ HostedZoneId }),
    );
    return ResourceRecordSets.filter(({ Name, Type }) => Name === `${name}.` && Type === 'A');
  };
  const edit = async (...changes: ['CREATE' | 'DELETE' | 'UPSERT', ResourceRecordSet][]) => {
    const Changes = changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet }));
    const { route53, hostedZoneId: HostedZoneId } = subject;
    await route53.send(
      new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }),
    );
  };
  const simple = (Value: string) => {
    const ResourceRecords = [{ Value }];
    return { Name: subject.name, Type: 'A' as const, TTL: 300, ResourceRecords };
  };

  it('take a simple record over, share its traffic, and leave it', async () => {
    subject = await prepare(endpoint, {});
    const { router } = subject;
    await edit(['CREATE', simple('192.0.2.7')]);
    expect((await router.read()).weights).toEqual({ '192.0.2.7': 100 });

    const shared = await shift({ '192.0.2.7': 95, green: 5 }, [
      ...environments,
      server('192.0.2.7', ''),
    ]);
    expect(await router.read()).toEqual(shared);
    expect(await records()).toMatchObject([
      { SetIdentifier: '192.0.2.7', Weight: 95, TTL: 300 },
      { SetIdentifier: 'green', Weight: 5, TTL: 300 },
    ]);

    expect(await shift({ green: 100 })).toEqual(await router.read());
    expect(await records()).toMatchObject([{ SetIdentifier: 'green', Weight: 100 }]);
  });

  it('go back to what the marker kept', async ({ skip }) => {
    skip(emulator in noWayBack, noWayBack[emulator]);
    subject = await prepare(endpoint, { mode: 'single' });
    await edit(['CREATE', simple('192.0.2.7')]);
    const before = await records();
    await shift({ green: 100 });
    await shift({ '192.0.2.7': 100 }, [server('192.0.2.7', '')]);

    expect(await records()).toEqual(before);
  });

  it('are not overwritten when somebody changes them between the look and the write', async ({
    skip,
  }) => {
    skip(emulator in noComparison, noComparison[emulator]);
    subject = await prepare(endpoint, {});
    const { router, route53 } = subject;
    await shift({ blue: 100 });
    const live = await router.read();
    const send = route53.send.bind(route53) as (command: unknown, options?: unknown) => unknown;
    let isEdited = false;
    Object.assign(route53, {
      async send(command: unknown, options?: unknown) {
        if (command instanceof ChangeResourceRecordSetsCommand && !isEdited) {
          isEdited = true;
          const [record = simple('')] = await records();
          await edit(['UPSERT', { ...record, ResourceRecords: [{ Value: '192.0.2.66' }] }]);
        }
        return send(command, options);
      },
    });
    const desired = { weights: { green: 100 }, environments };

    const attempt = router.apply(router.plan(live, desired), lease());
    await expect(attempt).rejects.toMatchObject({ name: 'RouteConflictError' });
    expect(await records()).toMatchObject([{ ResourceRecords: [{ Value: '192.0.2.66' }] }]);
  });

  it('wait for health checks', async ({ skip }) => {
    skip(emulator in noHealth, noHealth[emulator]);
    subject = await prepare(endpoint, {});
    const { router, route53, name } = subject;
    const { HealthCheck } = await route53.send(
      new CreateHealthCheckCommand({
        CallerReference: name,
        HealthCheckConfig: { Type: 'HTTP', IPAddress: '192.0.2.2', Port: 80 },
      }),
    );
    const sides = [
      servers.blue,
      server('green', '192.0.2.2', { healthCheckId: HealthCheck?.Id ?? '' }),
    ];
    await shift({ blue: 100 });

    const desired = { weights: { green: 100 }, environments: sides };
    expect(await router.readiness?.(desired)).toMatchObject({ status: 'ready' });
  });
});
