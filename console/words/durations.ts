const units: readonly [name: string, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/**
 * A stretch of time in words, as exact as a person needs it: `380 ms`, `4.2 seconds`,
 * `3 minutes 20 seconds`, `2 days 4 hours`.
 */
export function durationInWords(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9_950) return `${plainNumber(ms / 1000)} ${ms === 1000 ? 'second' : 'seconds'}`;
  return wholeUnits(Math.round(ms / 1000), 2);
}

/** The largest unit only, for what is seen at a glance: `4 minutes`, `2 hours`. */
export function roughly(ms: number): string {
  return wholeUnits(Math.max(0, Math.round(ms / 1000)), 1);
}

/** A countdown: `4:05`, `1:02:30`, `0:00`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

/** How long ago: `just now`, `4 minutes ago`. Never in the future, whatever the two clocks say. */
export function ago(at: number, now: number): string {
  const ms = now - at;
  return ms < 5_000 ? 'just now' : `${roughly(ms)} ago`;
}

function wholeUnits(seconds: number, most: number): string {
  const first = units.findIndex(([, length]) => seconds >= length);
  if (first === -1) return '0 seconds';
  let rest = seconds;
  const parts = units.slice(first, first + most).flatMap(([name, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count > 0 ? [`${count} ${name}${count === 1 ? '' : 's'}`] : [];
  });
  return parts.join(' ');
}

function plainNumber(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}
