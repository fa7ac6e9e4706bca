import { withEmulatedGrants } from './emulated-grants.ts';

/** A CloudFormation template as JSON. */
export interface Template {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, unknown>;
}

interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

/** What one emulated stack needs. */
export interface EmulatedStage {
  /** Bucket in which the packaged functions are. */
  deploymentBucket: string;
  /**
   * Literal time-outs by state name: the emulator ignores TimeoutSecondsPath of tasks that wait for a
   * token, which AWS honours.
   */
  timeoutSeconds: Record<string, number>;
}

const bucketId = 'ServerlessDeploymentBucket';

/**
 * The packaged template as the emulator can run it: functions come from a bucket that is there already,
 * waiting tasks have literal time-outs, the token's ARN is asked for by attribute, since a Ref gives the
 * name there, and grants of Lambda's actions are as it reads them. Nothing else is different from what
 * AWS gets.
 */
export function forEmulator(template: Template, stage: EmulatedStage): Template {
  const kept = Object.entries(template.Resources).filter(([id]) => !id.startsWith(bucketId));
  const resources = kept.map(([id, resource]) => [id, adapt(resource, stage)]);
  const { [bucketId]: _, [`${bucketId}Name`]: __, ...outputs } = template.Outputs ?? {};
  const changed = { ...template, Resources: Object.fromEntries(resources), Outputs: outputs };
  const withBucket = replaceReference(changed, bucketId, stage.deploymentBucket);
  const secretArn = { 'Fn::GetAtt': ['TokenSecret', 'Id'] };
  return replaceReference(withBucket, 'TokenSecret', secretArn) as Template;
}

function adapt(resource: Resource, { timeoutSeconds }: EmulatedStage): Resource {
  const { Type, Properties = {} } = resource;
  if (Type === 'AWS::StepFunctions::StateMachine') {
    return withLiteralTimeouts(resource, timeoutSeconds);
  }
  if (Type === 'AWS::IAM::Role') return { ...resource, Properties: withEmulatedGrants(Properties) };
  return resource;
}

interface Packaged {
  'Fn::Sub': [string, unknown];
}

interface State {
  TimeoutSecondsPath?: string;
  TimeoutSeconds?: number;
}

function withLiteralTimeouts(
  resource: Resource,
  timeoutSeconds: EmulatedStage['timeoutSeconds'],
): Resource {
  const { DefinitionString: written } = resource.Properties as { DefinitionString: Packaged };
  const [text, values] = written['Fn::Sub'];
  const definition = JSON.parse(text) as { States: Record<string, State> };
  for (const [name, state] of Object.entries(definition.States)) {
    if (state.TimeoutSecondsPath === undefined) continue;
    const seconds = timeoutSeconds[name];
    if (seconds === undefined) throw new Error(`the emulated stage has no time-out for ${name}`);
    delete state.TimeoutSecondsPath;
    state.TimeoutSeconds = seconds;
  }
  const DefinitionString = { 'Fn::Sub': [JSON.stringify(definition), values] };
  return { ...resource, Properties: { ...resource.Properties, DefinitionString } };
}

/** Every `{ Ref: id }` as this value. */
function replaceReference(node: unknown, id: string, value: unknown): unknown {
  if (Array.isArray(node)) return node.map((it) => replaceReference(it, id, value));
  if (typeof node !== 'object' || node === null) return node;
  if ((node as { Ref?: unknown }).Ref === id) return value;
  const entries = Object.entries(node).map(([key, it]) => [key, replaceReference(it, id, value)]);
  return Object.fromEntries(entries);
}
