import type { EnvironmentRef, Outcome, Phase, Weights } from './document.ts';

/** What can be wrong with a service. */
export const findingKinds = [
  'manifest-invalid',
  'route-unreadable',
  'route-split',
  'route-to-nothing',
  'route-unexpected',
  'lock-stuck',
  'lock-without-record',
  'lock-of-retirement',
  'release-stranded',
  'release-held',
  'rollback-failed',
  'environments-unreadable',
  'environment-leftover',
  'alarms-unreadable',
  'alarm-unknown',
  'alarm-without-action',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** One thing that is wrong, or waits for a person. */
export interface Finding {
  kind: FindingKind;
  /** `fail`: wrong until somebody mends it. `warn`: somebody should know. */
  state: 'warn' | 'fail';
  /** The release, environment, alarm or service that it is about. */
  subject: string;
  /** What it is, in one sentence. */
  detail: string;
  /** Why it matters, in one sentence. */
  why: string;
  /** What mends it: a command, or what to do where there is none. */
  mend: string;
  /** A repair does that by itself. */
  isFixable: boolean;
}

/** A side that gets traffic. */
export interface LiveSide {
  environmentId: string;
  percent: number;
  /** Null when there is no such environment. */
  version: string | null;
  /** As `Environment.status` has it, or `unknown` where it could not be asked. */
  state: 'pending' | 'ready' | 'failed' | 'gone' | 'unknown';
}

/** A release in one line. */
export interface ReleaseLine {
  releaseId: string;
  phase: Phase;
  outcome: Outcome | null;
}

/** The live route, the ledger and the engine side by side. */
export interface Sides {
  /** `weights` is null, with a `problem`, when the router cannot be read. */
  route: { weights: Weights | null; problem: string | null; live: LiveSide[] };
  ledger: {
    /** Who holds the service's lock: a release, or `retire/…` for a moment. */
    lock: { holder: string; epoch: number } | null;
    /** Releases that run, are held, or whose rollback failed, newest first. */
    open: ReleaseLine[];
    /** The release that decided last where traffic is, and where it left it. */
    last: (ReleaseLine & { expected: EnvironmentRef | null }) | null;
  };
  /** Of the open releases, and retirements that wait or work. */
  executions: { machine: string; name: string; status: string }[];
}

/** What a service looks like, and what is wrong with it. */
export interface Diagnosis {
  service: string;
  /** ISO 8601. */
  at: string;
  findings: Finding[];
  sides: Sides;
}

/** What a repair did about a finding. */
export interface Repair {
  isMended: boolean;
  /** What was done, or why not. */
  detail: string;
}

/** What was found, and what was done about it: `repair` is null where nothing was tried. */
export interface RepairReport {
  service: string;
  /** ISO 8601. */
  at: string;
  findings: (Finding & { repair: Repair | null })[];
}
