/**
 * `node scripts/judge/thresholds.ts`: writes lib/signals/judge/rank-thresholds.ts, by simulating windows
 * in which nothing is wrong. Takes some minutes.
 */
import { writeFileSync } from 'node:fs';
import { rankTuning } from '../../lib/signals/judge/rank-cusum.ts';
import { seededRandom } from './random.ts';
import { simulateMaxima, upperQuantile } from './simulate.ts';

const baselinePoints = [5, 8, 12, 20, 30, 60, 120, 300, 1000];
const looks = [5, 8, 12, 20, 30, 60, 120, 300, 1000];
const levels = [0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const windows = 100_000;
const random = seededRandom(8);

const rows = baselinePoints.map((points) => {
  const maxima = simulateMaxima(points, looks, windows, rankTuning.allowance, random);
  const lines = maxima.map((sorted) => {
    const numbers = levels.map((level) => upperQuantile(sorted, level).toFixed(2)).map(Number);
    return `[${numbers.join(', ')}]`;
  });
  console.error(`${points} points of baseline`);
  return `  [\n    ${lines.join(',\n    ')},\n  ],`;
});

const file = new URL('../../lib/signals/judge/rank-thresholds.ts', import.meta.url);
writeFileSync(
  file,
  `/**
 * What the rank CUSUM exceeds in a window where nothing is wrong, with the probability of a level.
 * Written by \`node scripts/judge/thresholds.ts\` from ${windows.toLocaleString('en')} simulated windows each.
 */
export const rankThresholds = {
  baselinePoints: [${baselinePoints.join(', ')}],
  looks: [${looks.join(', ')}],
  levels: [${levels.join(', ')}],
  /** By points of baseline, then looks, then level. */
  values: [
${rows.map((row) => row.replace(/^/gm, '  ')).join('\n')}
  ],
};
`,
);
