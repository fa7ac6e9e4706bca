import { type Comparisons, planComparison } from './comparison.ts';
import type { AdapterConfig } from './json.ts';
import type { CheckConfig, Manifest, OnBlind } from './manifest.ts';
import { type Slo, sloOf } from './slo.ts';

/** One shift of traffic and the window in which signals can undo it. */
export interface ShiftStep {
  /** Share of traffic that green gets, in whole percent. */
  weightPercent: number;
  windowSeconds: number;
}

/** What one release will do: its manifest with every default filled in, units in the names. */
export interface Plan {
  owner: string | null;
  environment: AdapterConfig;
  router: AdapterConfig;
  checks: CheckConfig[];
  approval: {
    isRequired: boolean;
    count: number;
    expiresInSeconds: number;
    /** Whoever asked for the release may not approve it. Absent, for no, in plans of 0.1.0. */
    hasSeparateDuties?: boolean;
  };
  steps: ShiftStep[];
  /** How long green and the router may take to get ready for a shift. Absent in plans of before 0.2.0. */
  readyWithinSeconds?: number;
  watch: {
    intervalSeconds: number;
    /** Latencies of looks that begin sooner after a shift are not judged. Absent, for 0, in plans of 0.1.0. */
    warmUpSeconds?: number;
    alarms: string[];
    /** Alarms that are written down when they fire, and undo nothing. Absent in plans of before 0.2.0. */
    informationalAlarms?: string[];
    alreadyFiring: 'refuse' | 'ignore';
    compare: Comparisons;
    minRequests: number;
    /** How long alarms or metrics may be unreadable. Absent in plans of before 0.2.0: see judge.ts. */
    blindForSeconds?: number;
    /** Absent where `blindForSeconds` is. */
    onBlind?: OnBlind;
    /** How many earlier days green has to stand out against. Absent, for none, in plans of 0.1.0. */
    earlierDays?: number;
  };
  signals: AdapterConfig | null;
  metrics: AdapterConfig | null;
  onBreach: 'rollback' | 'hold';
  retainSeconds: number;
  notify: AdapterConfig[];
  /** Absent where the manifest promises nothing, and in plans of before 0.2.0. */
  slo?: Slo;
}

/** Every alarm that a release hears of, whatever it does about it. */
export function heardAlarms({ alarms, informationalAlarms = [] }: Plan['watch']): string[] {
  return [...new Set([...alarms, ...informationalAlarms])];
}

/** Seconds; for plans that do not say how long getting ready for a shift may take. */
export const usualReadyWithinSeconds = 900;

/** Seconds; where a manifest does not say how long a release may be blind: an outage of a monitoring system. */
const leastBlindSeconds = 300;

/** The plan of a release, from the manifest as it is when the release is admitted. */
export function planRelease(manifest: Manifest): Plan {
  const { watch } = manifest;
  const alarmsThat = (are: 'informational' | 'critical') =>
    watch.alarms
      .filter(({ informational }) => informational === (are === 'informational'))
      .map(({ name }) => name);
  return {
    owner: manifest.owner ?? null,
    environment: manifest.environment,
    router: manifest.router,
    checks: manifest.checks,
    approval: {
      isRequired: manifest.approval.required,
      count: manifest.approval.count,
      expiresInSeconds: wholeSeconds(manifest.approval.expiresIn),
      hasSeparateDuties: manifest.approval.separateDuties,
    },
    steps: manifest.cutover.steps.map(({ weight, bake }) => ({
      weightPercent: weight,
      windowSeconds: bake ?? watch.window,
    })),
    readyWithinSeconds: manifest.cutover.readyWithin,
    watch: {
      intervalSeconds: watch.interval,
      warmUpSeconds: watch.warmUp,
      alarms: alarmsThat('critical'),
      informationalAlarms: alarmsThat('informational'),
      alreadyFiring: watch.alreadyFiring,
      compare: Object.fromEntries(
        Object.entries(watch.compare).map(([metric, written]) => [metric, planComparison(written)]),
      ),
      minRequests: watch.minRequests,
      blindForSeconds: watch.blindFor ?? Math.max(leastBlindSeconds, 3 * watch.interval),
      onBlind: watch.onBlind,
      earlierDays: watch.earlierDays,
    },
    signals: manifest.signals ?? null,
    metrics: manifest.metrics ?? null,
    onBreach: manifest.onBreach,
    retainSeconds: manifest.retain,
    notify: manifest.notify,
    ...(manifest.slo && { slo: sloOf(manifest.slo) }),
  };
}

/** Step Functions counts time-outs in whole seconds of at least one. */
export function wholeSeconds(seconds: number): number {
  return Math.max(1, Math.ceil(seconds));
}
