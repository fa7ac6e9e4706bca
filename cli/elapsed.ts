/** Milliseconds as people read them: `85ms`, `1.4s`, `12.3s`, `2m 05s`, `1h 02m`. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.max(0, Math.round(ms))}ms` : formatElapsed(ms);
}

/** The same, in seconds from the start, so that a column of them lines up: `0.1s`, `2m 05s`. */
export function formatElapsed(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${twoDigits(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
}

/** Seconds for a progress bar: whole ones, `12s`, `2m 05s`. */
export function formatSeconds(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)}s` : formatElapsed(ms);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
