import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError, usageError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import type { Io, JudgedMetric, Judgement, JudgeTerms, LocalPlatform, Verdict } from '../io.ts';
import { readText } from '../judge/files.ts';
import { parsePairs } from '../judge/pairs.ts';
import { drawSeries } from '../judge/picture.ts';
import { metricsOf, parseTable } from '../judge/table.ts';
import { parseLooks, parseTerms } from '../judge/terms.ts';

/** What `judge` may be told. */
export interface JudgeOptions {
  baseline?: string;
  candidate?: string;
  pairs?: string;
  metric?: string[];
  tolerance?: string;
  direction?: string;
  minEffect?: string;
  counter?: boolean;
  looks?: string;
  svg?: string;
  json?: boolean;
}

const marks = {
  'healthy-so-far': '✔ healthy',
  breach: '✖ breach',
  'not-enough-data': '• not enough data',
} as const satisfies Record<Verdict['verdict'], string>;

/** Compares blue and green in files, as a watch window does. Exit code 3 on a breach. */
export async function judge(io: Io, local: LocalPlatform, options: JudgeOptions): Promise<number> {
  const { tolerance = '1.25x', direction = 'increase', minEffect = '0' } = options;
  const terms = parseTerms(tolerance, direction, minEffect, options.counter ?? false);
  const { pairs, baseline, candidate } = options;
  if (pairs !== undefined) return judgePairs(io, local, terms, pairs, options);
  if (baseline === undefined || candidate === undefined) {
    throw usageError('judge needs --baseline and --candidate, or --pairs');
  }
  const [blue, green] = [
    parseTable(baseline, await readText(baseline, io.cwd)),
    parseTable(candidate, await readText(candidate, io.cwd)),
  ];
  const metrics = metricsOf(blue, green, options.metric);
  const judgement = await judgeAll(local, metrics, terms, options.looks);
  if (options.svg !== undefined) await draw(io, options.svg, metrics, terms, judgement);
  const text = options.json ? JSON.stringify(judgement, null, 2) : linesOf(judgement).join('\n');
  io.stdout.write(`${text}\n`);
  return exitCodeOf([judgement]);
}

/** A line of JSON for each pair; with `--json` one list of them. */
async function judgePairs(
  io: Io,
  local: LocalPlatform,
  terms: JudgeTerms,
  file: string,
  { baseline, candidate, metric, svg, looks, json }: JudgeOptions,
): Promise<number> {
  if (baseline !== undefined || candidate !== undefined || metric || svg !== undefined) {
    throw usageError('--pairs goes with neither --baseline, --candidate, --metric nor --svg');
  }
  const judgements: Judgement[] = [];
  for (const pair of parsePairs(file, await readText(file, io.cwd))) {
    judgements.push(await judgeAll(local, [pair], terms, looks));
  }
  const answers = judgements.map(({ verdict, at, reason }) => ({
    breach: verdict === 'breach',
    at,
    reason,
  }));
  const lines = answers.map((answer) => JSON.stringify(answer));
  io.stdout.write(json ? `${JSON.stringify(answers, null, 2)}\n` : `${lines.join('\n')}\n`);
  return exitCodeOf(judgements);
}

async function judgeAll(
  local: LocalPlatform,
  metrics: readonly JudgedMetric[],
  terms: JudgeTerms,
  looks: string | undefined,
): Promise<Judgement> {
  const seen = Math.max(...metrics.map(({ candidate }) => candidate.length));
  return local.judge({
    metrics: metrics.map((metric) => ({ ...metric, ...terms })),
    plannedLooks: parseLooks(looks, seen),
  });
}

function linesOf({ metrics }: Judgement): string[] {
  return metrics.flatMap(({ name, verdict, at, reason }) => [
    `${marks[verdict]}${at === null ? '' : ` at look ${at}`}: ${name}`,
    `  ${reason}`,
  ]);
}

function exitCodeOf(judgements: readonly Verdict[]): number {
  return judgements.some(({ verdict }) => verdict === 'breach') ? exitCodes.breach : exitCodes.done;
}

async function draw(
  io: Io,
  file: string,
  metrics: readonly JudgedMetric[],
  terms: JudgeTerms,
  judgement: Judgement,
): Promise<void> {
  const picture = drawSeries(metrics, terms, judgement);
  await writeFile(resolve(io.cwd, file), picture).catch((cause: NodeJS.ErrnoException) => {
    const message = `${file}: cannot be written (${cause.code})`;
    throw new CommandError('PictureUnwritableError', message, { cause });
  });
}
