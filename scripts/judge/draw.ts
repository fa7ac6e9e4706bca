/**
 * `node scripts/judge/draw.ts`: draws the plots of docs/judge.md, docs/images/judge-*.svg. What is
 * measured comes from the last run of `npm run bench:judge -- --data DIR`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawChart } from '../../cli/judge/chart.ts';
import type { JudgeReport } from '../bench/judge/report.ts';
import { outputDirectory } from '../bench/output.ts';
import { drawCounts, drawHow, drawNoise } from './plots.ts';

const report = JSON.parse(
  readFileSync(path.join(outputDirectory, 'judge.json'), 'utf8'),
) as JudgeReport;
if (!report.noise) throw new Error('the last run had no --data');

const folder = path.join(import.meta.dirname, '../../docs/images');
const charts = {
  'judge-how.svg': drawHow(),
  'judge-noise.svg': drawNoise(report.noise),
  'judge-counts.svg': drawCounts(report.counts),
};
for (const [file, chart] of Object.entries(charts)) {
  writeFileSync(path.join(folder, file), drawChart(chart));
}
