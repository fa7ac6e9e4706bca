import { DescribeSecurityGroupsCommand, type IpPermission } from '@aws-sdk/client-ec2';
import { GetFunctionUrlConfigCommand, GetPolicyCommand } from '@aws-sdk/client-lambda';
import { isPublic, readPolicy } from '../../aws/policy-statements.ts';
import { orNull, orOurs } from '../../aws/provider-errors.ts';
import type { Json, JsonObject } from '../../release/json.ts';
import type { Finding } from '../findings.ts';
import type { Ec2Api, LambdaApi } from '../security.ts';
import type { Described } from './permissions.ts';

/** Whom to ask; absent on this machine. */
export interface ExposureClients {
  ec2?: Ec2Api | undefined;
  lambda?: LambdaApi | undefined;
}

/** What is found, and at what was looked. */
export interface ExposureLook {
  findings: Finding[];
  looked: string[];
}

/** One thing by which the world gets at an environment. */
interface Opening {
  path: string;
  says: string;
}

/** How openings of one sort are found; null where the facts say nothing of it. */
type Look = (one: Described) => Promise<Opening[]> | Opening[] | null;

/**
 * What the world can reach of green and can't of blue.
 * @throws ConfigInvalidError, ProvisionFailedError, ThrottledError
 */
export async function compareExposure(
  blue: Described,
  green: Described,
  { ec2, lambda }: ExposureClients,
  abortSignal: AbortSignal,
): Promise<ExposureLook> {
  const looks: Record<string, Look> = {
    listeners: listenersOf,
    'public addresses': publicAddressOf,
    ...(ec2 && { 'security groups': openPorts(blue, green, ec2, abortSignal) }),
    ...(lambda && { functions: (one) => openFunctions(one, lambda, abortSignal) }),
  };
  const found = await Promise.all(
    Object.entries(looks).map(async ([what, look]) => {
      const after = look(green);
      if (after === null) return null;
      const known = new Set(((await look(blue)) ?? []).map(({ path }) => path));
      return { what, openings: (await after).filter(({ path }) => !known.has(path)) };
    }),
  );
  const there = found.filter((one) => one !== null);
  return {
    looked: there.map(({ what }) => what),
    findings: there.flatMap(({ openings }) =>
      openings.map((opening) => ({ ...opening, verdict: 'fail' as const })),
    ),
  };
}

/** Addresses besides this machine's own. Ports differ with every process, so they are not compared. */
function listenersOf({ facts: { listeners } }: Described): Opening[] | null {
  if (!Array.isArray(listeners)) return null;
  const open = listeners.map(String).filter((at) => !/^(?:127\.|\[::1\])/.test(at));
  return open.map((at) => ({
    path: `exposure.listeners.${at.replace(/:\d+$/, '')}`,
    says: `green takes connections on ${at}, which is not only this machine's own`,
  }));
}

function publicAddressOf({ facts }: Described): Opening[] | null {
  const said = [facts.assignsPublicIp, objectAt(facts, 'launch').assignsPublicIp];
  if (said.every((it) => typeof it !== 'boolean')) return null;
  const says = 'green gets public addresses, which blue has not';
  return said.includes(true) ? [{ path: 'exposure.publicAddress', says }] : [];
}

/** Groups that blue has, too, need no look. */
function openPorts(blue: Described, green: Described, ec2: Ec2Api, abortSignal: AbortSignal): Look {
  const known = groupsOf(blue);
  const areKnown = groupsOf(green).every((id) => known.includes(id));
  return (one) => {
    const ids = groupsOf(one);
    if (ids.length === 0) return null;
    return areKnown ? [] : readOpenPorts(ids, ec2, abortSignal);
  };
}

function groupsOf({ facts }: Described): string[] {
  const named = [facts.securityGroups, objectAt(facts, 'launch').securityGroups];
  return [...new Set(named.flatMap(textsIn))].filter((id) => id.startsWith('sg-'));
}

