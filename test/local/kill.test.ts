import { describe, expect, it } from 'vitest';
import type { EnvironmentRecord } from '../../lib/environments/process/record.ts';
import type { ReleaseStatus } from '../../lib/http/api.ts';
import { parseArguments } from '../../scripts/bench/kill/arguments.ts';
import type { Attempt } from '../../scripts/bench/kill/attempt.ts';
import { judgeRecord } from '../../scripts/bench/kill/inspection.ts';
import { mayNotAnswer } from '../../scripts/bench/kill/kill-once.ts';
import { drawPlan, type KillPlan } from '../../scripts/bench/kill/plan.ts';
import { compareProcesses } from '../../scripts/bench/kill/processes.ts';
import { run } from '../../scripts/bench/kill/run.ts';
import { judgeVisit, type Visit } from '../../scripts/bench/kill/visit.ts';
import { runScript } from '../support/local-conductor.ts';

const plan: KillPlan = {
  seed: 1,
  version: 'v2',
  isCanary: false,
  needsApproval: false,
  approvalMs: 0,
  aim: 'anywhere',
  delayMs: 0,
  secondKillMs: null,
};

function attempt(change: Partial<Attempt> = {}): Attempt {
  const before = { version: 'v1', environmentId: 'storefront-v1-0' };
  const nothing = { known: null, approvedAt: null, isUndone: false };
  return { plan, name: 'v2-1', before, ...nothing, ...change };
}

function visit(change: Partial<Visit>): Visit {
  const answered = { status: 200, version: 'v1', isTruthful: true, failure: null };
  return { sentAt: 100, connectedAt: 101, endedAt: 140, ...answered, ...change };
}

// Processes are found in Linux's /proc; test/local/restart.test.ts kills once on every platform.
describe.runIf(process.platform === 'linux')('a conductor that is killed again and again', () => {
  // Seed 391 draws: in an operator's rollback; right after an approval; while a bad version is watched,
  // and again during the recovery from that; while green is made.
  it('fails no request, and puts all traffic on the one right side each time (rules 2, 3 and 7)', async () => {
    const report = await run({ kills: 4, seed: 391 });

    expect(report.violations).toEqual([]);
    expect(report.kills).toBe(4);
    expect(report.secondKills).toBe(1);
    expect(report.requests.failed).toBe(0);
    expect(report.requests.answered).toBeGreaterThan(100);
    expect(report.requests.cut).toBeGreaterThan(0);
    expect(report.silenceMs.count).toBeGreaterThanOrEqual(4);
    const ended = Object.values(report.outcomes).reduce((sum, count) => sum + count, 0);
    expect(ended).toBe(4);
  }, 180_000);
});

describe('a kill that is drawn', () => {
  it('is the same for the same seed, so that it can be played again', () => {
    expect(drawPlan(391)).toEqual(drawPlan(391));
    expect(drawPlan(391)).not.toEqual(drawPlan(392));
  });

  it('aims at everything, with every version, in two hundred kills', () => {
    const plans = Array.from({ length: 200 }, (_, i) => drawPlan(i));
    const aims = ['anywhere', 'approval', 'ended', 'idle', 'request', 'undo', 'window-end'];

    expect([...new Set(plans.map(({ aim }) => aim))].sort()).toEqual(aims);
    expect([...new Set(plans.map(({ version }) => version))].sort()).toEqual(['v2', 'v3', 'v5']);
    const twice = plans.filter(({ secondKillMs }) => secondKillMs !== null);
    expect(twice.length).toBeGreaterThan(20);
    expect(twice.length).toBeLessThan(60);
  });
});

