import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

interface SourceFile {
  /** From the root, with forward slashes. */
  path: string;
  text: string;
}

interface Import {
  /** A file from the root, or a package's name. */
  target: string;
  isTypeOnly: boolean;
}

type Layer =
  | 'functions'
  | 'cli'
  | 'console'
  | 'scripts'
  | 'platform'
  | 'steps'
  | 'http'
  | 'http-types'
  | 'registry'
  | 'adapter'
  | 'aws'
  | 'shared'
  | 'contract'
  | 'release';

/** Who may import whom, besides its own layer: DESIGN section 2. Nothing that is not here is allowed. */
const allowed: Record<Layer, readonly Layer[]> = {
  functions: ['platform', 'steps'],
  cli: ['platform', 'http-types', 'release'],
  console: ['http-types'],
  // Benchmarks measure one part by itself, the demo shows what the command line shows.
  scripts: ['platform', 'cli', 'http-types', 'adapter', 'shared', 'release'],
  platform: ['steps', 'http', 'http-types', 'registry', 'adapter', 'shared', 'contract', 'release'],
  steps: ['shared', 'contract', 'release'],
  http: ['http-types', 'contract', 'release'],
  'http-types': ['contract', 'release'],
  registry: ['adapter', 'shared', 'contract', 'release'],
  adapter: ['registry', 'aws', 'shared', 'contract', 'release'],
  aws: ['shared', 'contract', 'release'],
  shared: ['contract', 'release'],
  contract: ['release'],
  release: [],
};

/** Packages of a layer; a layer that is not here may use any but the AWS SDK. */
const packages: Partial<Record<Layer, readonly string[]>> = {
  console: ['preact'],
  steps: ['zod'],
  'http-types': ['zod'],
  shared: ['zod', 'node:util'],
  contract: ['zod'],
  release: ['zod'],
};

const contracts: readonly string[] = [
  'lib/environments/environment.ts',
  'lib/routers/router.ts',
  'lib/checks/check.ts',
  'lib/signals/signal.ts',
  'lib/notifiers/notifier.ts',
  'lib/notifiers/slack-message.ts',
  'lib/ledger/ledger.ts',
  'lib/engine/engine.ts',
  'lib/http/operations.ts',
  'lib/secrets/secrets.ts',
];

/** What the adapters of one part have in common, and the judge: none of it knows a provider. */
const shared: readonly string[] = [
  'lib/routers/route-plan.ts',
  'lib/routers/within-lease.ts',
  'lib/engine/execution-store.ts',
  'lib/ledger/approval-rules.ts',
  'lib/ledger/overtaking.ts',
  'lib/ledger/receipt-rules.ts',
  'lib/ledger/token-rules.ts',
  'lib/ledger/turns.ts',
  'lib/signals/cloudwatch-errors.ts',
  'lib/notifiers/event-json.ts',
  'lib/notifiers/post-json.ts',
  'lib/notifiers/once.ts',
  'lib/notifiers/telling.ts',
  'lib/notifiers/wanted-events.ts',
  'lib/secrets/cached.ts',
  'lib/checks/body-expectation.ts',
  'lib/checks/check-files.ts',
  'lib/checks/doors.ts',
  'lib/checks/har.ts',
  'lib/checks/json-paths.ts',
  'lib/checks/placeholders.ts',
  'lib/checks/findings.ts',
  'lib/checks/own-name.ts',
  'lib/checks/path-patterns.ts',
  'lib/checks/requests.ts',
  'lib/checks/through.ts',
  'lib/checks/written-requests.ts',
  'lib/checks/environment-size.ts',
  'lib/aws/sdk-errors.ts',
  'lib/aws/environment-tags.ts',
  'lib/aws/environment-name.ts',
  'lib/aws/green-capacity.ts',
  'lib/aws/policy-statements.ts',
  'lib/aws/provider-errors.ts',
  'lib/aws/secret-references.ts',
  'lib/aws/target-group-choice.ts',
];

/** Who makes the SDK's clients, and who signs what the command line sends: it speaks HTTP as everybody does. */
const usesSdk: readonly string[] = [
  'lib/platform/aws.ts',
  'lib/platform/aws-signature.ts',
  'lib/platform/check-caller.ts',
];

