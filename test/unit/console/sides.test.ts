import { describe, expect, it } from 'vitest';
import { splitInWords } from '../../../console/charts/split-words.ts';
import { overviewOf } from '../../../console/model/overview.ts';
import { liveSides, percentIn, sidesOf } from '../../../console/model/sides.ts';
import type { ReleaseSummary, ServiceStatus } from '../../../console/types.ts';
import { at, release } from './fixtures.ts';

const summary = (changes: Partial<ReleaseSummary>): ReleaseSummary => ({
  ...release(),
  requestedAt: at(0),
  endedAt: null,
  ...changes,
});

describe('the sides of a release', () => {
  it('have their share of the traffic, and what goes elsewhere is told', () => {
    const { blue, green, elsewhere } = sidesOf(release({ traffic: { b: 70, g: 20, x: 10 } }));

    expect([blue?.percent, green?.percent, elsewhere]).toEqual([70, 20, 10]);
  });

  it('are put into one sentence', () => {
    const words = splitInWords(sidesOf(release({ traffic: { b: 95, g: 5 } })));

    expect(words).toBe('Traffic: blue (v1) 95 %, green (v2) 5 %');
    expect(splitInWords(sidesOf(release({ traffic: {} })))).toBe(
      'Where traffic goes is not known now.',
    );
  });

  it('keep their colours between releases', () => {
    const done = summary({ outcome: 'completed' });

    expect(liveSides({ g: 100 }, done)).toMatchObject({ blue: null, green: { version: 'v2' } });
    expect(liveSides({ b: 100 }, done)).toMatchObject({ blue: { version: 'v1' }, green: null });
    expect(liveSides({ x: 100 }, done)).toMatchObject({ blue: null, green: null, elsewhere: 100 });
    expect(liveSides(null, done).isKnown).toBe(false);
  });

  it('are named by the weights of an event', () => {
    expect(percentIn({ g: 5, b: 95 }, 'g')).toBe(5);
    expect([percentIn(null, 'g'), percentIn({ g: '5' }, 'g')]).toEqual([null, null]);
  });
});

describe('the overview', () => {
  const service: ServiceStatus = {
    service: 'shop',
    owner: null,
    traffic: { g: 5, b: 95 },
    liveVersion: null,
    releaseId: 'r1',
    frozen: null,
    errorBudget: null,
  };
  const row = (status: Partial<ServiceStatus>, releases: ReleaseSummary[]) => {
    const [found] = overviewOf({ services: [{ ...service, ...status }] }, { releases }, null);
    return found;
  };

  it('finds the release that runs and names both versions', () => {
    const running = summary({});

    expect(row({}, [running])).toMatchObject({ running, last: null, liveWords: 'v1 and v2' });
  });

  it('takes the colours of the release that decided last, not of one that was refused', () => {
    const refused = summary({ releaseId: 'r3', outcome: 'refused', blue: null, green: null });
    const done = summary({ releaseId: 'r2', outcome: 'completed' });
    const found = row({ traffic: { g: 100 }, liveVersion: 'v2', releaseId: null }, [refused, done]);

    expect(found).toMatchObject({ last: refused, sides: { green: { percent: 100 } } });
  });

  it.each([
    ['nothing yet', { traffic: {}, releaseId: null }],
    ['not known now', { traffic: null, releaseId: null }],
    ['an unknown version', { traffic: { x: 100 }, releaseId: null }],
  ])('says %s', (words, status) => {
    expect(row(status, [])?.liveWords).toBe(words);
  });
});
