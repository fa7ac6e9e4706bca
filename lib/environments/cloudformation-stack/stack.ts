import { createHash } from 'node:crypto';
import {
  type CloudFormationClient,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { releaseTag, serviceTag, versionTag } from '../../aws/environment-tags.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { orMissing, orOurs } from './errors.ts';

/** What is used of the SDK's client. */
export interface CloudFormationApi {
  send: CloudFormationClient['send'];
  config: { region(): Promise<string> };
}

/** How stacks are reached. */
export interface StackApi {
  cloudFormation: CloudFormationApi;
}

/** Keys of a ref's attributes, and `address`, to names of outputs. */
export type OutputNames = Readonly<Record<string, string>>;

/** API_CreateChangeSet: a letter, then letters, digits and hyphens, 128 in all. */
const legalName = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

/** Whether a stack can have this name; a router may know its sides by other things. */
export function isStackName(id: string): boolean {
  return legalName.test(id);
}

/** The name of the stack of a release: always the same, and no other release's. */
export function stackNameOf(prefix: string, releaseId: string): string {
  const plain = `${prefix}${releaseId}`;
  if (isStackName(plain)) return plain;
  const hash = createHash('sha256').update(plain).digest('hex').slice(0, 10);
  return `${plain.replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 117)}-${hash}`;
}

/** The stack, or null. One that was deleted is not found by its name. */
export async function findStack(
  { cloudFormation }: StackApi,
  stackName: string,
): Promise<Stack | null> {
  const command = new DescribeStacksCommand({ StackName: stackName });
  const call = { stackName, operation: 'DescribeStacks' };
  const found = (await orMissing(cloudFormation.send(command), call))?.Stacks?.[0] ?? null;
  return found?.StackStatus === 'DELETE_COMPLETE' ? null : found;
}

/**
 * Every stack that was made for a release of this service and is not being deleted. There is no filter
 * by tag, so all stacks of the account and region are read.
 */
export async function listStacks({ cloudFormation }: StackApi, service: string): Promise<Stack[]> {
  const found: Stack[] = [];
  let token: string | undefined;
  do {
    const command = new DescribeStacksCommand(token ? { NextToken: token } : {});
    const call = { stackName: 'all stacks', operation: 'DescribeStacks' };
    const { Stacks = [], NextToken } = await orOurs(cloudFormation.send(command), call);
    found.push(...Stacks);
    token = NextToken;
  } while (token);
  return found.filter(
    (stack) => releaseOf(stack) && tagOf(stack, serviceTag) === service && !isGoing(stack),
  );
}

/** Whether it is being deleted, or has been. */
export function isGoing({ StackStatus }: Stack): boolean {
  return StackStatus === 'DELETE_IN_PROGRESS' || StackStatus === 'DELETE_COMPLETE';
}

/** The release that it was made for, or undefined where somebody else made it. */
export function releaseOf(stack: Stack): string | undefined {
  return tagOf(stack, releaseTag);
}

function tagOf({ Tags = [] }: Stack, key: string): string | undefined {
  return Tags.find(({ Key }) => Key === key)?.Value || undefined;
}

/** A stack as the release document carries it, with the outputs that it has by now. */
export function toRef(stack: Stack, outputs: OutputNames): EnvironmentRef {
  const { address, ...attributes } = valuesOf(stack, outputs);
  return {
    id: stack.StackName ?? '',
    kind: 'cloudformation-stack',
    version: tagOf(stack, versionTag) ?? 'unknown',
    address: address === undefined ? null : asUrl(address),
    attributes: { stackId: stack.StackId ?? '', ...attributes },
  };
}

function valuesOf({ Outputs = [] }: Stack, names: OutputNames): Record<string, string> {
  const values = Object.entries(names).flatMap(([key, name]) => {
    const value = Outputs.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
    return value ? [[key, value] as const] : [];
  });
  return Object.fromEntries(values);
}

/** Templates often put a bare host name out, such as a load balancer's. */
function asUrl(address: string): string {
  return /^https?:\/\//i.test(address) ? address : `http://${address}`;
}
