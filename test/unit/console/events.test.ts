import { describe, expect, it } from 'vitest';
import {
  checksOf,
  filterEvents,
  foldRepeats,
  isPerson,
  startOf,
  toneOf,
} from '../../../console/model/events.ts';
import { isUndoable, keptUntil, whyNotUndone } from '../../../console/model/kept.ts';
import {
  allowedInWords,
  lookInWords,
  looksOf,
  plainReason,
} from '../../../console/model/verdicts.ts';
import type { Comparisons } from '../../../lib/release/comparison.ts';
import { compareSides } from '../../../lib/steps/judge/verdict.ts';
import { at, event, release } from './fixtures.ts';

const events = [
  event('Release Requested', 0, {}, { by: 'ada' }),
  event(
    'Check Finished',
    2,
    { name: 'health', verdict: 'warn', isCritical: false, evidence: { status: 404 } },
    { summary: 'health: warn, answered 404' },
  ),
  event('Traffic Shifted', 3),
  event('Breach Recorded', 9, {}, { by: 'alarm:shop-5xx', summary: 'alarm shop-5xx fires' }),
  event('Rollback Requested', 10, {}, { by: 'grace', summary: 'a customer called' }),
];

describe('the log', () => {
  const types = (group: Parameters<typeof filterEvents>[1], text = '') =>
    filterEvents(events, group, text).map(({ type }) => type);

  it('is narrowed down to what people did, to traffic, to checks or to trouble', () => {
    expect(types('people')).toEqual(['Release Requested', 'Rollback Requested']);
    expect(types('traffic')).toEqual(['Traffic Shifted']);
    expect(types('checks')).toEqual(['Check Finished']);
    expect(types('trouble')).toEqual(['Check Finished', 'Breach Recorded', 'Rollback Requested']);
    expect(types('all')).toHaveLength(5);
  });

  it('finds a word in what happened and in who did it', () => {
    expect(types('all', ' SHOP-5xx ')).toEqual(['Breach Recorded']);
    expect(types('all', 'grace')).toEqual(['Rollback Requested']);
  });

  it('tells people from the conductor, the judge and alarms', () => {
    const names = ['ada', 'conductor', 'judge', 'alarm:x', 'artifact', 'aws:123:user/ada'];
    expect(names.map(isPerson)).toEqual([true, false, false, false, false, true]);
  });

  it('shows looks that come to the same as one line, newest first, and no other event', () => {
    const verdict = (seconds: number, it: string) => event('Verdict', seconds, { verdict: it });
    const looks = [
      event('Window Opened', 0),
      ...[1, 2, 3].map((seconds) => verdict(seconds, 'healthy')),
      verdict(4, 'breach'),
      event('Alarm Fired', 5),
      event('Alarm Fired', 6),
    ];
    const lines = foldRepeats(looks).map(({ event: { at: when, type }, repeats }) => [
      type,
      when,
      repeats,
    ]);

    expect(lines).toEqual([
      ['Alarm Fired', at(6), 0],
      ['Alarm Fired', at(5), 0],
      ['Verdict', at(4), 0],
      ['Verdict', at(3), 2],
      ['Window Opened', at(0), 0],
    ]);
  });

  it('colours a verdict by what it says', () => {
    const verdict = (it: string) => toneOf(event('Verdict', 1, { verdict: it }));
    expect([verdict('healthy'), verdict('breach'), verdict('x')]).toEqual(['good', 'bad', 'idle']);
  });
});

