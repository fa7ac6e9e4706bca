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
 * and waiting tasks have literal time-outs. Nothing else is different from what AWS gets.
 */
export function forEmulator(template: Template, stage: EmulatedStage): Template {
  const kept = Object.entries(template.Resources).filter(([id]) => !id.startsWith(bucketId));
  const resources = kept.map(([id, resource]) => [
    id,
    resource.Type === 'AWS::StepFunctions::StateMachine'
      ? withLiteralTimeouts(resource, stage.timeoutSeconds)
      : resource,
  ]);
  const { [bucketId]: _, [`${bucketId}Name`]: __, ...outputs } = template.Outputs ?? {};
  const changed = { ...template, Resources: Object.fromEntries(resources), Outputs: outputs };
  return replaceReference(changed, bucketId, stage.deploymentBucket) as Template;
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
function replaceReference(node: unknown, id: string, value: string): unknown {
  if (Array.isArray(node)) return node.map((it) => replaceReference(it, id, value));
  if (typeof node !== 'object' || node === null) return node;
  if ((node as { Ref?: unknown }).Ref === id) return value;
  const entries = Object.entries(node).map(([key, it]) => [key, replaceReference(it, id, value)]);
  return Object.fromEntries(entries);
}
