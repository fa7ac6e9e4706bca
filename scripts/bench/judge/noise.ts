import { rankTuning } from '../../../lib/signals/judge/rank-cusum.ts';
import { seededRandom } from '../../judge/random.ts';
import { simulateMaxima, upperQuantile } from '../../judge/simulate.ts';
import { mannWhitneyJudge, meanJudge, type PairJudge, sequentialJudge } from './judges.ts';
import { type Pair, pairsOf, type RecordedSeries } from './pairs.ts';
import { rowOf, sumOf, type Tally, type TallyRow, tally } from './tally.ts';

/** Points of a stretch. */
export const lengths = [12, 30, 50] as const;
/** Settings that could have been chosen. */
const allowances = [0.55, 0.6, rankTuning.allowance, 0.7, 0.75];
const levels = [0.03, 0.05, 0.08, 0.1, 0.15];
/** A setting is admissible whose false alarms on the other series are below the reference's by a tenth. */
const admissibleShare = 0.9;

export interface NoiseReport {
  series: { name: string; pairs: Record<string, number> }[];
  rows: ({ length: number; judge: string; pairs: number } & TallyRow)[];
  /** Chosen on all series but one, and measured on that one. */
  leftOut: {
    chosen: { series: string; allowance: number; level: number }[];
    rows: ({ length: number; pairs: number } & TallyRow)[];
  };
  /** The false alarms and the recall of every setting. */
  settings: ({ allowance: number; level: number; length: number } & TallyRow)[];
}

/** A way to set the judge, and how it does: by length, then series. */
interface Setting {
  allowance: number;
  level: number;
  tallies: Tally[][];
}

/** Measures the judge and the references on real noise, with thresholds from so many simulated windows. */
export function measureNoise(
  all: readonly RecordedSeries[],
  seed: number,
  windows = 20_000,
): NoiseReport {
  const pairs = lengths.map((length) => all.map((series) => pairsOf(series, length)));
  const reference = talliesOf(mannWhitneyJudge, pairs);
  const judges = {
    sequential: talliesOf(sequentialJudge(), pairs),
    'Mann-Whitney': reference,
    'mean threshold': talliesOf(meanJudge, pairs),
  };
  const settings = settingsOf(pairs, seed, windows);
  const chosen = all.map((_, left) => chooseWithout(left, settings, reference));
  return {
    series: all.map(({ name }, i) => ({
      name,
      pairs: Object.fromEntries(lengths.map((length, at) => [length, pairs[at]?.[i]?.length ?? 0])),
    })),
    rows: lengths.flatMap((length, at) =>
      Object.entries(judges).map(([judge, tallies]) => {
        const together = sumOf(tallies[at] ?? []);
        return { length, judge, pairs: together.pairs, ...rowOf(together) };
      }),
    ),
    leftOut: {
      chosen: all.map(({ name: series }, i) => {
        const { allowance = Number.NaN, level = Number.NaN } = chosen[i] ?? {};
        return { series, allowance, level };
      }),
      rows: lengths.map((length, at) => {
        const together = sumOf(chosen.flatMap((setting, i) => setting.tallies[at]?.[i] ?? []));
        return { length, pairs: together.pairs, ...rowOf(together) };
      }),
    },
    settings: settings.flatMap(({ allowance, level, tallies }) =>
      lengths.map((length, at) => ({
        allowance,
        level,
        length,
        ...rowOf(sumOf(tallies[at] ?? [])),
      })),
    ),
  };
}

function talliesOf(judge: PairJudge, pairs: readonly Pair[][][]): Tally[][] {
  return pairs.map((ofLength) => ofLength.map((ofSeries) => tally(judge, ofSeries)));
}

function settingsOf(pairs: readonly Pair[][][], seed: number, windows: number): Setting[] {
  return allowances.flatMap((allowance) => {
    const thresholdOf = simulatedThresholds(allowance, seed, windows);
    return levels.map((level) => {
      const judge = sequentialJudge(level, { allowance, thresholdOf });
      return { allowance, level, tallies: talliesOf(judge, pairs) };
    });
  });
}

/** The thresholds of an allowance for the lengths of the benchmark, with as many points of baseline. */
function simulatedThresholds(allowance: number, seed: number, windows: number) {
  const random = seededRandom(seed);
  const maxima = new Map(
    lengths.map((length) => [
      length as number,
      simulateMaxima(length, [length], windows, allowance, random)[0],
    ]),
  );
  return (_: number, looks: number, level: number) =>
    upperQuantile(maxima.get(looks) ?? new Float64Array(), level);
}

/** The setting that finds most on all series but one, of those that are admissible there. */
function chooseWithout(
  left: number,
  settings: readonly Setting[],
  reference: readonly Tally[][],
): Setting {
  const without = (tallies: readonly Tally[][]) =>
    tallies.map((ofLength) => sumOf(ofLength.filter((_, i) => i !== left)));
  const limits = without(reference).map(({ falsePositives }) => falsePositives * admissibleShare);
  const scored = settings.map((setting) => {
    const tallies = without(setting.tallies);
    const excess = tallies.reduce(
      (sum, { falsePositives }, at) => sum + Math.max(0, falsePositives - (limits[at] ?? 0)),
      0,
    );
    return { setting, excess, found: tallies.reduce((sum, it) => sum + shareFound(it), 0) };
  });
  scored.sort((a, b) => a.excess - b.excess || b.found - a.found);
  return scored[0]?.setting as Setting;
}

/** Of doubled candidates, over the whole stretch and late. */
function shareFound({ pairs, found }: Tally): number {
  const doubled = found.filter(({ factor }) => factor === 2);
  return doubled.reduce((sum, { delays }) => sum + delays.length, 0) / pairs;
}
