import { execFile } from 'node:child_process';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machines } from '../../lib/engine/engine.ts';
import { type Definition, readDefinition, type State } from './machine-files.ts';
import { readZip } from './zip.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');
const budgetBytes = 300 * 1024;

interface Resource {
  Type: string;
  DependsOn?: string | string[];
  Properties: Record<string, unknown>;
}

/** JSON with `${placeholders}`, and what each of them stands for. */
interface DefinitionString {
  'Fn::Sub': [string, Record<string, { 'Fn::GetAtt': string[] }>];
}

let directory: string;
let resources: Record<string, Resource>;

/** `serverless package` as a user has it who has no AWS account: no credentials, no profile. */
async function packageService(): Promise<void> {
  directory = mkdtempSync(path.join(tmpdir(), 'verdigris-package-'));
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const env = { ...Object.fromEntries(kept), HOME: directory };
  const cli = path.join(root, 'node_modules/.bin/serverless');
  await run(cli, ['package', '--package', directory], { cwd: root, env });
  const file = path.join(directory, 'cloudformation-template-update-stack.json');
  resources = JSON.parse(readFileSync(file, 'utf8')).Resources;
}

function ofType(type: string): [string, Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

function functionOf(stateMachineKey: string): Resource | undefined {
  return resources[
    `${stateMachineKey.replace(/^./, (first) => first.toUpperCase())}LambdaFunction`
  ];
}

/** A machine's definition as it was packaged, with the functions' logical names put back in. */
function packagedDefinition(logicalId: string): Definition {
  const written = resources[logicalId]?.Properties.DefinitionString as DefinitionString | undefined;
  const [text, values] = written?.['Fn::Sub'] ?? ['null', {}];
  const filled = text.replace(/"\$\{(\w+)\}"/g, (_, name) => JSON.stringify(values[name]));
  return JSON.parse(filled);
}

/** The machine's file, with function keys as the logical names that packaging gives them. */
function expectedDefinition(machine: (typeof machines)[number]): Definition {
  const definition = readDefinition(machine);
  for (const state of Object.values(definition.States)) {
    if (!state.Parameters) continue;
    const key = keyOf(state);
    const logicalId = `${key.replace(/^./, (first) => first.toUpperCase())}LambdaFunction`;
    state.Parameters.FunctionName = { 'Fn::GetAtt': [logicalId, 'Arn'] };
  }
  return definition;
}

function keyOf(state: State): string {
  const reference = state.Parameters?.FunctionName as { 'Fn::GetAtt': [string, string] };
  return reference['Fn::GetAtt'][0];
}

/** The resources that this one refers to: what CloudFormation makes first. */
function referencesOf(resource: Resource): string[] {
  const text = JSON.stringify(resource);
  const named = [
    ...text.matchAll(/"Ref":"(\w+)"/g),
    ...text.matchAll(/"Fn::GetAtt":\["(\w+)"/g),
    ...text.matchAll(/\$\{(\w+)(?:\.\w+)?\}/g),
  ].map(([, name = '']) => name);
  return [...named, ...[resource.DependsOn ?? []].flat()].filter((name) => name in resources);
}

/** A way from a resource back to itself, or undefined. */
function findCircle(
  name: string,
  trail: string[] = [],
  cleared = new Set<string>(),
): string[] | undefined {
  if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
  const resource = resources[name];
  if (!resource || cleared.has(name)) return undefined;
  for (const next of referencesOf(resource)) {
    const circle = findCircle(next, [...trail, name], cleared);
    if (circle) return circle;
  }
  cleared.add(name);
  return undefined;
}

beforeAll(packageService, 240_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the packaged stack', () => {
  it.each(machines)('holds the %s machine as it is in its file', (machine) => {
    const logicalId = `${machine.replace(/^./, (first) => first.toUpperCase())}StateMachine`;

    expect(packagedDefinition(logicalId)).toEqual(expectedDefinition(machine));
  });

  it('runs every machine as a traced Standard workflow that logs its errors', () => {
    const found = ofType('AWS::StepFunctions::StateMachine');

    expect(found).toHaveLength(machines.length);
    for (const [, { Properties }] of found) {
      expect(Properties).toMatchObject({
        StateMachineType: 'STANDARD',
        TracingConfiguration: { Enabled: true },
        LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: false },
      });
    }
  });

  it.each(machines)('has every function of the %s machine, quicker than its state', (machine) => {
    const tasks = Object.values(readDefinition(machine).States).filter(
      (state) => state.Type === 'Task',
    );

    for (const state of tasks) {
      const timeout = functionOf(keyOf(state))?.Properties.Timeout;
      expect(timeout, keyOf(state)).toBeTypeOf('number');
      if (state.TimeoutSeconds) expect(timeout).toBeLessThan(state.TimeoutSeconds);
      else expect(timeout).toBeLessThanOrEqual(20);
    }
  });

  it('has no function that no state calls, and a file for each', () => {
    const called = machines.flatMap((machine) =>
      Object.values(readDefinition(machine).States)
        .filter((state) => state.Parameters)
        .map(keyOf),
    );
    const files = globSync('functions/*.ts', { cwd: root }).map((file) =>
      path.basename(file, '.ts'),
    );

    expect(ofType('AWS::Lambda::Function')).toHaveLength(new Set(called).size);
    expect(files.map(camelCase).toSorted()).toEqual([...new Set(called)].toSorted());
  });

  it('runs every function on the same runtime and tells it where the machines are', () => {
    const names = ofType('AWS::StepFunctions::StateMachine').map(
      ([, { Properties }]) => Properties.StateMachineName,
    );

    for (const [name, { Properties }] of ofType('AWS::Lambda::Function')) {
      expect(Properties, name).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
      });
      const { Variables } = Properties.Environment as { Variables: Record<string, object> };
      for (const machine of machines) {
        const arn = JSON.stringify(Variables[`VERDIGRIS_${machine.toUpperCase()}_ARN`]);
        expect(names.some((known) => arn.endsWith(`:stateMachine:${known}"}`))).toBe(true);
      }
    }
  });

  it('keeps no log for ever', () => {
    for (const [name, { Properties }] of ofType('AWS::Logs::LogGroup')) {
      expect(Properties.RetentionInDays, name).toBe(30);
    }
  });

  it('allows its functions nothing on everything but to write traces', () => {
    const statements = ofType('AWS::IAM::Role')
      .filter(([name]) => name.startsWith('IamRoleLambda'))
      .flatMap(([, { Properties }]) => Properties.Policies as Policy[])
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    const onEverything = statements.filter(({ Resource }) => [Resource].flat().includes('*'));

    expect(statements.length).toBeGreaterThan(onEverything.length);
    expect(onEverything.flatMap(({ Action }) => Action)).toEqual([
      'xray:PutTraceSegments',
      'xray:PutTelemetryRecords',
    ]);
  });

  it('has no circle that CloudFormation could not resolve', () => {
    const circles = Object.keys(resources).flatMap((name) => findCircle(name)?.join(' → ') ?? []);

    expect(circles).toEqual([]);
  });
});

describe('the bundles', () => {
  it('stay within 300 KB each', () => {
    const sizes = readBundles().map(({ zip, code }) => ({ zip, bytes: code.length }));

    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.filter(({ bytes }) => bytes > budgetBytes)).toEqual([]);
  });

  it('load in Node.js with the SDK of the runtime and export a handler', async () => {
    symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'), 'junction');
    const files = readBundles().map(({ zip, name, code }) => {
      const file = path.join(directory, 'unpacked', zip, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, code);
      return file;
    });
    const script = `
      const types = [];
      for (const file of ${JSON.stringify(files)}) types.push(typeof (await import(file)).handler);
      console.log(JSON.stringify(types));`;

    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);

    expect(JSON.parse(stdout)).toEqual(files.map(() => 'function'));
  });
});

interface Policy {
  PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown }[] };
}

/** The one file of each function's archive. */
function readBundles(): { zip: string; name: string; code: Buffer }[] {
  return globSync('*.zip', { cwd: directory }).map((zip) => {
    const [[name, code] = ['', Buffer.alloc(0)], ...others] = [
      ...readZip(readFileSync(path.join(directory, zip))),
    ];
    expect(others, zip).toEqual([]);
    return { zip: path.basename(zip, '.zip'), name, code };
  });
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
