import type { Artifact } from './artifact.ts';
import type { ReleaseEvent } from './events.ts';
import type { Plan } from './plan.ts';

/** Where a release stands, as the API and `--json` give it. */
export const phases = [
  'admitting',
  'provisioning',
  'validating',
  'awaiting-approval',
  'cutting-over',
  'watching',
  'completing',
  'rolling-back',
  'discarding',
  'ended',
] as const;
export type Phase = (typeof phases)[number];

/** How a release ended. */
export const outcomes = [
  'completed',
  'rolled-back',
  'held',
  'refused',
  'discarded',
  'expired',
  'rollback-failed',
] as const;
export type Outcome = (typeof outcomes)[number];

/** One running copy of a service. Small: it travels inside the release document. */
export interface EnvironmentRef {
  /** Unique within the service; the router's weights are keyed by it. */
  id: string;
  /** The `kind` of the adapter that made it. */
  kind: string;
  /** The artifact's version, or `unknown` for what was live before Verdigris came. */
  version: string;
  /** Base URL at which checks reach this environment directly, or null where there is none. */
  address: string | null;
  /** Facts that the adapter needs to find it again. */
  attributes: Record<string, string>;
}

/** What found it. */
export const breachKinds = [
  'alarm',
  'comparison',
  'blind',
  'operator',
  'hold',
  'execution',
] as const;
export type BreachKind = (typeof breachKinds)[number];

/** Why a release has to be undone. */
export interface Breach {
  /**
   * `blind`: alarms or metrics could not be read for too long. `operator` asked for a rollback, `hold`
   * is a person who asked for a hold.
   */
  kind: BreachKind;
  /** One sentence with the numbers. */
  reason: string;
  /** ISO 8601, when the conductor learnt of it. */
  detectedAt: string;
  /** `alarm:<name>`, `judge`, or a person. */
  by: string;
}

/** What a check's verdict changes about the release. */
export interface CheckEffects {
  /** Why a breach has to hold traffic where it is: blue can't take it back. */
  holdOnBreach?: string;
  /** What of the telemetry that is asked for green has, in percent. */
  observabilityCoverage?: number;
}

/** A check's verdict in short; its evidence is an event in the ledger. */
export interface CheckResult {
  name: string;
  verdict: 'pass' | 'warn' | 'fail';
  isCritical: boolean;
  summary: string;
  /** Absent where it changes nothing. */
  effects?: CheckEffects;
}

/** Traffic as whole percent per environment id. */
export type Weights = Record<string, number>;

/** ISO times of what the release's figures are computed from. Null until it happened. */
export interface Milestones {
  requestedAt: string;
  firstShiftAt: string | null;
  /** All traffic on green. */
  cutoverAt: string | null;
  breachAt: string | null;
  /** All traffic back on blue, as the router confirmed it. */
  restoredAt: string | null;
  endedAt: string | null;
}

/** The state of the watch window. */
export interface WatchState {
  /** Index into `plan.steps` of the shift that is being watched. */
  stepIndex: number;
  startedAt: string;
  endsAt: string;
  /** Seconds until the next comparison: the token's time-out. Rounded up to whole ones on AWS. */
  nextLookSeconds: number;
  /** How many comparisons there were. */
  looks: number;
  /** ISO 8601, since when alarms or metrics cannot be read. Absent while they can. */
  blindSince?: string;
  isClosed: boolean;
}

/**
 * What blue did before a shift, in stretches of one length, oldest first: the lists are equally long, at
 * most 60. A latency is null where there was none. Milliseconds.
 */
export interface BaselineSeries {
  /** ISO 8601, the shift. */
  until: string;
  stretchSeconds: number;
  /** Of both sides: in a canary blue has only a part of them. */
  requestsPerSecond: number;
  requests: number[];
  errors: number[];
  p50: (number | null)[];
  p95: (number | null)[];
  p99: (number | null)[];
  /** Absent where none are asked for, none could be read, or blue was live on none. */
  earlier?: EarlierDays;
}

/**
 * What blue did on earlier days at the hour at which green has all traffic: stretches of one length that
 * begin at one distance from each other, on some days only. Figures to four digits.
 */
export interface EarlierDays {
  /** ISO 8601, when the first stretch would begin today; on earlier days it does whole days before. */
  from: string;
  stretchSeconds: number;
  /** From the beginning of one stretch to that of the next. */
  everySeconds: number;
  days: EarlierDay[];
}

