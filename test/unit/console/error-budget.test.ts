import { describe, expect, it } from 'vitest';
import { overviewOf } from '../../../console/model/overview.ts';
import { budgetLines } from '../../../console/words/error-budget.ts';
import { fixtureBudget, fixtureService } from '../../support/fakes/operations.ts';

describe('an error budget in words', () => {
  it('begins with what is left, and tells what the last release burnt and how fast it goes now', () => {
    expect(budgetLines(fixtureBudget())).toEqual([
      '81.4% is left (4,500 bad of 24,192,000 requests; 99.9% over 28 days are promised).',
      'rel1 burnt 3.1% of it.',
      'Now it burns at 0.2 times the rate that it lasts for.',
    ]);
  });

  it('says why it stops releases, and how little is known', () => {
    const stops = 'rel1 burnt 60% of the error budget';
    const lines = budgetLines(
      fixtureBudget({ stops, knownPercent: 12, lastRelease: null, burnRate: null }),
    );
    expect(lines.slice(1)).toEqual([
      stops,
      'Only 12% of that time is known; the rest counts as good.',
    ]);
  });
});

describe('whether a service is stopped', () => {
  const freeze = { scope: 'storefront', reason: 'sale', by: 'ada', at: '2026-01-01T00:00:00.000Z' };
  const stopped = fixtureBudget({ stops: '4% of the error budget of 28d is left' });

  it.each([
    ['is free', fixtureBudget(), [], false],
    ['has no budget', null, [], false],
    ['is frozen', null, [freeze], true],
    ['is stopped by its error budget, without a freeze', stopped, [], true],
  ])('is told of one that %s', (_, errorBudget, freezes, isStopped) => {
    const services = [fixtureService({ errorBudget })];
    expect(overviewOf({ services }, null, { freezes })[0]?.isStopped).toBe(isStopped);
  });
});
