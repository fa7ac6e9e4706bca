import { describe, expect, it } from 'vitest';
import { formatElapsed, formatMs } from '../../../cli/elapsed.ts';
import { exitCodeOf } from '../../../cli/exit-code.ts';
import { printable, printableLine, wrap } from '../../../cli/printable.ts';
import { renderEvent, renderTimeline, shownEvents } from '../../../cli/timeline.ts';
import type { EventType, ReleaseEvent } from '../../../lib/http/api.ts';
import { innerEventTypes, publicEventTypes } from '../../../lib/release/events.ts';
import {
  endedStatus,
  fixtureEvent,
  fixtureStart,
  fixtureStatus,
  fixtureTime,
} from '../../support/fakes/operations.ts';

const plain = { color: false };
const watching = fixtureStatus({
  phase: 'watching',
  watch: { startedAt: fixtureTime(1), endsAt: fixtureTime(31) },
});

describe('the timeline of a release', () => {
  it('shows service, versions and id, then an event per line, then the end and its figures', () => {
    const status = {
      ...endedStatus('rolled-back', 'errorRate is 5.1 times that of blue'),
      timings: { cutoverMs: 700, detectToRestoredMs: 21, totalMs: 65_400 },
      events: [
        fixtureEvent(0, 'Release Requested', 'v2 was requested', 'ada'),
        fixtureEvent(0.7, 'Traffic Shifted', 'storefront-v2 100%'),
        fixtureEvent(64.2, 'Rolled Back', 'all traffic is on v1'),
      ],
    };
    expect(renderTimeline(status, plain)).toEqual([
      'storefront v2 over v1  release rel1  by ada',
      '  •    +0.0s  Release Requested    v2 was requested',
      '  ✔    +0.7s  Traffic Shifted      storefront-v2 100%',
      '  ↩  +1m 04s  Rolled Back          all traffic is on v1',
      '↩ rolled back: errorRate is 5.1 times that of blue',
      '  cutover after 700ms · traffic restored 21ms after detection · 1m 05s in all',
      '  traffic: storefront-v1 100%',
    ]);
  });

  it.each([
    [1, 'watching ▕░░░░░░░░░░▏ 0s of 30s'],
    [13, 'watching ▕████░░░░░░▏ 12s of 30s'],
    [31, 'watching ▕██████████▏ 30s of 30s'],
    [900, 'watching ▕██████████▏ 30s of 30s'],
    [-900, 'watching ▕░░░░░░░░░░▏ 0s of 30s'],
  ])('fills the bar of the watch window at %d s', (seconds, bar) => {
    const nowMs = Date.parse(fixtureTime(seconds));
    const lines = renderTimeline(watching, { ...plain, width: 46, nowMs });
    expect(lines.at(-1)?.trim()).toBe(bar);
  });

  it('names the phase of a release that runs', () => {
    const lines = renderTimeline(fixtureStatus({ phase: 'awaiting-approval' }), {
      ...plain,
      nowMs: Date.parse(fixtureStart),
    });
    expect(lines.at(-1)).toMatch(/^ {2}\S awaiting approval$/);
  });

  it('says what to do about a held release and a failed rollback', () => {
    expect(renderTimeline(endedStatus('held'), plain).at(-1)).toContain('verdigris resume rel1');
    expect(renderTimeline(endedStatus('rollback-failed'), plain).at(-1)).toContain(
      'verdigris rollback rel1',
    );
  });

  it('wraps long summaries below themselves and fits the width', () => {
    const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
    const lines = renderEvent(fixtureEvent(1, 'Verdict', words), fixtureStart, {
      ...plain,
      width: 80,
    }).split('\n');
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(lines.slice(1).every((line) => line.startsWith(`${' '.repeat(35)}word`))).toBe(true);
    expect(lines.map((line) => line.slice(35)).join(' ')).toBe(words);
  });

  it('shows every event type in its column', () => {
    for (const type of [...publicEventTypes, ...innerEventTypes]) {
      const line = renderEvent(fixtureEvent(1, type, 'what'), fixtureStart, plain);
      expect(line.slice(14)).toBe(`${type.padEnd(19)}  what`);
    }
  });

  it.each<[string, EventType, string]>([
    ['pass', 'Check Finished', '✔'],
    ['warn', 'Check Finished', '•'],
    ['fail', 'Check Finished', '✖'],
    ['healthy', 'Verdict', '✔'],
    ['not-enough-data', 'Verdict', '•'],
    ['breach', 'Verdict', '✖'],
  ])('marks the verdict %s of a %s with %s', (verdict, type, mark) => {
    const event = { ...fixtureEvent(1, type, 'what'), data: { verdict } };
    expect(renderEvent(event, fixtureStart, plain).trim()[0]).toBe(mark);
  });

  it('names the person who decided', () => {
    const event = fixtureEvent(1, 'Approval Given', '1 of 2', 'grace');
    expect(renderEvent(event, fixtureStart, plain)).toContain('1 of 2 (grace)');
  });

  it('uses colours only when asked to', () => {
    const event = fixtureEvent(1, 'Completed', 'done');
    expect(renderEvent(event, fixtureStart, plain)).not.toContain('\u001b');
    expect(renderEvent(event, fixtureStart, { color: true })).toContain('\u001b[32m✔');
  });

  it('lets no summary steer the terminal', () => {
    const summary = 'log: \u001b[2J\u001b]0;title\u0007red\r\u0000\nnext\tline';
    const event = fixtureEvent(1, 'Discarded', summary);
    const text = renderEvent(event, fixtureStart, plain);
    expect(text.split('\n').map((line) => line.slice(35))).toEqual(['log: red', 'next line']);
  });
});

