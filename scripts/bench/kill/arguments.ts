import { parseArgs } from 'node:util';

/** What `npm run bench:kill` was asked for. */
export interface KillArguments {
  /** How often the conductor is killed. */
  kills: number;
  /** The first kill is drawn with this number, every further one with the next. */
  seed: number;
  isJson: boolean;
}

const options = {
  kills: { type: 'string', default: '200' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/**
 * Reads the arguments; `drawSeed` is asked when they name no seed.
 * @throws Error that says what is wrong with them.
 */
export function parseArguments(args: readonly string[], drawSeed: () => number): KillArguments {
  const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
  return {
    kills: wholeNumber('--kills', values.kills, 1),
    seed: values.seed === undefined ? drawSeed() : wholeNumber('--seed', values.seed, 0),
    isJson: values.json,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${name} ${text}: needs a whole number of at least ${least}`);
}
