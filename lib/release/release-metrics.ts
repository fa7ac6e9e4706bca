/** What one side did in one stretch of time. */
export interface MeasuredPoint {
  /** ISO 8601, the beginning of the stretch. */
  at: string;
  requests: number;
  /** How many of them failed on the server's side. */
  errors: number;
  /** Milliseconds; null when there were no requests. */
  latencyMs: { p50: number; p95: number; p99: number } | null;
}

/** A moment of a release that belongs into a chart of it. */
export interface Mark {
  /** ISO 8601. */
  at: string;
  kind: 'shift' | 'verdict' | 'breach' | 'end';
  /** One sentence. */
  label: string;
}

/** Blue and green side by side, from before the first shift until a little after the end. */
export interface ReleaseMetrics {
  /** ISO 8601. */
  from: string;
  /** ISO 8601; now while the release runs. */
  to: string;
  /** Length of a point. */
  periodSeconds: number;
  /** Oldest first; stretches without requests have none. */
  blue: MeasuredPoint[];
  green: MeasuredPoint[];
  /** Oldest first. */
  marks: Mark[];
  /** Why there are no points, in one sentence; null when there could be some. */
  unavailable: string | null;
}
