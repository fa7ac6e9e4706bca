import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { zipSync } from 'fflate';
import { parse } from 'yaml';
import { deliver } from './deliver.ts';
import { clientConfig } from './emulators.ts';
import { createFunctionRole } from './function-role.ts';
import type { Cloud } from './open-cloud.ts';

const examples = path.join(import.meta.dirname, '../../examples/storefront-lambda');
const functionName = 'storefront';
const alias = 'live';
const alarmName = 'storefront-errors';
const metric = { Namespace: 'Storefront', MetricName: 'ErrorRate' };
const dimensions = [{ Name: 'Service', Value: 'storefront' }];

/** An artifact that was put into the bucket, with what S3 says of it. */
export interface PutArtifact {
  bucket: string;
  key: string;
  etag: string;
  size: number;
}

/** How an artifact is put into the bucket. */
export interface PutOptions {
  /** `storefront` if absent; the manifest knows no other. */
  folder?: string;
  /** Of the same version: another build is another artifact, the same one is not. */
  build?: string;
}

/** One invocation of the shop by a user. */
export interface Visit {
  /** Milliseconds since the Unix epoch at its start. */
  atMs: number;
  durationMs: number;
  /** The version of the function that answered, or null when nothing did. */
  executedVersion: string | null;
  isError: boolean;
  /** Why nothing answered. */
  failure: string | null;
}

/**
 * The storefront of examples/storefront-lambda in an emulated account, as it was before Verdigris: a
 * function with v1 behind its alias, a bucket for artifacts, and an alarm that talks to Verdigris' topic.
 */
export interface Shop {
  /** The example's manifest with a window and interval, in seconds, that suit the emulator. */
  manifest(windowSeconds: number, intervalSeconds: number): Record<string, unknown>;
  /** Puts `storefront/{version}.zip` into the bucket, which starts a release. */
  put(version: string, options?: PutOptions): Promise<PutArtifact>;
  /** Delivers the event of an artifact once more, as EventBridge may. */
  repeat(artifact: PutArtifact): Promise<void>;
  visit(page: string): Promise<Visit>;
  /** Reports the users' share of errors in percent; the alarm goes by it. */
  reportErrors(percent: number): Promise<void>;
  /** Sets the alarm by hand, as `aws cloudwatch set-alarm-state` does. */
  setAlarm(state: 'ALARM' | 'OK', reason: string): Promise<void>;
  /** The version behind the alias. */
  live(): Promise<string>;
  /** Percent of the alias's traffic by version. */
  weights(): Promise<Record<string, number>>;
}

/** Makes the shop. */
export async function openShop({ url, outputs }: Cloud): Promise<Shop> {
  const config = clientConfig(url);
  const [lambda, s3] = [new LambdaClient(config), new S3Client(config)];
  const cloudWatch = new CloudWatchClient(config);
  const example = parse(readFileSync(path.join(examples, 'storefront.yml'), 'utf8'));
  const { bucket } = example.artifact as { bucket: string };
  await createBucket(s3, bucket);
  await createFunction(lambda, await createFunctionRole(url, functionName));
  await cloudWatch.send(
    new PutMetricAlarmCommand({
      AlarmName: alarmName,
      ...metric,
      Dimensions: dimensions,
      Statistic: 'Average',
      Period: 10,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [outputs.AlarmsTopicArn ?? ''],
    }),
  );
  return {
    manifest: (windowSeconds, intervalSeconds) => ({
      ...example,
      // The emulator measures no functions: there is nothing to wait for at the end of a window.
      metrics: { kind: 'cloudwatch-metrics', functionName, alias, settle: '0s' },
      watch: { ...example.watch, window: `${windowSeconds}s`, interval: `${intervalSeconds}s` },
    }),
    async put(version, { folder = 'storefront', build = '1' } = {}) {
      const Key = `${folder}/${version}.zip`;
      const Body = zipOf(version, build);
      const { ETag } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
      const etag = (ETag ?? '').replaceAll('"', '');
      return { bucket, key: Key, etag, size: Body.byteLength };
    },
    async repeat({ bucket: name, key, etag, size }) {
      const detail = {
        version: '0',
        bucket: { name },
        // No version id: the emulator's own event has none.
        object: { key, size, etag },
        reason: 'PutObject',
      };
      const event = { source: 'aws.s3', 'detail-type': 'Object Created', detail };
      await deliver(lambda, 'onArtifact', { ...event, resources: [`arn:aws:s3:::${name}`] });
    },
    visit: (page) => visit(lambda, page),
    async reportErrors(percent) {
      const data = { MetricName: metric.MetricName, Dimensions: dimensions, Value: percent };
      await cloudWatch.send(
        new PutMetricDataCommand({ Namespace: metric.Namespace, MetricData: [data] }),
      );
    },
    async setAlarm(StateValue, StateReason) {
      await cloudWatch.send(
        new SetAlarmStateCommand({ AlarmName: alarmName, StateValue, StateReason }),
      );
    },
    live: async () => (await readAlias(lambda)).FunctionVersion ?? '',
    async weights() {
      const { FunctionVersion = '', RoutingConfig } = await readAlias(lambda);
      const others = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {}).map(
        ([version, share]) => [version, Math.round(share * 100)] as const,
      );
      const rest = others.reduce((left, [, percent]) => left - percent, 100);
      return { [FunctionVersion]: rest, ...Object.fromEntries(others) };
    },
  };
}

async function createBucket(s3: S3Client, Bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    }),
  );
}

/** v1, live behind its alias. */
async function createFunction(lambda: LambdaClient, role: string): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: functionName,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: role,
      Code: { ZipFile: zipOf('v1') },
      Tags: { verdigris: 'emulated' },
    }),
  );
  const { Version } = await lambda.send(
    new PublishVersionCommand({ FunctionName: functionName, Description: 'v1' }),
  );
  await lambda.send(
    new CreateAliasCommand({
      FunctionName: functionName,
      Name: alias,
      FunctionVersion: Version ?? '1',
    }),
  );
}

function readAlias(lambda: LambdaClient) {
  return lambda.send(new GetAliasCommand({ FunctionName: functionName, Name: alias }));
}

/** The same bytes each time, as a build that can be repeated gives them. */
function zipOf(version: string, build = '1'): Uint8Array {
  const source = readFileSync(path.join(examples, version, 'index.mjs'));
  const files = { 'index.mjs': source, 'build.txt': Buffer.from(build) };
  return zipSync(files, { mtime: '1980-01-01' });
}

async function visit(lambda: LambdaClient, page: string): Promise<Visit> {
  const [atMs, startedAt] = [Date.now(), performance.now()];
  const command = new InvokeCommand({
    FunctionName: functionName,
    Qualifier: alias,
    Payload: JSON.stringify({ rawPath: page }),
  });
  const took = () => performance.now() - startedAt;
  try {
    const answer = await lambda.send(command);
    const isError = answer.FunctionError !== undefined || statusOf(answer.Payload) >= 500;
    const executedVersion = answer.ExecutedVersion ?? null;
    return { atMs, durationMs: took(), executedVersion, isError, failure: null };
  } catch (error) {
    const failure = error instanceof Error ? error.name : String(error);
    return { atMs, durationMs: took(), executedVersion: null, isError: true, failure };
  }
}

/** What the function says to the shop's users; 0 for what is no answer of an HTTP API. */
function statusOf(payload: Uint8Array | undefined): number {
  const answer = JSON.parse(Buffer.from(payload ?? []).toString('utf8') || 'null');
  return Number(answer?.statusCode ?? 0);
}