/** What adapters of several parts do with one thing of AWS: they talk to it, so they are for adapters only. */
const aws: readonly string[] = ['lib/aws/target-groups.ts'];

/** A socket's own `setTimeout` method is no clock. */
const clockBans: Record<string, RegExp> = {
  'Date.now': /\bDate\.now\b/,
  'new Date()': /\bnew Date\(\s*\)/,
  setTimeout: /(?<!\.)\bsetTimeout\b|\b(?:globalThis|timers)\.setTimeout\b/,
  setInterval: /\bsetInterval\b/,
  'Math.random': /\bMath\.random\b/,
  randomUUID: /\brandomUUID\b/,
};

function layerOf(file: string): Layer | undefined {
  const [top, part, name] = file.split('/');
  if (top === 'functions' || top === 'cli' || top === 'console' || top === 'scripts') return top;
  if (top !== 'lib') return undefined;
  if (contracts.includes(file)) return 'contract';
  if (shared.includes(file) || file.startsWith('lib/signals/judge/')) return 'shared';
  if (aws.includes(file)) return 'aws';
  if (part === 'release' || part === 'platform' || part === 'steps') return part;
  if (part === 'http') return name === 'api.ts' ? 'http-types' : 'http';
  return name === 'index.ts' ? 'registry' : 'adapter';
}

/** `lib/routers/local-proxy.ts` and all of `lib/routers/local-proxy/` are one adapter. */
function adapterOf(file: string): string {
  return file.split('/').slice(0, 3).join('/').replace(/\.ts$/, '');
}

function partOf(file: string): string | undefined {
  return file.split('/')[1];
}

function importsOf({ path: from, text }: SourceFile): Import[] {
  const code = withoutComments(text);
  const statements = code.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[\w*{][^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
  );
  const calls = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*[,)]/g);
  return [
    ...[...statements].map(([, type, target]) => ({ target, isTypeOnly: type !== undefined })),
    ...[...calls].map(([, target]) => ({ target, isTypeOnly: false })),
  ].map(({ target = '', isTypeOnly }) => ({ target: resolve(from, target), isTypeOnly }));
}

function resolve(from: string, target: string): string {
  return target.startsWith('.') ? path.posix.join(path.posix.dirname(from), target) : target;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;{}(,])\/\/.*$/gm, '$1');
}

function packageOf(target: string): string {
  const [first = '', second] = target.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** Why this import is not allowed, or undefined. */
function objection(from: string, { target, isTypeOnly }: Import): string | undefined {
  const layer = layerOf(from);
  if (!layer) return 'belongs to no layer';
  const other = layerOf(target);
  if (!other) return packageObjection(from, layer, packageOf(target));
  if (layer !== other && !allowed[layer].includes(other)) return `${layer} must not know ${other}`;
  if (layer === 'console' && other === 'http-types' && !isTypeOnly)
    return 'the console may know the types of the API only: its schemas would come along';
  const isForAll = other === 'release' || other === 'contract';
  if (layer === 'registry' && !isForAll && partOf(from) !== partOf(target))
    return 'a registry knows its own part only, and contracts';
  if (layer === 'adapter' && other === 'adapter' && adapterOf(from) !== adapterOf(target))
    return 'adapters must not know each other';
  if (
    layer === 'adapter' &&
    other === 'registry' &&
    (!isTypeOnly || partOf(from) !== partOf(target))
  )
    return 'an adapter may know the types of its own registry only';
  return undefined;
}

function packageObjection(from: string, layer: Layer, name: string): string | undefined {
  const isAwsSdk = name.startsWith('@aws-sdk/') || name.startsWith('@smithy/');
  const mayUseSdk =
    layer === 'adapter' || layer === 'aws' || usesSdk.includes(from) || usesEmulator(from);
  if (isAwsSdk && !mayUseSdk)
    return 'the AWS SDK belongs to adapters, what they share of it, and lib/platform/aws.ts';
  const own = packages[layer];
  return own && !own.includes(name) ? `${layer} must not use the package ${name}` : undefined;
}

/** Scripts that talk to the emulated cloud, or to a stand-in, as a user's own programs would. */
function usesEmulator(file: string): boolean {
  return /^scripts\/(?:cloud|demo-cloud|dns-lab|bench\/cloud)(?:\.ts$|\/)/.test(file);
}

/** Every arrow that the house does not have: `from → target: why`. */
function badArrows(files: SourceFile[]): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap((found) => {
      const why = objection(file.path, found);
      return why ? [`${file.path} → ${found.target}: ${why}`] : [];
    }),
  );
}

