import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createObjectFiles } from '../checks/files/objects.ts';
import { type Machine, machines } from '../engine/engine.ts';
import { createStepFunctionsEngine } from '../engine/step-functions.ts';
import { createEnvironment } from '../environments/index.ts';
import { createDynamoLedger } from '../ledger/dynamodb.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createNotifier, type NotifierDeps } from '../notifiers/index.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig } from '../release/json.ts';
import type { Logger } from '../release/logger.ts';
import type { Manifest } from '../release/manifest.ts';
import { createKeyValueStoreClient } from '../routers/cloudfront-origin/key-value-store-client.ts';
import { createRouter } from '../routers/index.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { defaultCloudWatchMetrics } from '../signals/cloudwatch-metrics.ts';
import { createMetricSource, createSignal } from '../signals/index.ts';
import type { Adapters, Ports } from '../steps/ports.ts';
import { openApprovalLinks } from './approval-links.ts';
import { randomIds, systemClock } from './clock.ts';
import { createNotifierMemory } from './notifier-memory.ts';

/** Environment variables of a function. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The AWS platform's ports. Clients are made when they are first used, once per container; the SDK
 * itself follows AWS_ENDPOINT_URL, so that the same ports work against an emulator.
 * @throws ConfigInvalidError naming the environment variable that is missing; the ledger's when the
 * ledger is first asked for.
 */
export function createAwsPorts(
  variables: Variables,
  log: Logger,
  secrets: () => Secrets = createSecretsOpener(variables),
): Ports {
  const stateMachineArns = readStateMachineArns(variables);
  const clients = createClients();
  const ledger = once(() =>
    createDynamoLedger(
      { tableName: readVariable(variables, 'VERDIGRIS_TABLE', tableMeaning) },
      {
        client: clients.table(),
      },
    ),
  );
  const engine = once(() =>
    createStepFunctionsEngine({ stateMachineArns }, { client: clients.stepFunctions() }),
  );
  return {
    clock: systemClock,
    timers: systemClock,
    ids: randomIds,
    log,
    get engine() {
      return engine();
    },
    adapters: createAdapters(variables, { ...clients, secrets, ledger }, log),
    get ledger(): Ledger {
      return ledger();
    },
  };
}

const tableMeaning = "the name of the ledger's DynamoDB table";

/** What every client has in common. */
function clientOptions(requestTimeoutMs: number, maxAttempts: number) {
  return {
    // Waits as long as a busy provider says it wants to be left alone.
    retryMode: 'adaptive',
    maxAttempts,
    requestHandler: {
      connectionTimeout: 1000,
      requestTimeout: requestTimeoutMs,
      // Without it the timeout is a line in the log (@smithy/node-http-handler).
      throwOnRequestTimeout: true,
    },
  };
}

/** Most calls answer within milliseconds; one that does not is better tried again. */
const quick = clientOptions(5000, 4);
/** An alarm waits for the ledger. */
const ledgerCalls = clientOptions(2000, 5);
/** CloudFormation reads a template before it answers. */
const unhurried = clientOptions(10_000, 3);
/** A check's invocation answers when the function does: longer than the longest check may take. */
const patient = clientOptions(65_000, 3);

type Clients = ReturnType<typeof createClients>;

/** What is made of clients when it is first needed. */
interface Opened {
  secrets(): Secrets;
  ledger(): Ledger;
}

function createClients() {
  return {
    table: once(() => DynamoDBDocumentClient.from(new DynamoDBClient(ledgerCalls))),
    stepFunctions: once(() => new SFNClient(quick)),
    /** Routes, which users wait for. */
    routes: once(() => new LambdaClient(quick)),
    restApis: once(() => new APIGatewayClient(quick)),
    httpApis: once(() => new ApiGatewayV2Client(quick)),
    distributions: once(() => new CloudFrontClient(quick)),
    keyValueStores: once(() => createKeyValueStoreClient(quick)),
    loadBalancers: once(() => new ElasticLoadBalancingV2Client(quick)),
    /** Records, in a service that has no region. */
    records: once(() => new Route53Client(quick)),
    /** Functions, their code and their answers. */
    functions: once(() => new LambdaClient(patient)),
    stacks: once(() => new CloudFormationClient(unhurried)),
    objects: once(() => new S3Client(unhurried)),
    ecs: once(() => new ECSClient(quick)),
    autoScaling: once(() => new AutoScalingClient(quick)),
    ec2: once(() => new EC2Client(quick)),
    cloudWatch: once(() => new CloudWatchClient(quick)),
    /** Few releases ask for what was logged and traced: these clients are not even loaded before. */
    logs: once(async () => {
      const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
      return new CloudWatchLogsClient(quick);
    }),
    xray: once(async () => {
      const { XRayClient } = await import('@aws-sdk/client-xray');
      return new XRayClient(quick);
    }),
    sns: once(() => new SNSClient(quick)),
    eventBridge: once(() => new EventBridgeClient(quick)),
    mail: once(() => new SESv2Client(quick)),
    // Only some checks ask these, so that nobody else loads them.
    secretStore: once(async () => new SecretsManagerClient(quick)),
    parameters: once(async () => new (await import('@aws-sdk/client-ssm')).SSMClient(quick)),
    iam: once(async () => new (await import('@aws-sdk/client-iam')).IAMClient(quick)),
  };
}

