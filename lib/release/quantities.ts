import { z } from 'zod';

const secondsPerUnit: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const multiplierPattern = /^(\d+(?:\.\d+)?)x$/;
const percentPattern = /^(\d+(?:\.\d+)?)%$/;

/** `30m`, `90s`, `1.5h`, `7d`, `500ms` in seconds, or undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = durationPattern.exec(text) ?? [];
  const factor = secondsPerUnit[unit ?? ''];
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
}

/** A number of seconds as people write it: 90 → `90s`, 1800 → `30m`, 0.5 → `500ms`. */
export function formatDuration(seconds: number): string {
  const unit = ['d', 'h', 'm', 's'].find((name) => {
    const factor = secondsPerUnit[name] ?? 1;
    return seconds >= factor && Number.isInteger(seconds / factor);
  });
  if (unit) return `${seconds / (secondsPerUnit[unit] ?? 1)}${unit}`;
  return seconds < 1 ? `${Math.round(seconds * 1000)}ms` : `${Math.round(seconds * 10) / 10}s`;
}

/** Schema of a duration with its unit. Read as seconds. */
export const duration = z
  .string({ error: 'needs a duration with its unit, such as 30m, 90s or 2h' })
  .regex(durationPattern, {
    error: 'needs a duration with its unit, such as 30m, 90s or 2h',
    abort: true,
  })
  .transform((text) => parseDuration(text) ?? Number.NaN);

/** Schema of a duration that is no longer than the given one. Read as seconds. */
export function atMost(longest: string) {
  const limit = parseDuration(longest) ?? Number.NaN;
  return duration.refine(
    (seconds) => seconds <= limit,
    `is longer than ${longest}, the most that is allowed`,
  );
}

/** Schema of a multiplier such as `2x`. Read as the factor. */
export const multiplier = z
  .string({ error: 'needs a multiplier, such as 2x or 1.5x' })
  .regex(multiplierPattern, { error: 'needs a multiplier, such as 2x or 1.5x', abort: true })
  .transform((text) => Number(text.slice(0, -1)))
  .refine((factor) => factor >= 1, 'needs a multiplier of at least 1x');

/** Schema of a share such as `5%` or 0.05. Read as a fraction between 0 and 1. */
export const fraction = z.union(
  [
    z.number().min(0).max(1),
    z
      .string()
      .regex(percentPattern)
      .transform((text) => Number(text.slice(0, -1)) / 100)
      .refine((share) => share <= 1),
  ],
  { error: 'needs a share, such as 5% or 0.05' },
);

/** Schema of a share of traffic in whole percent, 1 to 100. */
export const weightPercent = z
  .number({ error: 'needs a whole percentage from 1 to 100' })
  .int('needs a whole percentage from 1 to 100')
  .min(1, 'needs a whole percentage from 1 to 100')
  .max(100, 'needs a whole percentage from 1 to 100');
