import { createHash } from 'node:crypto';
import type { Stack, StackEvent, Tag } from '@aws-sdk/client-cloudformation';
import type { Input, Operations } from './sdk-client.ts';

/** What a template has CloudFormation make. */
export interface FakeResource {
  type: string;
  /** Why it cannot be made. */
  failsWith?: string;
  /** Why it cannot be deleted; may be taken back. */
  staysBecause?: string;
  /** `DeletionPolicy: Retain`. */
  isRetained?: boolean;
}

/** A template in a bucket. */
export interface FakeTemplate {
  body?: string;
  parameters?: Record<string, { noEcho?: boolean; default?: string }>;
  resources?: Record<string, FakeResource>;
  /** `{name}` in a value is the stack's name. */
  outputs?: Record<string, string>;
  /** CloudFormation refuses it at once with this ValidationError. */
  refusedWith?: string;
  /** Its change set fails with this reason. */
  changeSetFailsWith?: string;
  /** What a template needs that the request has to grant. */
  needsCapability?: string;
}

/** How patient the control plane is. May be changed at any moment. */
export interface CloudFormationKnobs {
  /** So many looks at a new change set say CREATE_IN_PROGRESS. */
  changeSetReads: number;
  /** So many looks at a stack say that it is being created, or deleted. */
  stackReads: number;
}

/** One look at the state of things, without a call. */
export interface CloudFormationView {
  /** What lies behind `s3://bucket/key`, or `s3://bucket/key?versionId=…`. */
  readonly templates: Map<string, FakeTemplate>;
  /** Names of stacks that are there. */
  stackNames(): string[];
  stack(name: string): Stack | undefined;
  /** How often each change set was executed. */
  executions(): number;
  /** Somebody else's stack. */
  createByHand(name: string, changes?: Partial<Stack>): void;
  setStatus(name: string, StackStatus: string): void;
  /** An event of one of its resources. */
  tellByHand(name: string, resource: string, status: string, reason: string): void;
}

interface ChangeSet {
  status: string;
  executionStatus: string;
  reason?: string;
  reads: number;
  tags: Tag[];
}

interface Held extends Stack {
  template: FakeTemplate;
  events: StackEvent[];
  changeSet: ChangeSet | null;
  reads: number;
  finish: (() => void) | null;
  given: Record<string, string>;
}

