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
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CheckVerdict } from '../../lib/checks/check.ts';
import { machines } from '../../lib/engine/engine.ts';
import type { ConsoleFiles } from '../../lib/http/console.ts';
import { createApiDocument } from '../../lib/http/openapi/document.ts';
import { manifestJsonSchema } from '../../lib/platform/manifest-schema.ts';
import { type Definition, readDefinition, type State } from './machine-files.ts';
import {
  logicalFunction,
  packageDirectory,
  type Resource,
  readTemplate,
  resourcesOf,
} from './packaged.ts';
import { readZip } from './zip.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');
const budgetBytes = 300 * 1024;

/** Functions that no state calls. */
const triggers = ['onArtifact', 'onAlarm', 'onExecutionEnded', 'sweep', 'check', 'http'];

/** JSON with `${placeholders}`, and what each of them stands for. */
interface DefinitionString {
  'Fn::Sub': [string, Record<string, { 'Fn::GetAtt': string[] }>];
}

/** A machine's definition as it was packaged, with the functions' logical names put back in. */
function packagedDefinition(logicalId: string): Definition {
  const written = readTemplate().Resources[logicalId]?.Properties.DefinitionString as
    | DefinitionString
    | undefined;
  const [text, values] = written?.['Fn::Sub'] ?? ['null', {}];
  const filled = text.replace(/"\$\{(\w+)\}"/g, (_, name) => JSON.stringify(values[name]));
  return JSON.parse(filled);
}

/** The machine's file, with function keys as the logical names that packaging gives them. */
function expectedDefinition(machine: (typeof machines)[number]): Definition {
  const definition = readDefinition(machine);
  for (const state of Object.values(definition.States)) {
    if (!state.Parameters) continue;
    state.Parameters.FunctionName = { 'Fn::GetAtt': [logicalFunction(keyOf(state)), 'Arn'] };
  }
  return definition;
}

function keyOf(state: State): string {
  const reference = state.Parameters?.FunctionName as { 'Fn::GetAtt': [string, string] };
  return reference['Fn::GetAtt'][0];
}

type Resources = Record<string, Resource>;

/** The resources that this one refers to: what CloudFormation makes first. */
function referencesOf(resource: Resource, resources: Resources): string[] {
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
  resources: Resources,
  trail: string[] = [],
  cleared = new Set<string>(),
): string[] | undefined {
  if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
  const resource = resources[name];
  if (!resource || cleared.has(name)) return undefined;
  for (const next of referencesOf(resource, resources)) {
    const circle = findCircle(next, resources, [...trail, name], cleared);
    if (circle) return circle;
  }
  cleared.add(name);
  return undefined;
}

describe('the packaged stack', () => {
  it.each(machines)('holds the %s machine as it is in its file', (machine) => {
    const logicalId = `${machine.replace(/^./, (first) => first.toUpperCase())}StateMachine`;

    expect(packagedDefinition(logicalId)).toEqual(expectedDefinition(machine));
  });

  it('runs every machine as a traced Standard workflow that logs its errors', () => {
    const found = resourcesOf('AWS::StepFunctions::StateMachine');

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
      const timeout = readTemplate().Resources[logicalFunction(keyOf(state))]?.Properties.Timeout;
      expect(timeout, keyOf(state)).toBeTypeOf('number');
      if (state.TimeoutSeconds) expect(timeout).toBeLessThan(state.TimeoutSeconds);
      else expect(timeout).toBeLessThanOrEqual(20);
    }
  });

  it('has a function for every state and trigger, a file for each, and no other', () => {
    const called = machines.flatMap((machine) =>
      Object.values(readDefinition(machine).States)
        .filter((state) => state.Parameters)
        .map(keyOf),
    );
    const wanted = [...new Set(called), ...triggers].toSorted();
    const files = globSync('functions/*.ts', { cwd: root }).map((file) =>
      path.basename(file, '.ts'),
    );

    expect(
      resourcesOf('AWS::Lambda::Function')
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(wanted.map(logicalFunction));
    expect(files.map(camelCase).toSorted()).toEqual(wanted);
  });

  it('runs every function on the same runtime, traced', () => {
    for (const [name, { Properties }] of resourcesOf('AWS::Lambda::Function')) {
      expect(Properties, name).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
      });
    }
  });

  it('has no circle that CloudFormation could not resolve', () => {
    const { Resources } = readTemplate();
    const circles = Object.keys(Resources).flatMap(
      (name) => findCircle(name, Resources)?.join(' → ') ?? [],
    );

    expect(circles).toEqual([]);
  });
});

describe('the bundles', () => {
  it('load no more than 300 KB each when they start', () => {
    const sizes = readBundles().map(({ zip, name, files }) => ({
      zip,
      bytes: loadedAtStart(name, files).reduce((sum, it) => sum + (files.get(it)?.length ?? 0), 0),
    }));

    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.filter(({ bytes }) => bytes > budgetBytes)).toEqual([]);
  });

  it('leave adapters to be loaded when a manifest names them', () => {
    for (const { zip, name, files } of readBundles()) {
      const later = [...files.keys()].filter((it) => !loadedAtStart(name, files).includes(it));
      expect(later.length, zip).toBeGreaterThan(2);
    }
  });

  it('load in Node.js with the SDK of the runtime and export a handler', async () => {
    const { directory, files } = unpack(readBundles());
    const script = `
      const types = [];
      for (const file of ${JSON.stringify(files)}) types.push(typeof (await import(file)).handler);
      console.log(JSON.stringify(types));`;

    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    rmSync(directory, { recursive: true, force: true });

    expect(JSON.parse(stdout)).toEqual(files.map(() => 'function'));
  });
});

