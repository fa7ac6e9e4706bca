import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../support/api-server.ts';
import { createCommandLine } from '../../support/command-line.ts';
import { endedStatus, fixtureService } from '../../support/fakes/operations.ts';

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

describe('verdigris doctor', () => {
  it('finds nothing wrong with a healthy conductor', async () => {
    const { code, lines } = await examine();
    expect(code).toBe(0);
    expect(lines).toEqual([
      `✔ connection: ${api.url}`,
      '✔ version: Verdigris 0.0.0-test, API 1',
      '✔ token: accepted',
      '✔ storefront live side: v1',
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

  it.each([
    [{ traffic: null, liveVersion: null }, 1, '✖ storefront live side: the router cannot be read'],
    [{ traffic: {}, liveVersion: null }, 0, '• storefront live side: nothing is live yet'],
    [
      { traffic: { a: 50, b: 50 }, liveVersion: null },
      1,
      '✖ storefront live side: traffic is shared',
    ],
  ])('judges a service with %j', async (differs, expected, line) => {
    api.operations.services.splice(0, 1, fixtureService(differs));
    const { code, lines } = await examine();
    expect(code).toBe(expected);
    expect(lines.at(-1)).toContain(line);
  });

  it.each([
    ['completed', 1, '✖ storefront lock: still held by rel1, which has ended (completed)'],
    ['held', 0, '• storefront lock: rel1 is held'],
    ['rollback-failed', 1, '✖ storefront lock: the rollback of rel1 failed'],
  ] as const)('judges a lock whose release ended as %s', async (outcome, expected, line) => {
    api.operations.services.splice(0, 1, fixtureService({ releaseId: 'rel1' }));
    api.operations.releases.set('rel1', endedStatus(outcome));
    const { code, lines } = await examine();
    expect(code).toBe(expected);
    expect(lines.at(-1)).toContain(line);
  });

  it('accepts traffic that a running release shares', async () => {
    const differs = { releaseId: 'rel1', traffic: { a: 50, b: 50 }, liveVersion: null };
    api.operations.services.splice(0, 1, fixtureService(differs));
    expect((await examine()).code).toBe(0);
  });

  it('finds a lock of a release that nobody knows', async () => {
    api.operations.services.splice(0, 1, fixtureService({ releaseId: 'lost' }));
    const { code, lines } = await examine();
    expect(code).toBe(1);
    expect(lines.at(-1)).toContain('✖ storefront lock: held by lost');
  });

  it('gives the same as one document with --json', async () => {
    const { lines } = await examine('--json');
    const report = JSON.parse(lines.join('\n'));
    expect(report.healthy).toBe(true);
    expect(report.findings).toHaveLength(4);
  });
});
