import { describe, expect, it } from 'vitest';
import { found } from './found.ts';
import { mutants } from './mutants.ts';
import { mutate } from './mutate.ts';
import { runSchedule } from './run.ts';
import { search, tellFinding } from './search.ts';

/** Fixed, so that a run can be repeated; the benchmark draws others. */
const seed = 20261124;
const parts = 8;

describe('the rules, whatever goes wrong', () => {
  // In parts, so that one that takes long on a busy machine says where it is.
  it.each(Array.from({ length: parts }, (_, part) => part))(
    'hold over 250 schedules of faults (part %s)',
    async (part) => {
      const { finding, outcomes } = await search({
        schedules: 2000 / parts,
        seed: seed + part,
        isShrunk: true,
      });
      expect(finding ? tellFinding(finding) : 'no rule was broken').toBe('no rule was broken');
      // A harness that only refuses releases would find nothing.
      expect(outcomes.completed).toBeGreaterThan(10);
      expect(outcomes['rolled-back']).toBeGreaterThan(2);
    },
    600_000,
  );
});

describe('what was found once', () => {
  it.each(found)('is mended: $name', async ({ schedule }) => {
    const { violations, story } = await runSchedule(schedule, { isTold: true });

    expect(
      violations.map(({ rule, what }) => `rule ${rule}: ${what}`),
      story.join('\n'),
    ).toEqual([]);
  });
});

describe('the mutants', () => {
  it.each(mutants)('find what $name switches off', (mutant) => {
    expect(mutate(mutant).size).toBe(1 + (mutant.also?.length ?? 0));
  });
});