/** Lists are equally long, and absent where their metric is not compared. Milliseconds. */
export interface EarlierDay {
  requests?: number[];
  errors?: number[];
  p50?: (number | null)[];
  p95?: (number | null)[];
  p99?: (number | null)[];
}

/** Blue before the first shift in one figure each: documents of before 0.2.0 have it. */
export interface MetricSummary {
  requests: number;
  errors: number;
  /** How many points have a latency. */
  latencyPoints: number;
  /** Milliseconds: the median over those points of each percentile; null without any. */
  latencyMs: { p50: number; p95: number; p99: number } | null;
}

/** How far a rollback has come. */
export interface Restoration {
  /** ISO 8601. */
  startedAt: string;
  /** Every earlier epoch is stale; false while the ledger could not be reached. */
  isFenced: boolean;
  /** The route was written once, whatever it was before. */
  isApplied: boolean;
  /** Green was seen with traffic, or a shift of this release is on record. */
  hadTraffic: boolean;
}

/**
 * What travels through the state machine: small, complete enough that a rollback needs nothing else
 * but the router. Under 32 KB.
 */
export interface ReleaseDocument {
  /** Version of this shape. */
  schema: 1;
  releaseId: string;
  service: string;
  artifact: Artifact;
  requestedBy: string;
  plan: Plan | null;
  /** The service lock's epoch under which this release may move traffic. */
  epoch: number;
  /**
   * The epoch under which the rollback or resume that works on it was started, which names that
   * execution; a rollback raises `epoch` on its way. Absent until there was one.
   */
  executionEpoch?: number | undefined;
  phase: Phase;
  /** ISO 8601, when this phase began. */
  phaseSince: string;
  /** Null until the release has ended; the state machine's last Choice reads it. */
  outcome: Outcome | null;
  /** What was live when the release began; null on a service's first release. */
  blue: EnvironmentRef | null;
  green: EnvironmentRef | null;
  /** The route that the release expects to find before its next shift. */
  expectedRoute: { weights: Weights; revision: string } | null;
  checks: CheckResult[];
  /** Index of the next shift in `plan.steps`. */
  nextStepIndex: number;
  hasMoreSteps: boolean;
  /** Alarms that do not count (rule 11) unless they fire anew after `since` (ISO 8601). */
  ignoredAlarms: { name: string; since: string }[];
  /** ISO time until which an earlier traffic change of this release may still take effect. */
  leaseUntil: string | null;
  watch: WatchState | null;
  /** Blue before the shift that is watched, measured once: sources forget. Null until the first look. */
  baseline: BaselineSeries | MetricSummary | null;
  restoration: Restoration | null;
  breach: Breach | null;
  milestones: Milestones;
  /** Events that the ledger could not take yet. */
  unrecorded: ReleaseEvent[];
  step: StepStatus;
  /** What a Catch of the state machine put here. */
  error?: { Error: string; Cause: string } | undefined;
}

/** Whether a step is through, and if not, when to call it again. */
export interface StepStatus {
  status: 'done' | 'pending';
  /** Seconds. Rounded up to whole ones on AWS, where Wait states know no fractions. */
  retryAfterSeconds: number;
}

/** What starts the release machine. */
export interface ReleaseInput {
  releaseId: string;
  service: string;
  artifact: Artifact;
  requestedBy: string;
  /** ISO 8601. */
  requestedAt: string;
}

export const done: StepStatus = { status: 'done', retryAfterSeconds: 1 };

/** A status that asks to be called again. */
export function pending(retryAfterSeconds: number): StepStatus {
  return { status: 'pending', retryAfterSeconds };
}

/** The document with which a release begins. */
export function createDocument(input: ReleaseInput): ReleaseDocument {
  return {
    schema: 1,
    releaseId: input.releaseId,
    service: input.service,
    artifact: input.artifact,
    requestedBy: input.requestedBy,
    plan: null,
    epoch: 0,
    phase: 'admitting',
    phaseSince: input.requestedAt,
    outcome: null,
    blue: null,
    green: null,
    expectedRoute: null,
    checks: [],
    nextStepIndex: 0,
    hasMoreSteps: true,
    ignoredAlarms: [],
    leaseUntil: null,
    watch: null,
    baseline: null,
    restoration: null,
    breach: null,
    milestones: {
      requestedAt: input.requestedAt,
      firstShiftAt: null,
      cutoverAt: null,
      breachAt: null,
      restoredAt: null,
      endedAt: null,
    },
    unrecorded: [],
    step: done,
  };
}