/** Parts of deps that are only there when a kind takes them out, so that no client is made in vain. */
function createAdapters(variables: Variables, clients: Clients & Opened, log: Logger): Adapters {
  const shared = { clock: systemClock, timers: systemClock, log };
  const { secretStore: secretsManager, parameters, iam, logs, xray } = clients;
  const forChecks = {
    ...{ ...shared, ids: randomIds, files: createObjectFiles(clients.objects) },
    ...{ secretsManager, parameters, iam, logs, xray },
  };
  const functions = takingLater(forChecks, {
    lambda: clients.functions,
    cloudFormation: clients.stacks,
    s3: clients.objects,
    ecs: clients.ecs,
    autoScaling: clients.autoScaling,
    ec2: clients.ec2,
    elb: clients.loadBalancers,
    cloudWatch: clients.cloudWatch,
  });
  const routes = takingLater(shared, {
    lambda: clients.routes,
    restApis: clients.restApis,
    httpApis: clients.httpApis,
    cloudFront: clients.distributions,
    keyValueStore: clients.keyValueStores,
    loadBalancers: clients.loadBalancers,
    route53: clients.records,
  });
  const signals = {
    clock: systemClock,
    alarmsTopicArn: variables.VERDIGRIS_ALARMS_TOPIC_ARN || undefined,
    get cloudWatch() {
      return clients.cloudWatch();
    },
    get reportedAlarms() {
      return { ledger: clients.ledger(), clock: systemClock };
    },
    prometheus: takingLater({ ...shared, fetch }, { secrets: clients.secrets }),
  };
  const notifiers = createNotifierDeps(variables, clients, log);
  return {
    async parseManifest(source) {
      const [{ manifestKinds }, { parseManifest }] = await Promise.all([
        import('./kinds.ts'),
        import('../release/manifest.ts'),
      ]);
      return withFigures(parseManifest(source, manifestKinds));
    },
    environment: (config, service) => createEnvironment(config, service, functions),
    router: (config, service) => createRouter(config, service, routes),
    async check(config) {
      const { createCheck } = await import('../checks/index.ts');
      return createCheck(config, functions);
    },
    signal: (config, service) =>
      createSignal(config ?? { kind: 'cloudwatch-alarms' }, service, signals),
    metrics: (config, service, router) =>
      createMetricSource(config ?? defaultMetrics(service, router), service, signals),
    notifier: (config) => createNotifier(config, notifiers),
    get secrets() {
      return clients.secrets();
    },
    standingNotifiers: standingNotifiers(variables),
  };
}

type Made<Later extends Record<string, () => unknown>> = {
  readonly [Name in keyof Later]: ReturnType<Later[Name]>;
};

/** These parts, and others that are only made when they are looked at. */
function takingLater<Shared extends object, Later extends Record<string, () => unknown>>(
  shared: Shared,
  later: Later,
): Shared & Made<Later> {
  const getters = Object.entries(later).map(([name, get]) => [name, { get, enumerable: true }]);
  return Object.defineProperties({ ...shared }, Object.fromEntries(getters)) as Shared &
    Made<Later>;
}

function createNotifierDeps(
  variables: Variables,
  { sns, eventBridge, mail, secrets, ledger }: Clients & Opened,
  log: Logger,
): NotifierDeps {
  const topic = variables.VERDIGRIS_EVENTS_TOPIC_ARN;
  const consoleUrl = variables.VERDIGRIS_CONSOLE_URL?.replace(/\/+$/, '');
  const shared: NotifierDeps = {
    log,
    clock: systemClock,
    timers: systemClock,
    fetch,
    memory: createNotifierMemory(ledger, systemClock),
    approvalLinks: openApprovalLinks(() => ({
      ...{ ledger: ledger(), secrets: secrets(), clock: systemClock, ids: randomIds },
      consoleUrl: () => consoleUrl || undefined,
    })),
    eventBus: variables.VERDIGRIS_EVENT_BUS || 'default',
    ...(topic ? { eventsTopicArn: topic } : {}),
    ...(consoleUrl ? { consoleUrl } : {}),
  };
  return takingLater(shared, { sns, eventBridge, ses: mail, secrets });
}

