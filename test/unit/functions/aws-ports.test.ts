import { describe, expect, it } from 'vitest';
import {
  createAwsPorts,
  createSecretsOpener,
  createTokenReader,
  readStateMachineArns,
} from '../../../lib/platform/aws.ts';
import { silentLogger } from '../../../lib/release/logger.ts';

const arn = (machine: string) =>
  `arn:aws:states:eu-central-1:123456789012:stateMachine:v-${machine}`;
const topic = 'arn:aws:sns:eu-central-1:123456789012:v-events';
const variables = {
  AWS_REGION: 'eu-central-1',
  VERDIGRIS_TABLE: 'verdigris-test',
  VERDIGRIS_RELEASE_ARN: arn('release'),
  VERDIGRIS_ROLLBACK_ARN: arn('rollback'),
  VERDIGRIS_RETIRE_ARN: arn('retire'),
  VERDIGRIS_EVENTS_TOPIC_ARN: topic,
};
const create = (changes: Record<string, string | undefined> = {}) =>
  createAwsPorts({ ...variables, ...changes }, silentLogger);
const invalid = (message: RegExp) =>
  expect.objectContaining({
    name: 'ConfigInvalidError',
    message: expect.stringMatching(message),
  });

describe("the AWS platform's ports", () => {
  it('name the environment variable that is missing', () => {
    expect(() => create({ VERDIGRIS_RETIRE_ARN: undefined })).toThrow(
      invalid(/VERDIGRIS_RETIRE_ARN is missing/),
    );
    expect(() => create({ VERDIGRIS_TABLE: '' }).ledger).toThrow(
      invalid(/VERDIGRIS_TABLE is missing; it needs the name of the ledger's DynamoDB table/),
    );
  });

  it('refuse an ARN that is no state machine', () => {
    expect(() => create({ VERDIGRIS_RELEASE_ARN: topic })).toThrow(
      invalid(/"arn:aws:sns:.*state machine/),
    );
  });

  it('are made without a table, for a function that needs no ledger', () => {
    expect(create({ VERDIGRIS_TABLE: undefined }).adapters).toBeDefined();
  });

  it('have one ledger and one engine for as long as the container lives', () => {
    const ports = create();

    expect(ports.ledger).toBe(ports.ledger);
    expect(ports.engine).toBe(ports.engine);
  });

  it('tell the bus of every release, and the topic where there is one', () => {
    const bus = { kind: 'eventbridge' };

    expect(create().adapters.standingNotifiers).toEqual([bus, { kind: 'sns', topic }]);
    const without = create({ VERDIGRIS_EVENTS_TOPIC_ARN: undefined });
    expect(without.adapters.standingNotifiers).toEqual([bus]);
  });

  it('make the notifiers that stand and those that a manifest names', async () => {
    const { adapters } = create();

    for (const config of [...adapters.standingNotifiers, { kind: 'sns', topic: 'by-its-name' }]) {
      expect(await adapters.notifier(config)).toHaveProperty('send');
    }
  });

  it('look at CloudWatch where a manifest names no signals', () => {
    expect(create().adapters.signal(null, 'storefront')).toHaveProperty('firing');
  });

  it('measure what the router leads to where a manifest names no metrics', () => {
    const { adapters } = create();
    const router = { kind: 'lambda-alias', functionName: 'storefront', alias: 'live' };

    expect(adapters.metrics(null, 'storefront', router)).toHaveProperty('samples');
  });

  it('say which part the manifest lacks when the router does not tell', () => {
    const { adapters } = create();

    expect(() => adapters.metrics(null, 'storefront', { kind: 'other' })).toThrow(
      invalid(/no metrics of storefront for a router of kind other; .*metrics: \{ kind/),
    );
  });

  it('make every part of a Lambda service', async () => {
    const { adapters } = create();
    const functionName = 'storefront';

    expect(
      await adapters.router({ kind: 'lambda-alias', functionName, alias: 'live' }, 's'),
    ).toHaveProperty('read');
    expect(
      await adapters.environment({ kind: 'lambda-version', functionName }, 's'),
    ).toHaveProperty('provision');
    expect(
      await adapters.check({ kind: 'lambda-invoke', functionName, expect: { status: 200 } }),
    ).toHaveProperty('run');
  });

  it.each([{ kind: 'parity' }, { kind: 'secrets', names: ['payments'] }, { kind: 'security' }])(
    'make a check of %j',
    async (config) => {
      expect(await create().adapters.check(config)).toHaveProperty('run');
    },
  );

  it('make the router of a load balancer', async () => {
    const listenerArn =
      'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shop/0a1b/2c3d';

    expect(
      await create().adapters.router({ kind: 'alb-listener', listenerArn }, 's'),
    ).toHaveProperty('read');
  });

  it('make a router over the records of a name', async () => {
    const { adapters } = create();
    const config = { kind: 'route53-records', hostedZoneId: 'Z1', name: 'shop.example.com' };

    expect((await adapters.router(config, 's')).facts.isConditional).toBe(true);
  });

  it('refuse a manifest that compares what nobody measures', async () => {
    const { adapters } = create();
    const manifest = {
      service: 'storefront',
      environment: { kind: 'prebuilt' },
      router: { kind: 'api-gateway-mapping', domainName: 'api.example.com' },
    };
    const watch = { compare: { errorRate: { max: '2x' } } };

    expect((await adapters.parseManifest(manifest)).service).toBe('storefront');
    await expect(adapters.parseManifest({ ...manifest, watch })).rejects.toMatchObject({
      name: 'ManifestInvalidError',
      message: expect.stringMatching(/^metrics: is missing; .* api-gateway-mapping .*alarms/),
    });
  });

  it('refuse a kind that only another platform has', async () => {
    const { adapters } = create();

    await expect(
      adapters.router({ kind: 'local-proxy', port: 8080 }, 'storefront'),
    ).rejects.toMatchObject({ name: 'KindUnavailableError' });
  });
});

describe('what else the environment says', () => {
  it('has every machine by its ARN', () => {
    expect(readStateMachineArns(variables)).toEqual({
      release: arn('release'),
      rollback: arn('rollback'),
      retire: arn('retire'),
    });
  });

  it('names the variable of the secrets when it is missing, and needs none before that', () => {
    const open = createSecretsOpener(variables);

    expect(open).toThrow(invalid(/VERDIGRIS_SECRETS_PREFIX is missing; .*verdigris\/dev\//));
    const opened = createSecretsOpener({
      ...variables,
      VERDIGRIS_SECRETS_PREFIX: 'verdigris/dev/',
    });
    expect(opened()).toBe(opened());
  });

  it("names the variable of the token's secret when it is missing", async () => {
    await expect(createTokenReader(variables)()).rejects.toEqual(
      invalid(/VERDIGRIS_TOKEN_SECRET_ARN is missing/),
    );
  });
});
