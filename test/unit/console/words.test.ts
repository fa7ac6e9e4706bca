import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approveWords,
  freezeWords,
  holdWords,
  rejectWords,
  resumeWords,
  rollbackWords,
  serviceRollbackWords,
} from '../../../console/words/confirmations.ts';
import { ago, countdown, durationInWords, roughly } from '../../../console/words/durations.ts';
import {
  announcement,
  outcomeMeaning,
  releaseTitle,
  stateWords,
} from '../../../console/words/phases.ts';
import { capitalized, counted, listed, sentence, whoInWords } from '../../../console/words/text.ts';
import { outcomes, phases } from '../../../lib/release/document.ts';
import { release } from './fixtures.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [380.4, '380 ms'],
    [1000, '1 second'],
    [4200, '4.2 seconds'],
    [9_960, '10 seconds'],
    [60_000, '1 minute'],
    [200_000, '3 minutes 20 seconds'],
    [hour + 30 * second, '1 hour'],
    [2 * 24 * hour + 4 * hour + 7 * minute, '2 days 4 hours'],
  ])('%d ms are %s', (ms, words) => {
    expect(durationInWords(ms)).toBe(words);
  });

  it('never show a broken number', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e11, noNaN: true }), (ms) => {
        expect(durationInWords(ms)).toMatch(/^[\d.]+ \w+(?: \d+ \w+)?$/);
        expect(countdown(ms)).toMatch(/^(?:\d+:)?\d+:\d\d$/);
      }),
    );
  });

  it('count down to zero and stay there', () => {
    expect([3_725_000, 65_000, 900, 0, -5000].map(countdown)).toEqual([
      '1:02:05',
      '1:05',
      '0:01',
      '0:00',
      '0:00',
    ]);
  });

  it('are never in the future, whatever the clocks say', () => {
    expect([ago(5000, 0), ago(0, 4 * minute), roughly(90 * minute)]).toEqual([
      'just now',
      '4 minutes ago',
      '1 hour',
    ]);
  });
});

describe('a state', () => {
  it.each(phases)('has words for the phase %s', (phase) => {
    expect(stateWords({ phase, outcome: null }).label).toMatch(/^[A-Z]/);
  });

  it.each(outcomes)('has words and a meaning for the outcome %s', (outcome) => {
    expect(stateWords({ phase: 'ended', outcome }).label).toMatch(/^[A-Z]/);
    expect(outcomeMeaning(outcome)).toMatch(/\.$/);
  });

  it('stands first in the title, and is what is read aloud', () => {
    const ended = release({ phase: 'ended', outcome: 'rolled-back', reason: 'too many errors' });

    expect(releaseTitle(release())).toBe('Watching · shop v2');
    expect(announcement(release())).toBe('shop v2: Watching.');
    expect(announcement(ended)).toBe('shop v2: Rolled back. Too many errors.');
  });
});

describe('a confirmation', () => {
  const said = ({ sentences }: { sentences: string[] }) => sentences.join(' ');

  it('of a rollback under traffic says where it goes and what becomes of green', () => {
    const words = said(rollbackWords(release()));

    expect(words).toContain('All traffic goes back to v1, within about a second');
    expect(words).toContain('v2 is removed afterwards');
  });

  it('of a rollback before traffic says that no visitor notices', () => {
    const words = said(rollbackWords(release({ traffic: { b: 100 }, phase: 'validating' })));

    expect(words).toContain('all of it stays on v1');
    expect(words).toContain('ends as discarded');
  });

  it('of a completed release does not call it discarded', () => {
    const done = release({ phase: 'ended', outcome: 'completed', traffic: {} });

    expect(said(rollbackWords(done))).toContain('All traffic goes back to v1');
  });

  it('of a first release says that there is no way back', () => {
    expect(said(rollbackWords(release({ blue: null })))).toContain('no earlier version');
  });

  it('of an approval says whether it is the last one', () => {
    expect(said(approveWords(release(), 1))).toContain('starts to move from v1 to v2 at once');
    expect(said(approveWords(release(), 3))).toContain('2 more are needed');
    expect(said(approveWords(release(), 2))).toContain('1 more is needed');
    expect(said(rejectWords(release()))).toContain('Traffic stays on v1');
  });

  it('of a hold and a freeze says what goes on', () => {
    expect(said(resumeWords(release(), 'continue'))).toContain('goes on where it was held');
    expect(said(resumeWords(release(), 'rollback'))).toContain('back to v1');
    expect(said(holdWords(release()))).toContain('Traffic stays exactly where it is now');
    expect(said(freezeWords('*'))).toContain('No release of any service');
    expect(said(serviceRollbackWords('shop', 'v2'))).toContain('(v2) is undone');
  });
});

describe('texts', () => {
  it('are put together as one says them', () => {
    expect(capitalized('rolled-back')).toBe('Rolled back');
    for (const name of ['v2 is live', 'shop-v2 is gone', 'shop: is unknown']) {
      expect(capitalized(name)).toBe(name);
    }
    expect([counted(1, 'check'), counted(3, 'check')]).toEqual(['1 check', '3 checks']);
    expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
    expect(['judge', 'alarm:shop-5xx', 'ada'].map(whoInWords)).toEqual([
      'the judge',
      'alarm shop-5xx',
      'ada',
    ]);
    expect([sentence('it broke'), sentence('why?')]).toEqual(['It broke.', 'Why?']);
  });
});
