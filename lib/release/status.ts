import { epochMs } from './clock.ts';
import type {
  Breach,
  EnvironmentRef,
  Outcome,
  Phase,
  ReleaseDocument,
  Weights,
} from './document.ts';
import type { ReleaseEvent } from './events.ts';
import type { Verification } from './verification.ts';

/** Milliseconds. Null until both ends are known. */
export interface Timings {
  /** Request to all traffic on green. */
  cutoverMs: number | null;
  /** Breach learnt of to all traffic back on blue. */
  detectToRestoredMs: number | null;
  /** Request to the end of the release. */
  totalMs: number | null;
}

/** A release, as the API and `--json` give it. */
export interface ReleaseStatus {
  releaseId: string;
  service: string;
  version: string;
  phase: Phase;
  outcome: Outcome | null;
  reason: string | null;
  requestedBy: string;
  blue: EnvironmentRef | null;
  green: EnvironmentRef | null;
  /** Whole percent per environment id, read from the router. */
  traffic: Weights;
  timings: Timings;
  /** How green's checks went. */
  verification: Verification;
  /** Why it has to be undone, or had to be: also one that came while people were asked. */
  breach: Breach | null;
  /** Present while a window is open. ISO times. */
  watch: { startedAt: string; endsAt: string } | null;
  events: ReleaseEvent[];
}

function between(from: string | null, to: string | null): number | null {
  return from && to ? epochMs(to) - epochMs(from) : null;
}

/** The figures of a release from its milestones. */
export function timingsOf({ milestones }: ReleaseDocument): Timings {
  return {
    cutoverMs: between(milestones.requestedAt, milestones.cutoverAt),
    detectToRestoredMs: between(milestones.breachAt, milestones.restoredAt),
    totalMs: between(milestones.requestedAt, milestones.endedAt),
  };
}