describe('what people read', () => {
  it.each([
    [-5, '0ms'],
    [21.4, '21ms'],
    [1400, '1.4s'],
    [59_940, '59.9s'],
    [59_960, '1m 00s'],
    [125_000, '2m 05s'],
    [3_720_000, '1h 02m'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it('writes the time since the start in one unit', () => {
    expect([0, 50, 9_960].map(formatElapsed)).toEqual(['0.0s', '0.1s', '10.0s']);
  });

  it('breaks words that are longer than the line', () => {
    expect(wrap('a'.repeat(45), 20)).toEqual(['a'.repeat(20), 'a'.repeat(20), 'aaaaa']);
  });

  it('removes direction overrides and keeps other scripts', () => {
    expect(printable('a\u202eb ✔ größe 東京')).toBe('ab ✔ größe 東京');
    expect(printableLine('one\n  two')).toBe('one two');
  });
});

describe('the exit code', () => {
  it.each([
    [null, 0],
    ['completed', 0],
    ['rolled-back', 3],
    ['held', 4],
    ['refused', 1],
    ['discarded', 1],
    ['rollback-failed', 1],
  ] as const)('of the outcome %s is %d', (outcome, code) => {
    expect(exitCodeOf(outcome)).toBe(code);
  });
});

describe('the events that people are shown', () => {
  const eventOf = (type: EventType, summary: string, n: number): ReleaseEvent => ({
    id: `r#${n}`,
    type,
    releaseId: 'r',
    service: 'storefront',
    at: new Date(n * 1000).toISOString(),
    by: 'conductor',
    summary,
    data: {},
  });

  it('leaves out intentions and verdicts that come to the same again', () => {
    const verdictOf = (n: number, data: ReleaseEvent['data']) => ({
      ...eventOf('Verdict', `${data.verdict}: of ${n} requests`, n),
      data,
    });
    const blindSince = new Date(0).toISOString();
    const events = [
      eventOf('Shift Intended', 'v2 100%', 1),
      eventOf('Traffic Shifted', 'v2 100%', 2),
      verdictOf(3, { verdict: 'not-enough-data' }),
      verdictOf(4, { verdict: 'not-enough-data' }),
      verdictOf(5, { verdict: 'not-enough-data', blindSince }),
      verdictOf(6, { verdict: 'not-enough-data', blindSince }),
      verdictOf(7, { verdict: 'healthy' }),
      verdictOf(8, { verdict: 'healthy' }),
    ];
    const shown = shownEvents(events).map((event) => event.id);
    expect(shown).toEqual(['r#2', 'r#3', 'r#5', 'r#7']);
  });
});
