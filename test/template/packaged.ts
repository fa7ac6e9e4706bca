import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { root } from '../unit/docs/pages.ts';

const run = promisify(execFile);

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that `serverless package` filled, or why there is none. */
    packaged: string;
  }
}

/** A resource of a CloudFormation template. */
export interface Resource {
  Type: string;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Properties: Record<string, unknown>;
}

/** A statement of an IAM policy. */
export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Principal?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

/** Where the packaged service is. @throws Error with what packaging said. */
export function packageDirectory(): string {
  const directory = inject('packaged');
  if (existsSync(directory)) return directory;
  throw new Error(directory);
}

/** The packaged template. */
export function readTemplate(): { Resources: Record<string, Resource>; Outputs: object } {
  const file = path.join(packageDirectory(), 'cloudformation-template-update-stack.json');
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The service's configuration with these parameters, as `serverless package` would go by it. */
export async function configuredWith(
  parameters: Readonly<Record<string, string>>,
): Promise<{ resources: Record<string, never>; custom: Record<string, never> }> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const cli = path.join(root, 'node_modules/.bin/serverless');
  const given = Object.entries(parameters).flatMap(([name, it]) => ['--param', `${name}=${it}`]);
  const options = { cwd: root, env: Object.fromEntries(kept), maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run(cli, ['print', '--format', 'json', ...given], options);
  return JSON.parse(stdout);
}

/** Resources of one type by their logical names. */
export function resourcesOf(type: string): [string, Resource][] {
  return Object.entries(readTemplate().Resources).filter(([, resource]) => resource.Type === type);
}

/** A resource's properties. @throws Error when the template has none of that name. */
export function propertiesOf(name: string): Record<string, unknown> {
  const found = readTemplate().Resources[name];
  if (found) return found.Properties;
  throw new Error(`the template has no ${name}`);
}

/** The logical name that packaging gives to a function. */
export function logicalFunction(key: string): string {
  return `${key.replace(/^./, (first) => first.toUpperCase())}LambdaFunction`;
}

/** The statements of a policy document. */
export function statementsOf(document: unknown): Statement[] {
  return (document as { Statement: Statement[] }).Statement;
}

/**
 * A value with CloudFormation's functions written as `${Name}` and `${Name.Attribute}`, lists and
 * objects throughout.
 */
export function spelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value !== 'object' || value === null) return value;
  const [[key = '', inner] = [], ...others] = Object.entries(value);
  if (others.length === 0) {
    if (key === 'Ref') return `\${${inner}}`;
    if (key === 'Fn::GetAtt') return `\${${(inner as string[]).join('.')}}`;
    if (key === 'Fn::Sub' && typeof inner === 'string') return inner;
    if (key === 'Fn::Join') {
      const [separator, parts] = inner as [string, unknown[]];
      return parts.map(spelled).join(separator);
    }
  }
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, spelled(it)]));
}

/** One or several texts as a list. */
export function listed(value: unknown): string[] {
  return [spelled(value)].flat() as string[];
}