describe('what the HTTP function loads when somebody asks for it', () => {
  it('has the console finished, at most 100 KB as it travels', async () => {
    const { readConsoleFiles } = await importPart<{
      readConsoleFiles(): Promise<ConsoleFiles>;
    }>('console-files');

    const { page, assets } = await readConsoleFiles();
    const travels = [page, ...Object.values(assets)].map(
      ({ plain, compressed }) => (compressed.gzip ?? plain).length,
    );
    expect(new TextDecoder().decode(page.plain)).toContain('/assets/main-');
    expect(Object.keys(assets).length).toBeGreaterThanOrEqual(2);
    expect(travels.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(100 * 1024);
  });

  it('describes the manifest as the sources do', async () => {
    const { manifestJsonSchema: packaged } = await importPart<{
      manifestJsonSchema: typeof manifestJsonSchema;
    }>('manifest-schema');

    expect(packaged()).toEqual(manifestJsonSchema());
  });

  it('writes the document of the API as the sources do', async () => {
    const { createApiDocument: packaged } = await importPart<{
      createApiDocument: typeof createApiDocument;
    }>('document');
    const facts = { version: '1.2.3', manifestSchema: manifestJsonSchema() };

    expect(packaged(facts)).toEqual(createApiDocument(facts));
  });
});

describe('what the function that runs checks loads when a manifest asks for a database', () => {
  it('understands SQL, and connects', async () => {
    const { createDatabaseCheck } = await importExporting<{
      createDatabaseCheck(
        config: object,
        deps: object,
      ): { run(context: object): Promise<CheckVerdict> };
    }>('validate', 'createDatabaseCheck');
    const config = { connection: { url: 'postgres://shop@127.0.0.1:1/shop' } };
    const check = createDatabaseCheck(config, { timers: { after: soon } });
    const green = { id: '2', kind: 'lambda-version', attributes: {} };
    const abort = new AbortController().signal;
    const answer = await check.run({ green, blue: null, abort });

    expect(answer.summary).toContain('shop at 127.0.0.1:1 cannot be reached: ');
    const { loadModule, parseSync } = await importExporting<typeof import('libpg-query')>(
      'validate',
      'loadModule',
    );
    await loadModule();
    expect(parseSync('SELECT 1').stmts).toHaveLength(1);
  });

  it('is in no other archive', () => {
    const large = readBundles().flatMap(({ zip, files }) =>
      [...files].filter(([, code]) => code.length > 1024 * 1024).map(([part]) => `${zip} ${part}`),
    );

    expect(large.toSorted()).toEqual([
      expect.stringMatching(/^check functions\/check\.parts\//),
      expect.stringMatching(/^validate functions\/validate\.parts\//),
    ]);
  });
});

const soon = (_: number, callback: () => void) => {
  setImmediate(callback);
  return () => {};
};

/** The part of a function that exports this name. */
async function importExporting<Part>(zip: string, name: string): Promise<Part> {
  const bundle = readBundles().find((it) => it.zip === zip);
  if (!bundle) throw new Error(`there is no archive of ${zip}`);
  const [part] =
    [...bundle.files].find(
      ([, code]) => code.includes(` as ${name}`) || code.includes(`${name},`),
    ) ?? [];
  expect(loadedAtStart(bundle.name, bundle.files)).not.toContain(part);
  const { directory } = unpack([bundle]);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return import(path.join(directory, zip, part ?? name));
}

/** A part of the HTTP function, loaded as the function would load it, and not before. */
async function importPart<Part>(name: string): Promise<Part> {
  const http = readBundles().find(({ zip }) => zip === 'http');
  if (!http) throw new Error('there is no archive of the HTTP function');
  const part = [...http.files.keys()].find((it) => it.includes(`.parts/${name}-`)) ?? name;
  expect([...http.files.keys()]).toContain(part);
  expect(loadedAtStart(http.name, http.files)).not.toContain(part);
  const { directory } = unpack([http]);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return import(path.join(directory, http.zip, part));
}

/** Writes archives into a folder in which they find the SDK of the runtime. */
function unpack(bundles: Bundle[]): { directory: string; files: string[] } {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-bundles-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'), 'junction');
  const files = bundles.map(({ zip, name, files }) => {
    for (const [part, code] of files) {
      const file = path.join(directory, zip, part);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, code);
    }
    return path.join(directory, zip, name);
  });
  return { directory, files };
}

interface Bundle {
  zip: string;
  /** The file that is started; the others are its parts. */
  name: string;
  files: Map<string, Buffer>;
}

/** Each function's archive: one file to start, and its own parts. */
function readBundles(): Bundle[] {
  const directory = packageDirectory();
  return globSync('*.zip', { cwd: directory }).map((zip) => {
    const files = readZip(readFileSync(path.join(directory, zip)));
    const [name = '', ...others] = [...files.keys()].filter((it) => !it.includes('.parts/'));
    expect(others, zip).toEqual([]);
    const own = `${name.replace(/\.mjs$/, '')}.parts/`;
    const strangers = [...files.keys()].filter((it) => it !== name && !it.startsWith(own));
    expect(strangers, zip).toEqual([]);
    return { zip: path.basename(zip, '.zip'), name, files };
  });
}

/** A file and what it imports before it runs, and so on; not what it imports by a call. */
function loadedAtStart(name: string, files: Bundle['files'], seen = [name]): string[] {
  const code = files.get(name)?.toString() ?? '';
  for (const [, target = ''] of code.matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"']+)["']/g)) {
    const file = path.posix.join(path.posix.dirname(name), target);
    if (seen.includes(file)) continue;
    seen.push(file);
    loadedAtStart(file, files, seen);
  }
  return seen;
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