/** Every release is told to the platform's bus and, where there is one, its topic. */
function standingNotifiers(variables: Variables): AdapterConfig[] {
  const topic = variables.VERDIGRIS_EVENTS_TOPIC_ARN;
  const bus: AdapterConfig = { kind: 'eventbridge' };
  return topic ? [bus, { kind: 'sns', topic }] : [bus];
}

/**
 * A manifest that compares has to say where the figures are, unless its router has some of its own.
 * @throws ManifestInvalidError
 */
function withFigures(manifest: Manifest): Manifest {
  const { watch, metrics, router, slo } = manifest;
  const needsFigures = Object.keys(watch.compare).length > 0 || slo !== undefined;
  if (!needsFigures || metrics || defaultCloudWatchMetrics(router)) return manifest;
  const reason = `is missing; watch.compare and slo need figures of blue and green, and there are none for a router of kind ${router.kind} unless you name them. Leave them out and name alarms in watch.alarms instead`;
  const issues = [{ path: 'metrics', reason }];
  throw new VerdigrisError('ManifestInvalidError', `metrics: ${reason}`, { details: { issues } });
}

function defaultMetrics(service: string, router: AdapterConfig): AdapterConfig {
  const found = defaultCloudWatchMetrics(router);
  if (found) return found;
  throw new VerdigrisError(
    'ConfigInvalidError',
    `there are no metrics of ${service} for a router of kind ${router.kind}; say in the manifest where they are (metrics: { kind: … }), or compare nothing (no watch.compare)`,
  );
}

/**
 * Reads the API's token from Secrets Manager, which is asked with every call.
 * @throws ConfigInvalidError when the variable is missing, and whatever the SDK throws.
 */
export function createTokenReader(variables: Variables): () => Promise<string> {
  const name = 'VERDIGRIS_TOKEN_SECRET_ARN';
  const client = once(() => new SecretsManagerClient(quick));
  return async () => {
    const SecretId = readVariable(
      variables,
      name,
      'the ARN of the secret that holds the API token',
    );
    const { SecretString } = await client().send(new GetSecretValueCommand({ SecretId }));
    return (SecretString ?? '').trim();
  };
}

/**
 * The secrets of this stage: those whose names begin with `VERDIGRIS_SECRETS_PREFIX`. Made with the
 * first call.
 * @throws ConfigInvalidError when the variable is missing.
 */
export function createSecretsOpener(variables: Variables): () => Secrets {
  return once(() => {
    const meaning = "what this stage's secrets begin with, such as verdigris/dev/";
    const prefix = readVariable(variables, 'VERDIGRIS_SECRETS_PREFIX', meaning);
    const loaded = once(async () => {
      const { createSecretsManagerSecrets } = await import('../secrets/secrets-manager.ts');
      const client = new SecretsManagerClient(quick);
      return createSecretsManagerSecrets({ prefix }, { client, clock: systemClock });
    });
    return { read: async (name, options) => (await loaded()).read(name, options) };
  });
}

/** `VERDIGRIS_RELEASE_ARN`, `VERDIGRIS_ROLLBACK_ARN` and `VERDIGRIS_RETIRE_ARN`. */
export function readStateMachineArns(variables: Variables): Record<Machine, string> {
  const arns = machines.map((machine) => {
    const name = `VERDIGRIS_${machine.toUpperCase()}_ARN`;
    const meaning = `the ARN of the ${machine} state machine`;
    const arn = readVariable(variables, name, meaning);
    if (arn.includes(':stateMachine:')) return [machine, arn];
    throw badVariable(name, `"${arn}"`, meaning);
  });
  return Object.fromEntries(arns);
}

/** Name of the function that runs checks outside of releases: `VERDIGRIS_CHECK_FUNCTION`. */
export function readCheckFunction(variables: Variables): string {
  return readVariable(
    variables,
    'VERDIGRIS_CHECK_FUNCTION',
    'the name of the function that runs checks',
  );
}

function readVariable(variables: Variables, name: string, meaning: string): string {
  const value = variables[name];
  if (value) return value;
  throw badVariable(name, 'missing', meaning);
}

function badVariable(name: string, is: string, meaning: string): VerdigrisError {
  const message = `environment variable ${name} is ${is}; it needs ${meaning}`;
  return new VerdigrisError('ConfigInvalidError', message);
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