/**
 * Time and chance are for the platform to give. Scripts are programs of their own, and a page in a
 * browser is its own platform; only what it decides is pure, and gets the time from its caller.
 */
function mayHaveClock(file: string): boolean {
  const layer = layerOf(file);
  if (layer === 'console') return !/^console\/(?:model|words|charts)\//.test(file);
  return layer === 'platform' || layer === 'scripts';
}

/** Every use of time or chance outside the layers that may: `file: what`. */
function badClocks(files: SourceFile[]): string[] {
  return files
    .filter((file) => !mayHaveClock(file.path))
    .flatMap((file) => {
      const code = withoutComments(file.text);
      const uses = Object.entries(clockBans).filter(([, pattern]) => pattern.test(code));
      return uses.map(([what]) => `${file.path}: ${what}`);
    });
}

function readSources(): SourceFile[] {
  const found = globSync('{functions,cli,console,scripts,lib}/**/*.{ts,tsx,mjs,js}', { cwd: root });
  return found.map((file) => ({
    path: file.split(path.sep).join('/'),
    text: readFileSync(path.join(root, file), 'utf8'),
  }));
}

const sources = readSources();

describe('the house', () => {
  it('has only the arrows of the design', () => {
    expect(badArrows(sources)).toEqual([]);
  });

  it('takes time and chance by injection outside the platform', () => {
    expect(badClocks(sources)).toEqual([]);
  });

  it('imports only files that exist', () => {
    const known = new Set(sources.map((file) => file.path));
    const missing = sources.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => layerOf(target) && !target.endsWith('.json') && !known.has(target))
        .map(({ target }) => `${file.path} → ${target}`),
    );

    expect(missing).toEqual([]);
  });

  it('has every file that the rules name', () => {
    const known = sources.map((file) => file.path);

    expect(known).toEqual(expect.arrayContaining([...contracts, ...shared, ...aws, ...usesSdk]));
  });
});

