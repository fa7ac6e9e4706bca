import { parseArgs } from 'node:util';
import { fullScale, type Scale } from './scenarios.ts';

/** What `npm run bench:dns` was asked for. */
export interface DnsArguments {
  isJson: boolean;
  scale: Scale;
}

const options = {
  json: { type: 'boolean', default: false },
  ttl: { type: 'string', default: String(fullScale.ttl) },
  'lower-to': { type: 'string', default: String(fullScale.lowerTo) },
  seconds: { type: 'string' },
} as const;

/** @throws Error that says what is wrong with the arguments. */
export function parseArguments(args: readonly string[]): DnsArguments {
  const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
  const ttl = wholeSeconds('--ttl', values.ttl, 2, 3600);
  const lowerTo = wholeSeconds('--lower-to', values['lower-to'], 1, ttl - 1);
  const watch =
    values.seconds === undefined ? null : wholeSeconds('--seconds', values.seconds, 1, 3600);
  return {
    isJson: values.json,
    scale: { ...fullScale, ttl, lowerTo, watch, split: watch ?? fullScale.split },
  };
}

function wholeSeconds(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new Error(`${name} ${text}: needs whole seconds from ${least} to ${most}`);
}