/** An error of CloudFormation's, with the status that it answers with. */
export function cloudFormationError(name: string, message: string): Error {
  const httpStatusCode = name === 'InternalFailure' ? 500 : 400;
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

const invalid = (message: string) => cloudFormationError('ValidationError', message);
/** Small, so that everything has pages. */
const pageSize = 2;

/**
 * A CloudFormation control plane in memory, as its API reference has it: change sets of type CREATE, one
 * operation per stack at a time, names that are free again after a deletion, events newest first.
 */
export function createCloudFormation(knobs: CloudFormationKnobs, now: () => number) {
  const templates = new Map<string, FakeTemplate>();
  const stacks: Held[] = [];
  let executions = 0;
  let events = 0;

  const named = (name: unknown) =>
    stacks.find((it) => it.StackName === name && it.StackStatus !== 'DELETE_COMPLETE');
  const known = (nameOrId: unknown) =>
    named(nameOrId) ?? stacks.find(({ StackId }) => StackId === nameOrId);

  function require(nameOrId: unknown): Held {
    const found = known(nameOrId);
    if (found) return found;
    throw invalid(`Stack with id ${String(nameOrId)} does not exist`);
  }

  function tell(stack: Held, ResourceStatus: string, about: Partial<StackEvent> = {}): void {
    events += 1;
    const { StackId, StackName } = stack;
    stack.events.unshift({
      ...{ StackId, StackName, EventId: String(events), Timestamp: new Date(now()) },
      ...{ LogicalResourceId: StackName, PhysicalResourceId: StackId },
      ResourceType: 'AWS::CloudFormation::Stack',
      ResourceStatus: ResourceStatus as NonNullable<StackEvent['ResourceStatus']>,
      ...about,
    });
  }

  function become(stack: Held, status: string, reason = ''): void {
    stack.StackStatus = status as NonNullable<Stack['StackStatus']>;
    stack.StackStatusReason = reason;
    tell(stack, status, reason ? { ResourceStatusReason: reason } : {});
  }

  /** One look at a stack, which brings what is under way further. */
  function pass(stack: Held): void {
    if (!stack.finish) return;
    if (stack.reads > 0) {
      stack.reads -= 1;
      return;
    }
    const finish = stack.finish;
    stack.finish = null;
    finish();
  }

  function begin(stack: Held, status: string, finish: () => void): void {
    become(stack, status);
    stack.reads = knobs.stackReads;
    stack.finish = finish;
  }

  const resourcesOf = ({ template }: Held) => Object.entries(template.resources ?? {});
  const about = (stack: Held, [name, { type }]: [string, FakeResource]) => ({
    LogicalResourceId: name,
    PhysicalResourceId: `${stack.StackName}-${name}`,
    ResourceType: type,
  });

  /** The first failure cancels what is under way beside it. */
  function finishCreation(stack: Held): void {
    const broken = resourcesOf(stack).filter(([, { failsWith }]) => failsWith !== undefined);
    for (const entry of resourcesOf(stack)) {
      const [, { failsWith }] = entry;
      if (failsWith !== undefined) {
        tell(stack, 'CREATE_FAILED', { ...about(stack, entry), ResourceStatusReason: failsWith });
      } else if (broken.length > 0) {
        const ResourceStatusReason = 'Resource creation cancelled';
        tell(stack, 'CREATE_FAILED', { ...about(stack, entry), ResourceStatusReason });
      } else tell(stack, 'CREATE_COMPLETE', about(stack, entry));
    }
    if (broken.length > 0) {
      const names = broken.map(([name]) => name).join(', ');
      become(stack, 'CREATE_FAILED', `The following resource(s) failed to create: [${names}]. `);
      return;
    }
    stack.Outputs = Object.entries(stack.template.outputs ?? {}).map(([OutputKey, value]) => ({
      OutputKey,
      OutputValue: value.replaceAll('{name}', stack.StackName ?? ''),
    }));
    become(stack, 'CREATE_COMPLETE');
  }

  function finishDeletion(stack: Held): void {
    const staying = resourcesOf(stack).filter(([, { staysBecause }]) => staysBecause !== undefined);
    for (const entry of resourcesOf(stack)) {
      const [, { staysBecause, isRetained }] = entry;
      if (staysBecause !== undefined) {
        tell(stack, 'DELETE_FAILED', {
          ...about(stack, entry),
          ResourceStatusReason: staysBecause,
        });
      } else tell(stack, isRetained ? 'DELETE_SKIPPED' : 'DELETE_COMPLETE', about(stack, entry));
    }
    const names = staying.map(([name]) => name).join(', ');
    if (staying.length === 0) become(stack, 'DELETE_COMPLETE');
    else become(stack, 'DELETE_FAILED', `The following resource(s) failed to delete: [${names}]. `);
  }

  function templateAt(url: string): FakeTemplate {
    const { pathname, searchParams } = new URL(url);
    const versionId = searchParams.get('versionId');
    const uri = `s3:/${decodeURIComponent(pathname)}${versionId ? `?versionId=${versionId}` : ''}`;
    const found = templates.get(uri);
    if (!found) throw invalid('S3 error: The specified key does not exist.');
    if (found.refusedWith !== undefined) throw invalid(found.refusedWith);
    return found;
  }

  function parametersOf({ parameters = {} }: FakeTemplate, input: Input): Record<string, string> {
    const given = (input.Parameters ?? []) as { ParameterKey: string; ParameterValue: string }[];
    const unknown = given.map((it) => it.ParameterKey).filter((key) => !(key in parameters));
    if (unknown.length > 0) {
      throw invalid(`Parameters: [${unknown.join(', ')}] do not exist in the template`);
    }
    const values = Object.fromEntries(given.map((it) => [it.ParameterKey, it.ParameterValue]));
    const all = Object.entries(parameters).map(([key, it]) => [key, values[key] ?? it.default]);
    const missing = all.filter(([, value]) => value === undefined).map(([key]) => key);
    if (missing.length > 0) throw invalid(`Parameters: [${missing.join(', ')}] must have values`);
    return Object.fromEntries(all) as Record<string, string>;
  }

  function openStack(name: string): Held {
    const hash = createHash('sha256').update(`${name}${stacks.length}`).digest('hex');
    const stack: Held = {
      StackName: name,
      StackId: `arn:aws:cloudformation:eu-west-1:123456789012:stack/${name}/${hash.slice(0, 8)}`,
      CreationTime: new Date(now()),
      StackStatus: 'REVIEW_IN_PROGRESS',
      ...{ template: {}, events: [], changeSet: null, reads: 0, finish: null, given: {} },
    };
    stacks.push(stack);
    tell(stack, 'REVIEW_IN_PROGRESS');
    return stack;
  }

  function shown(stack: Held): Stack {
    const { template, events: _, changeSet, reads, finish, given, ...visible } = stack;
    return {
      ...visible,
      Parameters: Object.entries(given).map(([ParameterKey, value]) => ({
        ParameterKey,
        ParameterValue: template.parameters?.[ParameterKey]?.noEcho ? '****' : value,
      })),
    };
  }

  function page<Item>(items: Item[], token: unknown): { items: Item[]; next?: string } {
    const start = Number(token ?? 0);
    const next = start + pageSize < items.length ? { next: String(start + pageSize) } : {};
    return { items: items.slice(start, start + pageSize), ...next };
  }

  function changeSetOf(input: Input): ChangeSet {
    const found = known(input.StackName)?.changeSet;
    if (found) return found;
    const message = `ChangeSet [${String(input.ChangeSetName)}] does not exist`;
    throw cloudFormationError('ChangeSetNotFoundException', message);
  }

  const operations: Operations = {
    DescribeStacks({ StackName, NextToken }) {
      if (StackName !== undefined) {
        const stack = require(StackName);
        pass(stack);
        // A name is free again once its stack is deleted.
        return { Stacks: [shown(require(StackName))] };
      }
      const there = stacks.filter((it) => it.StackStatus !== 'DELETE_COMPLETE');
      const { items, next } = page(there, NextToken);
      return { Stacks: items.map(shown), NextToken: next };
    },
    CreateChangeSet(input) {
      const name = String(input.StackName);
      const template = templateAt(String(input.TemplateURL));
      const given = parametersOf(template, input);
      const capabilities = (input.Capabilities ?? []) as string[];
      const { needsCapability } = template;
      if (needsCapability && !capabilities.includes(needsCapability)) {
        const message = `Requires capabilities : [${needsCapability}]`;
        throw cloudFormationError('InsufficientCapabilitiesException', message);
      }
      const stack = named(name) ?? openStack(name);
      if (stack.StackStatus !== 'REVIEW_IN_PROGRESS') {
        throw invalid(
          `Stack [${name}] already exists and cannot be created again with the changeSet`,
        );
      }
      if (stack.changeSet) {
        const message = `ChangeSet ${String(input.ChangeSetName)} already exists`;
        throw cloudFormationError('AlreadyExistsException', message);
      }
      Object.assign(stack, { template, given, RoleARN: input.RoleARN });
      stack.changeSet = {
        ...{ status: 'CREATE_IN_PROGRESS', executionStatus: 'UNAVAILABLE' },
        ...{ reads: knobs.changeSetReads, tags: (input.Tags ?? []) as Tag[] },
      };
      return { StackId: stack.StackId };
    },
    DescribeChangeSet(input) {
      const set = changeSetOf(input);
      if (set.status === 'CREATE_IN_PROGRESS' && set.reads === 0) {
        const reason = known(input.StackName)?.template.changeSetFailsWith;
        const outcome = reason
          ? { status: 'FAILED', executionStatus: 'UNAVAILABLE', reason }
          : { status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE' };
        Object.assign(set, outcome);
      } else if (set.reads > 0) set.reads -= 1;
      const { status: Status, executionStatus: ExecutionStatus, reason, tags: Tags } = set;
      return { Status, ExecutionStatus, StatusReason: reason, Tags, ChangeSetId: 'arn:change-set' };
    },
    ExecuteChangeSet(input) {
      const stack = require(input.StackName);
      const set = changeSetOf(input);
      if (set.executionStatus !== 'AVAILABLE') {
        const message = `ChangeSet cannot be executed in its current execution status of [${set.executionStatus}]`;
        throw cloudFormationError('InvalidChangeSetStatusException', message);
      }
      executions += 1;
      // Change sets go once one of them is executed.
      stack.changeSet = null;
      stack.Tags = set.tags;
      begin(stack, 'CREATE_IN_PROGRESS', () => finishCreation(stack));
      return {};
    },
    DescribeStackEvents({ StackName, NextToken }) {
      const { items, next } = page(require(StackName).events, NextToken);
      return { StackEvents: items, NextToken: next };
    },
    DescribeEvents: () => ({
      OperationEvents: [
        { ValidationPath: '/Resources/Bucket', ValidationStatusReason: 'its name is taken' },
      ],
    }),
    UpdateTerminationProtection({ StackName, EnableTerminationProtection }) {
      require(StackName).EnableTerminationProtection = Boolean(EnableTerminationProtection);
      return {};
    },
    DeleteStack({ StackName }) {
      const stack = known(StackName);
      if (!stack || stack.StackStatus?.startsWith('DELETE_') === true) {
        if (stack?.StackStatus !== 'DELETE_FAILED') return {};
      }
      if (stack.EnableTerminationProtection) {
        throw invalid(
          `Stack [${stack.StackId}] cannot be deleted while TerminationProtection is enabled`,
        );
      }
      stack.changeSet = null;
      begin(stack, 'DELETE_IN_PROGRESS', () => finishDeletion(stack));
      return {};
    },
    ListStackResources({ StackName, NextToken }) {
      const { StackName: name, template } = require(StackName);
      const resources = Object.entries(template.resources ?? {}).map(([logical, { type }]) => ({
        ...{ LogicalResourceId: logical, PhysicalResourceId: `${name}-${logical}` },
        ...{ ResourceType: type, ResourceStatus: 'CREATE_COMPLETE' },
      }));
      const { items, next } = page(resources, NextToken);
      return { StackResourceSummaries: items, NextToken: next };
    },
    GetTemplateSummary({ StackName }) {
      const { template } = require(StackName);
      return {
        Parameters: Object.entries(template.parameters ?? {}).map(([ParameterKey, { noEcho }]) => ({
          ParameterKey,
          NoEcho: noEcho ?? false,
        })),
        ResourceTypes: Object.values(template.resources ?? {}).map(({ type }) => type),
      };
    },
  };

  const storeOperations: Operations = {
    GetObject({ Bucket, Key, VersionId }) {
      const version = VersionId ? `?versionId=${String(VersionId)}` : '';
      const found = templates.get(`s3://${String(Bucket)}/${String(Key)}${version}`);
      if (!found) throw cloudFormationError('NoSuchKey', 'The specified key does not exist.');
      const bytes = new TextEncoder().encode(found.body ?? '');
      return { Body: { transformToByteArray: async () => bytes }, VersionId };
    },
  };

  const view: CloudFormationView = {
    templates,
    stackNames: () =>
      stacks.flatMap(({ StackName, StackStatus }) =>
        StackName && StackStatus !== 'DELETE_COMPLETE' ? [StackName] : [],
      ),
    stack: (name) => named(name),
    executions: () => executions,
    createByHand(name, changes = {}) {
      const stack = openStack(name);
      become(stack, 'CREATE_COMPLETE');
      Object.assign(stack, changes);
    },
    tellByHand(name, resource, status, reason) {
      const about = { LogicalResourceId: resource, PhysicalResourceId: `${name}-${resource}` };
      const ResourceType = 'AWS::DynamoDB::Table';
      tell(require(name), status, { ...about, ResourceType, ResourceStatusReason: reason });
    },
    setStatus(name, status) {
      become(require(name), status);
    },
  };
  return { operations, storeOperations, view };
}