describe('the walker', () => {
  const bad: [string, string, string][] = [
    ['lib/steps/a.ts', "import { x } from '../routers/local-proxy.ts';", 'steps must not know'],
    ['lib/steps/a.ts', "import type { X } from '../routers/index.ts';", 'steps must not know'],
    ['lib/steps/a.ts', "import {\n  a,\n  b,\n} from '../platform/local.ts';", 'must not know'],
    ['lib/steps/a.ts', "import { readFileSync } from 'node:fs';", 'package node:fs'],
    ['lib/steps/a.ts', "import { SFNClient } from '@aws-sdk/client-sfn';", 'the AWS SDK belongs'],
    ['lib/http/app.ts', "import { SFNClient } from '@aws-sdk/client-sfn';", 'the AWS SDK belongs'],
    ['lib/http/app.ts', "const x = await import('../steps/admit.ts');", 'http must not know steps'],
    ['lib/routers/a.ts', "import { x } from './b.ts';", 'adapters must not know each other'],
    ['lib/routers/a/x.ts', "export * from '../b/y.ts';", 'adapters must not know each other'],
    ['lib/routers/a.ts', "import { x } from '../ledger/sqlite.ts';", 'know each other'],
    ['lib/routers/a.ts', "import { x } from '../steps/admit.ts';", 'adapter must not know steps'],
    ['lib/routers/a.ts', "import { x } from './index.ts';", 'types of its own registry'],
    ['lib/steps/a.ts', "import { x } from '../aws/target-groups.ts';", 'steps must not know aws'],
    ['lib/platform/aws.ts', "import { x } from '../aws/target-groups.ts';", 'must not know aws'],
    ['lib/routers/index.ts', "import type { X } from '../aws/target-groups.ts';", 'know aws'],
    ['lib/aws/sdk-errors.ts', "import { x } from './target-groups.ts';", 'must not know aws'],
    ['lib/aws/sdk-errors.ts', "import '@aws-sdk/client-ecs';", 'the AWS SDK belongs'],
    ['lib/aws/target-groups.ts', "import { x } from '../routers/a.ts';", 'must not know adapter'],
    ['lib/routers/index.ts', "import { x } from '../checks/http.ts';", 'its own part'],
    ['lib/routers/router.ts', "import type { X } from './index.ts';", 'contract must not know'],
    ['lib/release/plan.ts', "import { parse } from 'yaml';", 'package yaml'],
    ['lib/release/plan.ts', "import type { R } from '../routers/router.ts';", 'must not know'],
    ['cli/main.ts', "import { x } from '../lib/steps/admit.ts';", 'cli must not know steps'],
    ['console/app.ts', "import { x } from '../lib/http/app.ts';", 'console must not know http'],
    ['console/app.tsx', "import { bodyLimitBytes } from '../lib/http/api.ts';", 'types of the API'],
    ['console/api.ts', "import type { Role } from '../lib/release/access.ts';", 'must not know'],
    ['console/app.tsx', "import { z } from 'zod';", 'package zod'],
    ['functions/a.ts', "import '../lib/ledger/sqlite.ts';", 'functions must not know adapter'],
    ['scripts/demo.ts', "import { x } from '../lib/steps/admit.ts';", 'must not know steps'],
    ['lib/platform/a.ts', "import { x } from '../../cli/main.ts';", 'must not know cli'],
  ];

  it.each(bad)('finds what is wrong in %s: %s', (file, text, why) => {
    const found = badArrows([{ path: file, text: `// a comment\n${text}\n` }]);

    expect(found).toHaveLength(1);
    expect(found[0]).toContain(why);
  });

  const good: [string, string][] = [
    ['functions/admit.ts', "import { admit } from '../lib/steps/admit.ts';"],
    ['lib/steps/a.ts', "import type { Router } from '../routers/router.ts';"],
    ['lib/notifiers/index.ts', "import type { Secrets } from '../secrets/secrets.ts';"],
    ['lib/routers/a.ts', "import type { RouterKind } from './index.ts';"],
    ['lib/routers/a/x.ts', "import { SFNClient } from '@aws-sdk/client-sfn';"],
    ['lib/routers/a.ts', "import { x } from './a/x.ts';"],
    ['lib/routers/a.ts', "import { x } from '../aws/target-groups.ts';"],
    ['lib/aws/target-groups.ts', "import '@aws-sdk/client-elastic-load-balancing-v2';"],
    ['lib/platform/aws.ts', "import { SFNClient } from '@aws-sdk/client-sfn';"],
    ['console/app.tsx', "import { useState } from 'preact/hooks';"],
    ['console/api.ts', "import type { ErrorAnswer } from '../lib/http/api.ts';"],
    ['lib/release/plan.ts', "import { z } from 'zod';"],
    ['lib/release/plan.ts', "/* import { x } from '../steps/admit.ts'; */"],
    ['lib/release/plan.ts', "// import('../steps/admit.ts')"],
  ];

  it.each(good)('lets %s be: %s', (file, text) => {
    expect(badArrows([{ path: file, text: `${text}\n` }])).toEqual([]);
  });

  it.each([
    'const now = Date.now();',
    'const at = new Date( );',
    'setTimeout(() => {}, 5);',
    "import { setInterval } from 'node:timers/promises';",
    'const roll = Math.random();',
    'const id = crypto.randomUUID();',
  ])('finds time and chance in a step: %s', (text) => {
    expect(badClocks([{ path: 'lib/steps/a.ts', text }])).toHaveLength(1);
  });

  it("lets the platform have its clock, and everybody a given date and a socket's idle time", () => {
    const files = [
      { path: 'lib/platform/clock.ts', text: 'const now = Date.now();' },
      { path: 'lib/steps/a.ts', text: 'const at = new Date(ms); // not new Date()' },
      { path: 'lib/routers/a.ts', text: 'socket.setTimeout(0);' },
      { path: 'console/main.tsx', text: 'const now = Date.now();' },
    ];

    expect(badClocks(files)).toEqual([]);
  });

  it('finds time in what the console decides', () => {
    const files = [{ path: 'console/words/durations.ts', text: 'const now = Date.now();' }];

    expect(badClocks(files)).toHaveLength(1);
  });
});
