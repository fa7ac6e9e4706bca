import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseStatus } from '../../../lib/http/api.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { startTestApi, type TestApi } from '../../support/api-server.ts';
import { createCommandLine } from '../../support/command-line.ts';
import {
  endedStatus,
  fixtureEvent,
  fixtureStatus,
  fixtureTime,
} from '../../support/fakes/operations.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const requested = fixtureEvent(0, 'Release Requested', 'v2 was requested', 'ada');
const shifted = fixtureEvent(1, 'Traffic Shifted', 'storefront-v2 100%');
const completed = fixtureEvent(31, 'Completed', 'no breach');
const course: ReleaseStatus[] = [
  fixtureStatus({ events: [requested] }),
  fixtureStatus({
    phase: 'watching',
    watch: { startedAt: fixtureTime(1), endsAt: fixtureTime(31) },
    events: [requested, shifted],
  }),
  fixtureStatus({
    phase: 'watching',
    watch: { startedAt: fixtureTime(1), endsAt: fixtureTime(31) },
    events: [requested, shifted],
  }),
  { ...endedStatus('completed', 'no breach'), events: [requested, shifted, completed] },
];

describe('watching a release', () => {
  it('prints every event once, as plain lines, where there is no terminal', async () => {
    const { verdigris, output, waits } = createCommandLine(api.url);
    api.operations.upcoming.push(...course);
    expect(await verdigris('watch', 'rel1')).toBe(0);
    expect(waits).toHaveLength(3);
    expect(output.stdout.split('\n')).toEqual([
      'storefront v2 over v1  release rel1  by ada',
      '  •    +0.0s  Release Requested    v2 was requested',
      '  ✔    +1.0s  Traffic Shifted      storefront-v2 100%',
      '  ✔   +31.0s  Completed            no breach',
      '✔ completed: no breach',
      '  cutover after 700ms · 31.0s in all',
      '  traffic: storefront-v1 100%',
      '',
    ]);
  });

  it('repaints the progress bar below the events on a terminal, and leaves none behind', async () => {
    let seconds = 12;
    const { verdigris, output } = createCommandLine(api.url, {
      isTTY: true,
      now: () => {
        seconds += 1;
        return Date.parse(fixtureTime(seconds));
      },
    });
    api.operations.upcoming.push(...course);
    await verdigris('watch', 'rel1');
    expect(output.stdout).toMatch(/watching ▕.*▏ 13s of 30s/);
    expect(output.stdout).toMatch(/watching ▕.*▏ 14s of 30s/);
    expect(screenOf(output.stdout).filter((line) => line.includes('watching'))).toEqual([]);
    expect(screenOf(output.stdout).at(-2)).toContain('traffic: storefront-v1 100%');
  });

  it.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ TERM: 'dumb' }, false],
  ])('colours a terminal with %j: %s', async (env, expected) => {
    const { verdigris, output, io } = createCommandLine(api.url, { isTTY: true });
    io.env = { ...io.env, ...env };
    api.operations.upcoming.push(...course);
    await verdigris('watch', 'rel1');
    expect(output.stdout.includes('\u001b[32m')).toBe(expected);
  });

  it('waits for a conductor that is restarted', async () => {
    const { verdigris, output, io } = createCommandLine(api.url);
    const away = new VerdigrisError('LedgerUnavailableError', 'starting');
    api.operations.failNext('getRelease', away);
    const answers = [() => Promise.reject(new TypeError('fetch failed')), io.fetch];
    io.fetch = (...args) => (answers.length > 1 ? answers.shift() : answers[0])?.(...args) as never;
    api.operations.upcoming.push(...course);
    expect(await verdigris('watch', 'rel1')).toBe(0);
    expect(output.stderr).toBe('the conductor does not answer, trying again\n');
    expect(output.stdout).toContain('✔ completed');
  });

  it('gives up on a conductor that stays away', async () => {
    const { verdigris, output, waits } = createCommandLine('http://127.0.0.1:1', {
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    expect(await verdigris('watch', 'rel1')).toBe(1);
    expect(waits.length).toBeGreaterThan(100);
    expect(output.stderr).toContain('error ConnectionError');
  });

  it('does not wait for a release that does not exist', async () => {
    const { verdigris, waits } = createCommandLine(api.url);
    expect(await verdigris('watch', 'other')).toBe(1);
    expect(waits).toEqual([]);
  });
});

/** What a terminal shows in the end: an erased line is gone. Colours aside. */
function screenOf(output: string): string[] {
  return output.split('\n').map((line) => line.slice(line.lastIndexOf('\u001b[2K') + 1));
}
