import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JudgeQuestion, judge } from '../../../../lib/signals/judge/judge.ts';
import { summarize } from '../../../../lib/signals/judge/summarize.ts';
import type { MetricPoint } from '../../../../lib/signals/signal.ts';

interface Behaviour {
  seconds?: number;
  requests?: number;
  errors?: number;
  p95?: number;
}

function points({ seconds = 10, requests = 50, errors = 0, p95 = 10 }: Behaviour): MetricPoint[] {
  return Array.from({ length: seconds }, (_, second) => ({
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
    periodSeconds: 1,
    requests,
    errors,
    latencyMs: requests > 0 ? { p50: p95 / 2, p95, p99: p95 * 2 } : null,
  }));
}

function ask(blue: Behaviour | null, green: Behaviour, compare: JudgeQuestion['compare']) {
  return judge({
    compare,
    minRequests: 100,
    baseline: summarize(blue ? points(blue) : []),
    candidate: summarize(points(green)),
  });
}

const errors = { errorRate: { maxRatio: 2 } };
const latency = { latencyP95: { maxRatio: 1.5 } };

describe('the judge on errors', () => {
  it('finds real errors against a baseline of zero', () => {
    expect(ask({}, { errors: 5 }, errors).verdict).toBe('breach');
  });

  it('finds real errors where there is no baseline at all', () => {
    expect(ask(null, { errors: 5 }, errors).verdict).toBe('breach');
  });

  it('does not take one or two errors for a breach', () => {
    const candidate = points({}).with(0, { ...(points({ errors: 2 })[0] as MetricPoint) });
    const verdict = judge({
      compare: errors,
      minRequests: 100,
      baseline: summarize(points({})),
      candidate: summarize(candidate),
    });
    expect(verdict.verdict).toBe('healthy');
  });

  it('allows green the errors that blue has', () => {
    expect(ask({ errors: 5 }, { errors: 5 }, errors).verdict).toBe('healthy');
    expect(ask({ errors: 5 }, { errors: 20 }, errors).verdict).toBe('breach');
  });

  it('says what it compared, with numbers', () => {
    const { reason } = ask({ errors: 1 }, { errors: 10 }, errors);
    expect(reason).toBe('errorRate: green 20.00%, blue 2.00%, at most 4.00% allowed');
  });

  it('breaches the more surely the more errors there are', () => {
    const breaches = (count: number) =>
      ask({ errors: 1 }, { errors: count }, errors).verdict === 'breach';
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 49 }), (count) => {
        if (breaches(count)) expect(breaches(count + 1)).toBe(true);
      }),
    );
  });
});

describe('the judge on latency', () => {
  it('finds a green that is slower than allowed', () => {
    expect(ask({}, { p95: 16 }, latency).verdict).toBe('breach');
    expect(ask({}, { p95: 14 }, latency).verdict).toBe('healthy');
  });

  it('is not moved by a few slow seconds', () => {
    const slow = points({ seconds: 2, p95: 500 });
    const candidate = [...points({ seconds: 8 }), ...slow];
    const verdict = judge({
      compare: latency,
      minRequests: 100,
      baseline: summarize(points({})),
      candidate: summarize(candidate),
    });
    expect(verdict.verdict).toBe('healthy');
  });

  it('does not call a fraction of a millisecond a breach', () => {
    expect(ask({ p95: 0.2 }, { p95: 0.4 }, latency).verdict).toBe('healthy');
    expect(ask({ p95: 0.2 }, { p95: 1.4 }, latency).verdict).toBe('breach');
  });

  it('needs a few seconds of both sides', () => {
    expect(ask(null, { p95: 500 }, latency).verdict).toBe('not-enough-data');
    expect(ask({ seconds: 4 }, {}, latency).verdict).toBe('not-enough-data');
    expect(ask({}, { seconds: 4, p95: 500 }, latency).verdict).toBe('not-enough-data');
  });
});

describe('the judge as a whole', () => {
  it('does not pass green before it has answered enough requests', () => {
    const verdict = ask({}, { requests: 9 }, errors);
    expect(verdict.verdict).toBe('not-enough-data');
    expect(verdict.reason).toContain('90 of the 100 requests');
  });

  it('breaches when one metric does, whatever the others say', () => {
    expect(ask({}, { p95: 100 }, { ...errors, ...latency }).verdict).toBe('breach');
  });

  it('is healthy when there is nothing to compare', () => {
    expect(ask(null, { requests: 0 }, {})).toMatchObject({ verdict: 'healthy', metrics: [] });
  });

  it('does not depend on the order of metrics', () => {
    const one = ask({}, { errors: 5, p95: 30 }, { ...errors, ...latency });
    const other = ask({}, { errors: 5, p95: 30 }, { ...latency, ...errors });
    expect(one.verdict).toBe(other.verdict);
  });
});