describe('what a release knows of itself', () => {
  it('has each check with its evidence, and its summary without its name', () => {
    expect(checksOf(events)).toEqual([
      {
        name: 'health',
        at: at(2),
        verdict: 'warn',
        isCritical: false,
        summary: 'answered 404',
        evidence: { status: 404 },
      },
    ]);
  });

  it('has the time when it began', () => {
    expect([startOf({ events }), startOf({ events: [] })]).toEqual([at(0), null]);
  });

  it('says until when it can be undone, and why not any more', () => {
    const scheduled = event('Retire Scheduled', 60, { environment: 'b', retireAt: at(3600) });
    const gone = event('Environment Retired', 3600, { environment: 'b' });
    const done = release({ phase: 'ended', outcome: 'completed', events: [scheduled] });

    expect([keptUntil(done), whyNotUndone(done)]).toEqual([at(3600), null]);
    expect(whyNotUndone({ ...done, events: [scheduled, gone] })).toContain('v1 is not there');
    expect(whyNotUndone({ ...done, blue: null })).toContain('Nothing was live before v2');
    expect(isUndoable(release({ phase: 'rolling-back' }))).toBe(false);
  });
});

describe("the judge's reasons", () => {
  const stretches = (requests: number, errors: number, p95: number) =>
    Array.from({ length: 10 }, (_, i) => {
      const latency = p95 + (i % 5) / 10;
      return { requests, errors, latencyMs: { p50: latency / 2, p95: latency, p99: latency * 2 } };
    });
  const ask = (green: ReturnType<typeof stretches>, compare: Comparisons = ratios) =>
    compareSides(
      {
        ...{ intervalSeconds: 60, alarms: [], alreadyFiring: 'refuse', minRequests: 100 },
        compare,
      },
      {
        ...{ before: stretches(1000, 1, 40), beside: [], green, lookSeconds: 60, plannedLooks: 30 },
        ...{ weightPercent: 100, usualRequests: 1000, warmUpLooks: 0 },
      },
    );
  const ratios: Comparisons = { errorRate: { maxRatio: 2 }, latencyP95: { maxRatio: 1.5 } };
  const lookOf = (verdict: ReturnType<typeof ask>) => {
    const [look] = looksOf([event('Verdict', 1, JSON.parse(JSON.stringify(verdict)))]);
    return look ? lookInWords(look) : '';
  };

  it('are words with both numbers when green is worse', () => {
    expect(lookOf(ask(stretches(100, 8, 41)))).toBe(
      "Green's error rate is 8.00 %, blue's is 0.10 %: more than 2 times as much.",
    );
  });

  it('say that all is well, or that there is too little to say', () => {
    expect(lookOf(ask(stretches(100, 0, 41)))).toBe(
      'Green does as well as blue in error rate and p95 latency.',
    );
    expect(lookOf(ask(stretches(4, 0, 41)))).toContain('Not enough data yet: error rate: green');
  });

  it('say what is allowed where that is a difference, and what is only a warning', () => {
    const compare: Comparisons = {
      errorRate: { maxRatio: 2 },
      latencyP95: { maxIncrease: 20, isCritical: false },
    };
    const verdict = ask(stretches(100, 0, 90), compare);
    expect(verdict.verdict).toBe('healthy');
    expect(lookOf(verdict)).toMatch(
      /^Green does as well as blue in error rate\. Green's p95 latency is 90\.\d ms, blue's is 40\.\d ms: more than 20\.0 ms above it\. That alone is no breach\.$/,
    );
    expect(verdict.metrics.map(allowedInWords)).toEqual(['2× blue', 'blue ± 20.0 ms']);
  });

  it('say so where less is worse', () => {
    const compare: Comparisons = { latencyP95: { maxRatio: 2, direction: 'decrease' } };
    expect(lookOf(ask(stretches(100, 0, 4), compare))).toMatch(/: less than 1\/2 of it\.$/);
  });

  it('call metrics what people call them', () => {
    expect(plainReason('errorRate: green 1%; latencyP95 was 3 ms')).toBe(
      'error rate: green 1%; p95 latency was 3 ms',
    );
  });

  it('are left out where they cannot be read', () => {
    expect(looksOf([event('Verdict', 1, { verdict: 'fine' }), event('Completed', 2)])).toEqual([]);
  });
});