async function readOpenPorts(
  GroupIds: string[],
  ec2: Ec2Api,
  abortSignal: AbortSignal,
): Promise<Opening[]> {
  const command = new DescribeSecurityGroupsCommand({ GroupIds });
  const call = { provider: 'EC2', action: 'ec2:DescribeSecurityGroups', of: GroupIds.join(', ') };
  const { SecurityGroups = [] } = await orOurs(ec2.send(command, { abortSignal }), call);
  return SecurityGroups.flatMap(({ GroupId = '', IpPermissions = [] }) =>
    IpPermissions.filter(isForAll).map((permission) => ({
      path: `exposure.ports.${portsOf(permission)}`,
      says: `security group ${GroupId} lets the whole internet in on ${portsOf(permission)}`,
    })),
  );
}

function isForAll({ IpRanges = [], Ipv6Ranges = [] }: IpPermission): boolean {
  return (
    IpRanges.some(({ CidrIp }) => CidrIp === '0.0.0.0/0') ||
    Ipv6Ranges.some(({ CidrIpv6 }) => CidrIpv6 === '::/0')
  );
}

/** `-1` is every protocol, and all of its ports (API_IpPermission). */
function portsOf({ IpProtocol = '-1', FromPort, ToPort }: IpPermission): string {
  if (IpProtocol === '-1') return 'every port';
  const range = FromPort === ToPort ? FromPort : `${FromPort}-${ToPort}`;
  return `${IpProtocol} ${range ?? 'every port'}`;
}

/** The version that green is, or the functions of its stack. */
function openFunctions(
  { ref, facts }: Described,
  lambda: LambdaApi,
  abortSignal: AbortSignal,
): Promise<Opening[]> | null {
  const { functionName } = ref.attributes;
  if (ref.kind === 'lambda-version' && functionName)
    return openToAll(lambda, functionName, ref.id, 'function', abortSignal);
  const named = Object.entries(objectAt(facts, 'functions'));
  return named.length === 0 ? null : openAmong(named, lambda, abortSignal);
}

async function openAmong(
  named: [string, Json][],
  lambda: LambdaApi,
  abortSignal: AbortSignal,
): Promise<Opening[]> {
  const found = await Promise.all(
    named.flatMap(([place, name]) =>
      typeof name === 'string'
        ? [
            openToAll(lambda, name, undefined, place, abortSignal),
            openUrl(lambda, name, place, abortSignal),
          ]
        : [],
    ),
  );
  return found.flat();
}

async function openToAll(
  lambda: LambdaApi,
  FunctionName: string,
  Qualifier: string | undefined,
  place: string,
  abortSignal: AbortSignal,
): Promise<Opening[]> {
  const command = new GetPolicyCommand({ FunctionName, Qualifier });
  const call = { provider: 'Lambda', action: 'lambda:GetPolicy', of: FunctionName };
  const sending = lambda.send(command, { abortSignal });
  const answer = await orNull(sending, call, 'ResourceNotFoundException');
  const open = answer?.Policy ? readPolicy(answer.Policy).filter(isPublic) : [];
  return open.flatMap(({ actions }) =>
    actions.patterns.map((action) => ({
      path: `exposure.${place}.${action}`,
      says: `the policy of ${FunctionName} allows ${action} to everybody`,
    })),
  );
}

async function openUrl(
  lambda: LambdaApi,
  FunctionName: string,
  place: string,
  abortSignal: AbortSignal,
): Promise<Opening[]> {
  const command = new GetFunctionUrlConfigCommand({ FunctionName });
  const call = { provider: 'Lambda', action: 'lambda:GetFunctionUrlConfig', of: FunctionName };
  const sending = lambda.send(command, { abortSignal });
  const answer = await orNull(sending, call, 'ResourceNotFoundException');
  if (answer?.AuthType !== 'NONE') return [];
  const says = `${FunctionName} has a URL that asks nobody who they are`;
  return [{ path: `exposure.${place}.url`, says }];
}

function objectAt(facts: JsonObject, key: string): JsonObject {
  const value = facts[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

/** A list's members, or the values of an object. */
function textsIn(value: Json | undefined): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).filter((one) => typeof one === 'string');
}
