import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');
const { lazySdk } = await import(
  pathToFileURL(path.join(root, 'scripts/esbuild-lazy-sdk.mjs')).href
);

const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-lazy-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Counts what a bundle requires. */
const banner = `import { createRequire } from 'node:module';
  const required = (globalThis.requiredByBundle = []);
  const real = createRequire(${JSON.stringify(path.join(root, 'package.json'))});
  const require = (name) => { required.push(name); return real(name); };`;

async function bundle(contents: string, external: string[]) {
  const outfile = path.join(directory, `${external.length}.mjs`);
  await build({
    ...{ stdin: { contents, resolveDir: root }, outfile, external, banner: { js: banner } },
    ...{ bundle: true, format: 'esm', platform: 'node', plugins: [lazySdk], logLevel: 'error' },
  });
  return import(pathToFileURL(outfile).href);
}

const source = `
  import { DescribeExecutionCommand, SFNClient, SFNServiceException } from '@aws-sdk/client-sfn';
  import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
  export const describe = (input) => new DescribeExecutionCommand(input);
  export const isOne = (it) => it instanceof DescribeExecutionCommand;
  export const client = () => new SFNClient({ region: 'us-east-1' });
  export const fail = () => new SFNServiceException({ name: 'x', $fault: 'client', $metadata: {} });
  export const isFailure = (it) => it instanceof SFNServiceException;
  export const read = () => new GetSecretValueCommand({});`;

describe('the SDK in a bundle', () => {
  it('is loaded package by package, with the first use of each', async () => {
    const made = await bundle(source, ['@aws-sdk/*']);
    const { requiredByBundle: required } = globalThis as unknown as { requiredByBundle: string[] };
    expect(required).toEqual([]);
    made.describe({});
    expect(required).toEqual(['@aws-sdk/client-sfn']);
    made.client();
    made.read();

    expect(required).toEqual(['@aws-sdk/client-sfn', '@aws-sdk/client-secrets-manager']);
  });

  it.each([
    ['outside the bundle', ['@aws-sdk/*']],
    ['inside the bundle', []],
  ])('behaves as itself: %s', async (_, external) => {
    const made = await bundle(source, external);
    const command = made.describe({ executionArn: 'arn' });

    expect(command.input).toEqual({ executionArn: 'arn' });
    expect(command.constructor.name).toMatch(/^DescribeExecutionCommand/);
    expect([made.isOne(command), made.isOne({}), made.isOne(made.fail())]).toEqual([
      true,
      false,
      false,
    ]);
    expect(made.isFailure(made.fail())).toBe(true);
    expect(made.client().config.serviceId).toBe('SFN');
  });
});
