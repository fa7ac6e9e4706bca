import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../support/api-server.ts';
import { createCommandLine } from '../../support/command-line.ts';
import {
  fixtureDiagnosis,
  fixtureFinding,
  fixtureService,
} from '../../support/fakes/operations.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

async function examine(...args: string[]) {
  const { verdigris, output } = createCommandLine(api.url);
  const code = await verdigris('doctor', ...args);
  return { code, lines: output.stdout.trim().split('\n') };
}

function find(...findings: Parameters<typeof fixtureFinding>[0][]) {
  api.operations.diagnoses.set('storefront', { findings: findings.map(fixtureFinding) });
}

describe('verdigris doctor', () => {
  it('finds nothing wrong with a healthy conductor', async () => {
    const { code, lines } = await examine();
    expect(code).toBe(0);
    expect(lines).toEqual([
      `✔ connection: ${api.url}`,
      '✔ version: Verdigris 0.0.0-test, API 1',
      '✔ token: accepted',
      '✔ storefront: v1 is live',
    ]);
  });

  it('finds a conductor that is not there', async () => {
    const { verdigris, output } = createCommandLine('http://127.0.0.1:1');
    expect(await verdigris('doctor')).toBe(1);
    expect(output.stdout).toMatch(/^✖ connection: .*verdigris up/);
  });

  it('finds a token that is not accepted', async () => {
    const { code, lines } = await examine('--token', 'wrong');
    expect(code).toBe(1);
    expect(lines.at(-1)).toMatch(/^✖ token: /);
  });

  it('finds another API version', async () => {
    const { verdigris, output, io } = createCommandLine(api.url);
    const { fetch } = io;
    io.fetch = async (...args) =>
      String(args[0]).endsWith('/healthz')
        ? Response.json({ status: 'ok', version: '9.0.0', api: 9 })
        : fetch(...args);
    expect(await verdigris('doctor')).toBe(1);
    expect(output.stdout).toContain('✖ version: the conductor (9.0.0) speaks API 9');
  });

  it('says what is wrong, why it matters and what mends it, and changes nothing', async () => {
    find({ kind: 'release-stranded', subject: 'rel1', detail: 'stands in watching' });
    const { code, lines } = await examine();
    expect(code).toBe(1);
    expect(lines.slice(-3)).toEqual([
      '✖ storefront rel1: stands in watching',
      '    no release can start',
      '    → verdigris doctor --fix',
    ]);
    expect(api.operations.calls.map(([name]) => name)).toEqual(['listServices', 'diagnose']);
  });

  it('is content where something only waits for a person', async () => {
    find({ kind: 'release-held', state: 'warn', isFixable: false });
    const { code, lines } = await examine();
    expect(code).toBe(0);
    expect(lines.at(-3)).toMatch(/^• storefront: /);
  });

  it('mends with --fix, says what it did, and is content when all is mended', async () => {
    find({});
    const { code, lines } = await examine('--fix');
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe('    ✔ mended: is mended');
    expect(api.operations.calls).toContainEqual(['repair', 'storefront', 'ada']);
  });

  it('is not content with --fix when something is left to a person', async () => {
    find({}, { kind: 'route-split', isFixable: false, mend: 'send it to one side' });
    const { code, lines } = await examine('--fix');
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe('    → send it to one side');
  });

  it('is not content when a repair did not work', async () => {
    find({});
    const { verdigris, output, io } = createCommandLine(api.url);
    const { fetch } = io;
    const findings = [
      { ...fixtureFinding(), repair: { isMended: false, detail: 'the lock has moved on' } },
    ];
    io.fetch = async (...args) =>
      String(args[0]).endsWith('/repair')
        ? Response.json({ service: 'storefront', at: '', findings })
        : fetch(...args);
    expect(await verdigris('doctor', '--fix')).toBe(1);
    expect(output.stdout).toContain('✖ not mended: the lock has moved on');
  });

  it('goes on with the other services when one cannot be looked at', async () => {
    api.operations.services.push(fixtureService({ service: 'shop', liveVersion: null }));
    api.operations.failNext('diagnose', new Error('no such table'));
    const { code, lines } = await examine();
    expect(code).toBe(1);
    expect(
      lines
        .slice(-2)
        .map((line) => line.slice(0, 1))
        .sort(),
    ).toEqual(['✔', '✖']);
  });

  it('gives the same as one document with --json', async () => {
    find({});
    const { code, lines } = await examine('--json', '--fix');
    const report = JSON.parse(lines.join('\n'));
    expect(code).toBe(0);
    expect(report.healthy).toBe(true);
    expect(report.findings).toHaveLength(4);
    expect(report.findings[3]).toMatchObject({
      state: 'fail',
      finding: { kind: 'lock-stuck', isFixable: true },
      repair: { isMended: true },
    });
  });
});

