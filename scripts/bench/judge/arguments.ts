import { parseArgs } from 'node:util';

/** What `npm run bench:judge` was asked for. */
export interface JudgeArguments {
  /** Folder of series with their `windows.json`; without it only counts are measured. */
  data: string | null;
  /** Releases that are drawn for each cell of the tables of counts. */
  releases: number;
  seed: number;
  isJson: boolean;
}

const options = {
  data: { type: 'string' },
  releases: { type: 'string', default: '300' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
} as const;

/** @throws Error that says what is wrong with the arguments. */
export function parseArguments(args: readonly string[]): JudgeArguments {
  const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
  return {
    data: values.data ?? null,
    releases: wholeNumber('--releases', values.releases, 1),
    seed: wholeNumber('--seed', values.seed, 0),
    isJson: values.json,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${name} ${text}: needs a whole number of at least ${least}`);
}
