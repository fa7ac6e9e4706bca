import type { EnvironmentRef } from '../../release/document.ts';
import type { TelemetryConfig } from '../telemetry.ts';

/** One thing that is asked for, and whether it is there. */
export interface Finding {
  kind: 'metric' | 'log field' | 'trace' | 'alarm' | 'dashboard';
  name: string;
  /** What is wrong, as a clause; null when it is there. */
  problem: string | null;
  /** Whether it may still come: what is told to somebody else takes minutes to arrive. */
  isLate: boolean;
}

/** Labels and the values that they have to have on green. */
export function labelsOf(
  { labels }: Pick<TelemetryConfig, 'labels'>,
  { id, version }: EnvironmentRef,
): Record<string, string> {
  const values = { environment: id, version };
  return Object.fromEntries(Object.entries(labels).map(([name, it]) => [name, values[it]]));
}

/** What is there, in percent with one decimal; null when nothing is asked for. */
export function coverageOf(findings: readonly Finding[]): number | null {
  if (findings.length === 0) return null;
  const there = findings.filter(({ problem }) => problem === null).length;
  return Math.round((there / findings.length) * 1000) / 10;
}
