import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckVerdict } from '../../../lib/checks/check.ts';
import type { createCheck } from '../../../lib/checks/index.ts';
import { checkContext } from '../../support/check-context.ts';
import { createServers } from '../../support/serve.ts';
import { realIds, realTimers } from '../environments/process-harness.ts';

const root = path.join(import.meta.dirname, '../../..');
const { serve, stopAll } = createServers();
let directory: string;
let create: typeof createCheck;

/** As serverless.yml has it: ES modules, in parts, with a `require` for what is CommonJS. */
const banner = `import { createRequire as __create } from 'node:module'; const require = __create(import.meta.url);`;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'verdigris-bundled-'));
  await build({
    entryPoints: [path.join(root, 'lib/checks/index.ts')],
    ...{ outdir: directory, outExtension: { '.js': '.mjs' }, banner: { js: banner } },
    ...{ bundle: true, minify: true, splitting: true, format: 'esm', platform: 'node' },
    external: ['@aws-sdk/*'],
  });
  create = (await import(path.join(directory, 'index.mjs'))).createCheck;
});

afterAll(async () => {
  await stopAll();
  rmSync(directory, { recursive: true, force: true });
});

/** What the code that is loaded on demand says, once it is bundled for a Lambda function. */
describe('a bundled check', () => {
  const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#' };

  it.each([
    [{ kind: 'http', path: '/', expect: { schema: { required: ['a', 'b'] } } }, "property 'b'"],
    [{ kind: 'http', path: '/', expect: { schema: { ...draft7, required: ['c'] } } }, "'c'"],
    [
      {
        kind: 'journey',
        steps: [{ path: '/', capture: { a: { cookie: 'a' } } }, { path: '/{a}' }],
      },
      'all 2 steps',
    ],
    [{ kind: 'replay', source: { requests: ['/'] } }, '1 request is answered as on blue'],
  ])('finds what it needs: %j', async (config, says) => {
    const address = await serve((_, response) => {
      response.setHeader('set-cookie', 'a=1').end('{"a":"2026-01-01"}');
    });
    const side = { id: 'shop-2', kind: 'fake', version: '2', address, attributes: {} };
    const check = await create(config, { timers: realTimers, ids: realIds });
    const answer = await check.run(checkContext({ green: side, blue: side }));
    expect((answer as CheckVerdict).summary).toContain(says);
  });
});
