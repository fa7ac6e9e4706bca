import { multiplier } from '../../lib/release/quantities.ts';
import { usageError } from '../errors.ts';
import type { JudgeTerms } from '../io.ts';

const directions = ['increase', 'decrease', 'either'] as const;

/** The terms as they are written on the command line. @throws CommandError (usage) */
export function parseTerms(
  tolerance: string,
  direction: string,
  minEffect: string,
  counter: boolean,
): JudgeTerms {
  const found = directions.find((it) => it === direction);
  if (!found) throw usageError(`--direction ${direction}: needs increase, decrease or either`);
  return {
    tolerance: parseTolerance(tolerance),
    direction: found,
    minEffect: parseAmount('--min-effect', minEffect),
    counter,
  };
}

function parseTolerance(text: string): JudgeTerms['tolerance'] {
  if (!text.endsWith('x')) return { absolute: parseAmount('--tolerance', text) };
  const ratio = multiplier.safeParse(text);
  if (ratio.success) return { ratio: ratio.data };
  throw usageError(`--tolerance ${text}: ${ratio.error.issues[0]?.message}`);
}

function parseAmount(name: string, text: string): number {
  const amount = Number(text);
  if (text.trim() !== '' && Number.isFinite(amount) && amount >= 0) return amount;
  const examples = name === '--tolerance' ? 'such as 2x, 1.25x or 20' : 'such as 5';
  throw usageError(`${name} ${text}: needs a number of at least 0, ${examples}`);
}

/** How many looks a window has. @throws CommandError (usage) */
export function parseLooks(text: string | undefined, seen: number): number {
  if (text === undefined) return Math.max(1, seen);
  const looks = Number(text);
  if (/^\d+$/.test(text) && looks >= seen && looks > 0) return looks;
  throw usageError(`--looks ${text}: needs a whole number of at least ${Math.max(1, seen)}`);
}
