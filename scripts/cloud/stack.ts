import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { clientConfig, emulatedRegion } from './emulators.ts';
import { forEmulator, type Template } from './template.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');

/** Name of the stage, and with it of everything in the emulated cloud. */
export const stageName = 'emulated';
const stackName = `verdigris-${stageName}`;
const deploymentBucket = `${stackName}-deployment`;
const templateFile = 'cloudformation-template-update-stack.json';
const deployLimitMs = 180_000;

/** The name that a function of serverless.yml has in the emulated cloud. */
export function functionNameOf(key: string): string {
  return `${stackName}-${key}`;
}

/** A packaged service: a template and the zips of its functions. */
export interface PackagedService {
  directory: string;
  template: Template;
  remove(): void;
}

/**
 * `serverless package`, as a user has it who has no AWS account: no credentials, no profile, no network.
 * For the emulated stage unless other options are given.
 * @throws Error with what the tool said.
 */
export async function packageService(
  options: readonly string[] = ['--stage', stageName, '--region', emulatedRegion],
): Promise<PackagedService> {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-package-'));
  const cli = path.join(root, 'node_modules/.bin/serverless');
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  try {
    const build = path.relative(root, path.join(directory, 'build'));
    const own = { HOME: directory, TMPDIR: directory, VERDIGRIS_BUILD_FOLDER: build };
    const env = { ...Object.fromEntries(kept), ...own };
    await run(cli, ['package', ...options, '--package', directory], { cwd: root, env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`the service could not be packaged: ${stdout}${stderr}`, { cause: error });
  }
  return readPackaged(directory);
}

/** A service that was packaged there. */
export function readPackaged(directory: string): PackagedService {
  const template = JSON.parse(readFileSync(path.join(directory, templateFile), 'utf8'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  return { directory, template, remove };
}

/** What a deployed stack says of itself: its outputs by name. */
export type StackOutputs = Record<string, string>;

/**
 * Creates the stack in an emulator as `serverless deploy` does on AWS: uploads the zips, then hands over
 * the template. `intervalSeconds` is how often blue and green are compared there, whatever a manifest
 * says: see `EmulatedStage`.
 * @throws Error with the resource that failed and why.
 */
export async function deployService(
  service: PackagedService,
  url: string,
  intervalSeconds: number,
): Promise<StackOutputs> {
  const s3 = new S3Client(clientConfig(url));
  await upload(service, s3);
  const template = forEmulator(service.template, {
    deploymentBucket,
    timeoutSeconds: { WatchWindow: intervalSeconds, RequestApproval: 7200 },
  });
  const Body = JSON.stringify(template);
  await s3.send(new PutObjectCommand({ Bucket: deploymentBucket, Key: templateFile, Body }));
  const client = new CloudFormationClient(clientConfig(url));
  await client.send(
    new CreateStackCommand({
      StackName: stackName,
      TemplateURL: `${url}/${deploymentBucket}/${templateFile}`,
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
    }),
  );
  return untilCreated(client);
}

async function upload({ directory, template }: PackagedService, s3: S3Client): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: deploymentBucket }));
  for (const [name, key] of codeOf(template)) {
    const [file] = globSync(`**/${name}`, { cwd: directory });
    if (!file) throw new Error(`the package has no ${name}`);
    const Body = readFileSync(path.join(directory, file));
    await s3.send(new PutObjectCommand({ Bucket: deploymentBucket, Key: key, Body }));
  }
}

/** Zip names and the keys under which the template expects them. */
function codeOf({ Resources }: Template): Map<string, string> {
  const keys = Object.values(Resources).flatMap(({ Type, Properties }) => {
    const code = Properties?.Code as { S3Key?: string } | undefined;
    return Type === 'AWS::Lambda::Function' && code?.S3Key ? [code.S3Key] : [];
  });
  return new Map(keys.map((key) => [path.posix.basename(key), key]));
}

async function untilCreated(client: CloudFormationClient): Promise<StackOutputs> {
  const deadline = performance.now() + deployLimitMs;
  for (;;) {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const stack = Stacks?.[0];
    if (stack?.StackStatus === 'CREATE_COMPLETE') {
      const outputs = (stack.Outputs ?? []).map((it) => [it.OutputKey, it.OutputValue]);
      return Object.fromEntries(outputs);
    }
    if (stack?.StackStatus !== 'CREATE_IN_PROGRESS') {
      throw new Error(`the stack is ${stack?.StackStatus}: ${await whatFailed(client)}`);
    }
    if (performance.now() > deadline) throw new Error('the stack was not created in three minutes');
    await delay(200);
  }
}

async function whatFailed(client: CloudFormationClient): Promise<string> {
  const { StackEvents = [] } = await client.send(
    new DescribeStackEventsCommand({ StackName: stackName }),
  );
  const failed = StackEvents.filter((it) => it.ResourceStatus?.endsWith('_FAILED'));
  const lines = failed.map((it) => `${it.LogicalResourceId}: ${it.ResourceStatusReason}`);
  return lines.join('\n') || 'no reason is given';
}
