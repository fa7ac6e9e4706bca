import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../../../scripts/dns-lab/arguments.ts';
import { drawChart } from '../../../../scripts/dns-lab/chart.ts';
import { figuresOf } from '../../../../scripts/dns-lab/figures.ts';
import type { Answer } from '../../../../scripts/dns-lab/stub-clients.ts';

const changedAt = 100_000;

function answer(seconds: number, result: Answer['result'], change: Partial<Answer> = {}): Answer {
  const askedAt = changedAt + seconds * 1000;
  return { askedAt, answeredAt: askedAt + 1, client: 0, server: 'a', result, ttl: 2, ...change };
}

function figures(answers: Answer[], convergedAt: number | null = null) {
  return figuresOf('resolvers', answers, {
    changedAt,
    convergedAt,
    to: 'green',
    fromMs: 1000,
    untilMs: 6000,
    intervalMs: 1000,
  });
}

describe('what an audience saw of a change', () => {
  it('is told from when the change was asked for', () => {
    const seen = figures([
      answer(-1, 'blue'),
      answer(1, 'blue'),
      answer(3, 'green'),
      answer(2, 'blue', { client: 1, ttl: 1 }),
      answer(4, 'green', { client: 1 }),
    ]);

    expect(seen).toMatchObject({ clients: 2, answers: 4, firstNewMs: 3000, lastOldMs: 2000 });
    expect(seen.clientLastOldMs).toMatchObject({ count: 2, p50: 1000, max: 2000 });
    expect(seen.oldKeptUntilMs).toBe(3001);
    expect(seen.clientsThatWentBack).toBe(0);
  });

  it('has a curve of what each client heard last', () => {
    const seen = figures([
      answer(-2, 'blue'),
      answer(-2, 'blue', { client: 1 }),
      answer(1.5, 'green'),
      answer(3.5, 'green', { client: 1 }),
    ]);

    expect(seen.curve.map(({ share }) => share)).toEqual([1, 1, 1, 0.5, 0.5, 0, 0, 0]);
    expect(seen.curve[0]?.seconds).toBe(-1);
  });

  it('counts clients that go back, empty answers and unanswered questions', () => {
    const seen = figures([
      answer(1, 'green'),
      answer(2, 'blue'),
      answer(3, 'empty'),
      answer(4, 'failed'),
    ]);
    expect(seen).toMatchObject({ clientsThatWentBack: 1, empty: 1, failed: 1, isCutOff: false });
  });

  it('counts old answers to questions that came after the router had said converged', () => {
    const answers = [answer(1, 'blue'), answer(2, 'blue'), answer(3, 'blue'), answer(4, 'green')];

    expect(figures(answers, changedAt + 2000).afterConverged).toEqual({ answers: 2, old: 1 });
    expect(figures(answers).afterConverged).toBeNull();
  });

  it('says when the last old answer may not have been the last', () => {
    expect(figures([answer(5.5, 'blue')])).toMatchObject({ isCutOff: true, firstNewMs: null });
  });
});

describe('the arguments of bench:dns', () => {
  it('are in whole seconds', () => {
    expect(parseArguments(['--json', '--ttl', '30', '--seconds', '9'])).toMatchObject({
      isJson: true,
      scale: { ttl: 30, lowerTo: 5, watch: 9, split: 9 },
    });
    expect(() => parseArguments(['--lower-to', '90'])).toThrow('from 1 to 59');
    expect(() => parseArguments(['--seconds', '1.5'])).toThrow('--seconds 1.5');
  });
});

describe('a plot', () => {
  it('draws a share as steps and leaves out what does not change', () => {
    const points = [0, 1, 2, 3].map((seconds) => ({ seconds, share: seconds < 2 ? 1 : 0 }));
    const svg = drawChart(
      {
        title: 'old & new',
        description: '',
        caption: '',
        columns: 1,
        panels: [
          {
            title: '',
            fromSeconds: 0,
            untilSeconds: 4,
            lines: [{ className: 'a', points }],
            marks: [
              { seconds: 1, label: 'early' },
              { seconds: 3, label: 'late' },
            ],
            levels: [0, 1],
          },
        ],
        legend: [],
      },
      100,
    );

    expect(svg).toContain('d="M56 84H498V184H719"');
    expect(svg).toContain('old &amp; new');
    expect(svg).toMatch(/text-anchor="end">late</);
    expect(svg).not.toMatch(/text-anchor="end">early</);
  });
});