describe('a request of a user', () => {
  const outages = [{ from: 1000, until: 2000 }];
  const judge = (change: Partial<Visit>) =>
    judgeVisit(visit(change), outages, (version) => version.startsWith('v3'));

  it.each([
    ['before the kill and cut by it', { sentAt: 990, endedAt: 1001 }],
    ['in between', { sentAt: 1500, endedAt: 1501 }],
    ['and refused just before somebody listened', { sentAt: 1999, endedAt: 2003 }],
  ])('that was sent %s is no failure of the conductor', (_, times) => {
    expect(judge({ ...times, status: 0, version: null, failure: 'ECONNRESET' })).toBe('cut');
  });

  it.each([
    ['is reset while a conductor runs', { failure: 'ECONNRESET', status: 0, version: null }],
    ['is refused after the restart', { sentAt: 2001, endedAt: 2002, failure: 'ECONNREFUSED' }],
    ['gets 502 of the proxy', { status: 502, version: null }],
    ['gets 503 of the proxy in an outage', { sentAt: 1990, status: 503, version: null }],
    ['gets a failure of a good version', { status: 500, version: 'v2-1' }],
    ['gets a body that contradicts its mark', { isTruthful: false }],
  ])('that %s is one', (_, change) => {
    expect(judge(change)).toBe('failed');
  });

  it('that a bad version failed itself bears its mark', () => {
    expect(judge({ status: 500, version: 'v3-1' })).toBe('own');
    expect(judge({ status: 502, version: 'v3-1' })).toBe('failed');
    expect(judge({})).toBe('answered');
  });

  it('may be answered by green only when that was approved, and never by one that failed its checks', () => {
    const green = visit({ version: 'v2-1', endedAt: 140 });
    const waiting = { ...plan, needsApproval: true };

    expect(mayNotAnswer(green, attempt())).toBe(false);
    expect(mayNotAnswer(green, attempt({ plan: waiting }))).toBe(true);
    expect(mayNotAnswer(green, attempt({ plan: waiting, approvedAt: 150 }))).toBe(true);
    expect(mayNotAnswer(green, attempt({ plan: waiting, approvedAt: 120 }))).toBe(false);
    expect(mayNotAnswer(green, attempt({ plan: { ...plan, version: 'v5' } }))).toBe(true);
    expect(mayNotAnswer(visit({ version: 'v2-0' }), attempt())).toBe(true);
    expect(mayNotAnswer(visit({}), attempt({ plan: waiting }))).toBe(false);
  });
});

describe('what the ledger says after a kill', () => {
  const known = {
    releaseId: 'r',
    outcome: 'completed',
    reason: null,
    events: [{ id: 'r#requested' }, { id: 'r#admitted' }],
  } as ReleaseStatus;

  it('is what was said before it', () => {
    expect(judgeRecord(attempt({ known }), known)).toEqual([]);
    expect(judgeRecord(attempt(), null)).toEqual([]);
  });

  it('is wrong when a release, an outcome or an event is lost', () => {
    const undone: ReleaseStatus = { ...known, outcome: 'rolled-back', events: [] };

    expect(judgeRecord(attempt({ known }), null)).toEqual(['r was accepted and is not on record']);
    expect(judgeRecord(attempt({ known }), undone)).toEqual([
      'r was completed and is rolled-back after the kill',
      'the event r#requested is lost',
      'the event r#admitted is lost',
    ]);
  });

  it('is wrong when a bad version was kept, or traffic could not be put back', () => {
    const bad = attempt({ plan: { ...plan, version: 'v3' } });
    const failed: ReleaseStatus = { ...known, outcome: 'rollback-failed', reason: 'why' };

    expect(judgeRecord(bad, known)).toEqual(['r completed, though v3 is a bad version']);
    expect(judgeRecord(attempt(), failed)).toEqual(['r ended as rollback-failed: why']);
  });
});

describe('the processes after a kill', () => {
  const record = (change: Partial<EnvironmentRecord>) =>
    ({ id: 'a', pid: 10, state: 'live', reason: '', ...change }) as EnvironmentRecord;
  const running = (pid: number, environmentId = 'a') => ({ pid, environmentId });

  it('are one for each environment that is kept', () => {
    const retired = record({ id: 'b', pid: null, state: 'retired' });
    expect(compareProcesses([running(10)], [record({}), retired])).toEqual([]);
  });

  it('are told when one is missing, one too many, or between two states', () => {
    expect(compareProcesses([], [record({})])).toEqual([
      'a is kept, and its process 10 does not run',
    ]);
    expect(compareProcesses([running(10), running(11)], [record({})])).toEqual([
      "process 11 of a runs and is on nobody's record",
    ]);
    expect(compareProcesses([running(10)], [record({ state: 'failed' })])).toEqual([
      "process 10 of a runs and is on nobody's record",
    ]);
    const down = record({ state: 'down', pid: null, reason: 'it died' });
    expect(compareProcesses([], [down])).toEqual(['a is still down: it died']);
  });
});

describe('the arguments of bench:kill', () => {
  it('are two hundred kills with a seed of its own, unless told otherwise', () => {
    const read = (args: string[]) => parseArguments(args, () => 7);

    expect(read([])).toEqual({ kills: 200, seed: 7, isJson: false });
    expect(read(['--kills', '4', '--seed=391', '--json'])).toEqual({
      kills: 4,
      seed: 391,
      isJson: true,
    });
  });

  it('are refused with the reason and exit code 2', async () => {
    const { code, stderr } = await runScript('scripts/bench/kill.ts', ['--kills', 'many']);

    expect(code).toBe(2);
    expect(stderr).toContain('--kills many: needs a whole number of at least 1');
  });
});