describe('verdigris reconcile', () => {
  async function reconcile(...args: string[]) {
    const { verdigris, output } = createCommandLine(api.url);
    const code = await verdigris('reconcile', 'storefront', ...args);
    return { code, text: output.stdout, stderr: output.stderr };
  }

  it('shows the three sides of a service that is well', async () => {
    const { code, text } = await reconcile();
    expect(code).toBe(0);
    expect(text.trimEnd().split('\n')).toEqual([
      'SIDE        WHAT           STATE',
      expect.stringMatching(/^live route {2}traffic +storefront-v1 100 ?% +✔$/),
      expect.stringMatching(/^live route {2}storefront-v1 {2}v1, ready +✔$/),
      expect.stringMatching(/^ledger +lock +free +✔$/),
      expect.stringMatching(/^execution +- +none runs +✔$/),
      '',
      '✔ storefront: all three agree',
    ]);
  });

  it('marks where they disagree and names the command, and changes nothing', async () => {
    const { sides } = fixtureDiagnosis();
    const line = { releaseId: 'rel1', phase: 'watching' as const, outcome: null };
    api.operations.diagnoses.set('storefront', {
      findings: [fixtureFinding({ kind: 'release-stranded', subject: 'rel1' })],
      sides: {
        ...sides,
        ledger: { lock: { holder: 'rel1', epoch: 7 }, open: [line], last: null },
        executions: [{ machine: 'release', name: 'rel1', status: 'aborted' }],
      },
    });
    const { code, text } = await reconcile();
    expect(code).toBe(1);
    expect(text).toMatch(/^ledger +lock +rel1, epoch 7 +✔$/m);
    expect(text).toMatch(/^ledger +rel1 +watching +✖$/m);
    expect(text).toMatch(/^execution +rel1 +release, aborted +✖$/m);
    expect(text).toContain('    → verdigris doctor --fix');
    expect(api.operations.calls).toEqual([['diagnose', 'storefront']]);
  });

  it('marks the lock alone where the lock alone is wrong', async () => {
    const { sides } = fixtureDiagnosis();
    const ledger = { lock: { holder: 'lost', epoch: 7 }, open: [], last: null };
    api.operations.diagnoses.set('storefront', {
      findings: [fixtureFinding({ kind: 'lock-without-record' })],
      sides: { ...sides, ledger },
    });
    const { text } = await reconcile();
    const marked = text.split('\n').filter((line) => line.endsWith('✖'));
    expect(marked).toEqual([expect.stringMatching(/^ledger +lock +lost, epoch 7/)]);
  });

  it('says why the route is unknown', async () => {
    const { sides } = fixtureDiagnosis();
    const route = { weights: null, problem: 'no answer', live: [] };
    api.operations.diagnoses.set('storefront', { sides: { ...sides, route } });
    expect((await reconcile()).text).toContain('unknown: no answer');
  });

  it('gives the same as one document with --json', async () => {
    const { code, text } = await reconcile('--json');
    expect(code).toBe(0);
    expect(JSON.parse(text)).toEqual({ agrees: true, ...fixtureDiagnosis() });
  });

  it('does not know a service that there is not', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris('reconcile', 'shop')).toBe(1);
    expect(output.stderr).toContain('ServiceUnknownError');
  });
});
