/** How far a watch window is, for its bar. */
export interface WatchProgress {
  /** 0 to 100. */
  percent: number;
  leftMs: number;
  lengthMs: number;
}

/** @param now Milliseconds since the epoch, by the viewer's clock, which may be a little off. */
export function watchProgress(
  { startedAt, endsAt }: { startedAt: string; endsAt: string },
  now: number,
): WatchProgress {
  const start = Date.parse(startedAt);
  const lengthMs = Math.max(1, Date.parse(endsAt) - start);
  const passed = Math.min(lengthMs, Math.max(0, now - start));
  return { percent: (passed / lengthMs) * 100, leftMs: lengthMs - passed, lengthMs };
}
