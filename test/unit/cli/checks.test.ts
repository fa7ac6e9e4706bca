import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckRun } from '../../../lib/http/api.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { startTestApi, type TestApi } from '../../support/api-server.ts';
import { createCommandLine } from '../../support/command-line.ts';
import { fixtureCheckRun } from '../../support/fakes/operations.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

async function run(...args: string[]) {
  const { verdigris, output } = createCommandLine(api.url);
  const code = await verdigris(...args);
  return { code, lines: output.stdout.trim().split('\n'), stderr: output.stderr, output };
}

/** The service has these checks, and they come to this. */
function have(...runs: (Partial<CheckRun> & { check: string })[]) {
  api.operations.listChecks = async () =>
    runs.map(({ check: name, isCritical = true }) => ({
      ...{ name, kind: 'http', isCritical, timeoutSeconds: 10 },
    }));
  const asked: Parameters<typeof api.operations.runCheck>[0][] = [];
  api.operations.runCheck = async (request) => {
    asked.push(request);
    const found = runs.find(({ check }) => check === request.check);
    return fixtureCheckRun({ isPreflight: request.isPreflight, ...found });
  };
  return asked;
}

describe('verdigris check', () => {
  it('runs every check and says what each came to', async () => {
    have({ check: 'health' }, { check: 'assets', verdict: 'warn', summary: '1 of 4 is slow' });
    const { code, lines } = await run('check', 'storefront');

    expect(code).toBe(0);
    expect(lines).toEqual([
      'storefront: storefront-v2, against storefront-v1',
      '✔ health: GET /healthz answered 200 in 4 ms',
      '• assets: 1 of 4 is slow',
      '1 passed, 1 warned',
    ]);
  });

  it('exits 1 when a critical one fails, and 0 when another does', async () => {
    const failing = { check: 'health', verdict: 'fail', summary: 'no answer' } as const;
    have(failing);
    expect((await run('check', 'storefront')).code).toBe(1);

    have({ ...failing, isCritical: false });
    const { code, lines } = await run('check', 'storefront');
    expect(code).toBe(0);
    expect(lines).toContain('✖ health: no answer (not critical)');
  });

  it('runs those that are named, and refuses a name that is none', async () => {
    const asked = have({ check: 'health' }, { check: 'assets' });
    expect((await run('check', 'storefront', '--only', 'assets')).code).toBe(0);
    expect(asked.map(({ check }) => check)).toEqual(['assets']);

    const { code, stderr } = await run('check', 'storefront', '--only', 'asset');
    expect(code).toBe(2);
    expect(stderr).toContain('has no check "asset"; it has: health, assets');
  });

  it('asks again while one is pending', async () => {
    have({ check: 'metrics' });
    let looks = 0;
    api.operations.runCheck = async () => {
      looks += 1;
      return looks < 3
        ? fixtureCheckRun({ check: 'metrics', verdict: 'pending', retryAfterSeconds: 1 })
        : fixtureCheckRun({ check: 'metrics' });
    };

    expect((await run('check', 'storefront')).code).toBe(0);
    expect(looks).toBe(3);
  });

  it('asks again a few times when the conductor has no time for it', async () => {
    have({ check: 'health' });
    let busy = 2;
    api.operations.runCheck = async () => {
      busy -= 1;
      if (busy >= 0) throw new VerdigrisError('ThrottledError', 'Lambda asks for patience');
      return fixtureCheckRun({ check: 'health' });
    };
    expect((await run('check', 'storefront')).code).toBe(0);

    busy = 100;
    const { code, lines } = await run('check', 'storefront');
    expect(code).toBe(1);
    expect(busy).toBe(96);
    expect(lines).toContain('✖ health: it could not be run: Lambda asks for patience');
  });

  it('looks at the others when one can not be run', async () => {
    have({ check: 'health' }, { check: 'assets' });
    const { runCheck } = api.operations;
    api.operations.runCheck = async (request) => {
      if (request.check === 'assets') return runCheck(request);
      throw new VerdigrisError('KindUnavailableError', 'there on AWS only');
    };
    const { code, lines } = await run('check', 'storefront');

    expect(code).toBe(1);
    expect(lines).toContain('✖ health: it could not be run: there on AWS only');
    expect(lines).toContain('✔ assets: GET /healthz answered 200 in 4 ms');
  });

  it('prints evidence, and all of it as JSON', async () => {
    have({ check: 'health', evidence: { status: 200 } });
    expect((await run('check', 'storefront', '--evidence')).lines).toContain('      "status": 200');

    const { output } = await run('check', 'storefront', '--json');
    expect(JSON.parse(output.stdout)).toMatchObject({
      service: 'storefront',
      passed: true,
      checks: [{ check: 'health', verdict: 'pass', evidence: { status: 200 } }],
    });
  });

  it('tells that a service is unknown', async () => {
    const { code, stderr } = await run('check', 'unknown');
    expect(code).toBe(1);
    expect(stderr).toContain('ServiceUnknownError');
  });
});

describe('verdigris preflight', () => {
  it('asks what can be told before anything is provisioned, of an artifact', async () => {
    const asked = have(
      { check: 'secrets', green: null },
      { check: 'health', verdict: 'skipped', summary: 'needs a green environment', green: null },
    );
    const artifact = ['--artifact', 's3://artifacts/v3.zip', '--version', 'v3'];
    const { code, lines } = await run('preflight', 'storefront', ...artifact);

    expect(code).toBe(0);
    expect(lines).toEqual([
      'storefront: before anything is provisioned; storefront-v1 is live',
      '✔ secrets: GET /healthz answered 200 in 4 ms',
      '- health: needs a green environment',
      '1 passed, 1 skipped',
    ]);
    expect(asked[0]).toEqual({
      service: 'storefront',
      check: 'secrets',
      isPreflight: true,
      artifact: { uri: 's3://artifacts/v3.zip', version: 'v3' },
      waitedSeconds: 0,
    });
  });

  it('refuses half an artifact', async () => {
    have({ check: 'secrets' });
    expect((await run('preflight', 'storefront', '--version', 'v3')).code).toBe(2);
  });
});
