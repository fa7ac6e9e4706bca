import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { pythonTool, whyNoPython } from '../../scripts/cloud/python.ts';
import { createWorkplace, type Workplace } from '../../scripts/demo/storefront.ts';
import { freePort } from '../../scripts/free-port.ts';
import type { ApiDocument } from '../support/api-document.ts';
import { type RunningConductor, releaseIs, startConductor } from '../support/local-conductor.ts';

const run = promisify(execFile);
const missing = whyNoPython();
const because = missing ? ` (${missing})` : '';

/** What schemathesis counted, as its report has it. */
interface Counted {
  complete: boolean;
  operations: { selected: number; tested: number };
  test_cases: { generated: number; errored: number };
}

let place: Workplace;
let conductor: RunningConductor;
const releases = { finished: '', running: '' };

beforeAll(async () => {
  if (missing) return;
  place = await createWorkplace();
  await addBasket();
  conductor = await startConductor(place);
  releases.finished = await start('storefront', (it) => it.outcome === 'completed');
  releases.running = await start('basket', (it) => it.phase === 'watching');
}, 60_000);

afterAll(async () => {
  await conductor?.stop();
  place?.remove();
});

/** A second service, watched for so long that its release runs until somebody decides. */
async function addBasket(): Promise<void> {
  const router = { kind: 'local-proxy', port: await freePort() };
  const { environment } = place.manifest;
  const basket = { service: 'basket', environment, router, watch: { window: '30m' } };
  writeFileSync(path.join(place.directory, 'basket.yml'), stringify(basket));
  const config = parse(readFileSync(place.configPath, 'utf8'));
  const services = [...config.services, 'basket.yml'];
  // Who asks so much at once would be told to wait, and learn nothing.
  const api = { ...config.api, requestsPerSecond: 100_000 };
  writeFileSync(place.configPath, stringify({ ...config, api, services }));
}

type IsThere = Parameters<typeof releaseIs>[2];

async function start(service: string, isThere: IsThere): Promise<string> {
  const artifact = { uri: place.artifact('v1'), version: 'v1' };
  const { releaseId } = await conductor.api.startRelease({ service, artifact });
  await releaseIs(conductor, releaseId, isThere);
  return releaseId;
}

/**
 * The document as the conductor serves it, with the names of what is there: nobody guesses a release's
 * id or the path of an artifact, and without them there would be little but 404.
 */
async function writeDocument(): Promise<string> {
  const answer = await fetch(`${conductor.url}/api/openapi.json`);
  const document = (await answer.json()) as ApiDocument;
  for (const { parameters = [], operationId, requestBody } of operationsOf(document)) {
    for (const parameter of parameters) {
      if (parameter.name !== 'id' || parameter.in !== 'path') continue;
      Object.assign(parameter, {
        example: undefined,
        examples: {
          finished: { value: releases.finished },
          running: { value: releases.running },
        },
      });
    }
    const content = requestBody?.content['application/json'];
    if (operationId === 'applyManifest') Object.assign(content ?? {}, { example: place.manifest });
    if (operationId !== 'startRelease' || !content) continue;
    const artifact = { uri: place.artifact('v2'), version: 'v2' };
    content.example = { service: 'storefront', artifact };
    const { properties } = content.schema as { properties: { artifact: typeof content } };
    Object.assign(properties.artifact, withKnownArtifacts(properties.artifact));
  }
  const file = path.join(place.directory, 'openapi.json');
  writeFileSync(file, JSON.stringify(document));
  return file;
}

function operationsOf({ paths }: ApiDocument) {
  return Object.values(paths).flatMap((item) => Object.values(item));
}

function withKnownArtifacts(schema: object) {
  const { properties } = schema as { properties: Record<string, object> };
  const known = ['v1', 'v2'].map(place.artifact);
  return { properties: { ...properties, uri: { ...properties.uri, enum: known } } };
}

/** Runs it to its end and gives what it said and counted. */
async function schemathesis(document: string): Promise<{ said: string; counted: Counted }> {
  const report = path.join(place.directory, 'schemathesis.json');
  const config = path.join(import.meta.dirname, 'schemathesis.toml');
  const { stdout } = await run(
    pythonTool('schemathesis'),
    [
      ...['--config-file', config, 'run', document, '--url', conductor.url],
      ...['--header', `Authorization: Bearer ${conductor.token}`],
      ...['--phases', 'examples,coverage,fuzzing,stateful', '--warnings', 'off', '--no-color'],
      ...['--report', 'json', '--report-json-path', report],
    ],
    { cwd: place.directory, maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: { stdout?: string; message: string }) => ({
    stdout: error.stdout || error.message,
  }));
  return { said: stdout, counted: JSON.parse(readFileSync(report, 'utf8')) };
}

/**
 * The failures in what it said. Who guesses is told to wait after twenty wrong credentials, which it takes for
 * one when it tries a wrong one on the next route: it is a way to refuse as good as 401.
 */
function failuresIn(said: string): string[] {
  const found = said.slice(said.indexOf('= FAILURES ='), said.indexOf('= SUMMARY ='));
  const blocks = found.split(/^_{3,} (?=[A-Z]+ \/)/m).slice(1);
  const isToldToWait = (block: string) =>
    block.match(/- ST\d+/g)?.length === 1 &&
    block.includes('- ST401 Unexpected response to invalid authentication') &&
    block.includes('[429] Too Many Requests');
  return blocks.filter((block) => !isToldToWait(block));
}

describe('schemathesis', () => {
  it.skipIf(missing)(
    `finds no 500, nothing that the document does not say, and no way in without a token${because}`,
    async () => {
      const { said, counted } = await schemathesis(await writeDocument());
      const { operations, test_cases: cases } = counted;
      const failures = failuresIn(said);

      console.log(
        `schemathesis: ${operations.tested} operations, ${cases.generated} cases, ` +
          `${failures.length} failures, ${cases.errored} errors`,
      );
      expect(failures).toEqual([]);
      expect(counted, said).toMatchObject({ complete: true, test_cases: { errored: 0 } });
      expect(operations.tested).toBe(operations.selected);
      expect(cases.generated).toBeGreaterThan(1000);
    },
    480_000,
  );

  it.skipIf(missing)(`leaves a conductor that still answers${because}`, async () => {
    const { events } = await conductor.api.release(releases.finished);
    expect(events.length).toBeGreaterThan(0);
    expect((await fetch(`${conductor.url}/healthz`)).status).toBe(200);
  });
});
