import { z } from 'zod';
import { epochMs, isoTime } from './clock.ts';
import type { AdapterConfig } from './json.ts';
import { duration } from './quantities.ts';

/** Who tells of alerts by webhook. */
export const alertSources = ['alertmanager', 'grafana'] as const;
export type AlertSource = (typeof alertSources)[number];

/** One alert, as it was told. */
export interface ToldAlert {
  state: 'firing' | 'resolved';
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** ISO 8601, by the clock of whoever tells. */
  startsAt: string;
  /** The same; null while it fires. */
  endsAt: string | null;
}

const label = z.string().min(1).max(1024);

const matcher = z.strictObject({
  alertname: label.describe('The name of the alert rule'),
  labels: z
    .record(z.string().min(1).max(128), label)
    .default({})
    .describe('Labels that it must have besides, each with exactly this value'),
});

/** `signals: { kind: reported-alarms, … }` of a manifest. */
export const reportedAlarmsSchema = z.strictObject({
  kind: z.literal('reported-alarms'),
  source: z.enum(alertSources).default('alertmanager').describe('Who tells of them'),
  alarms: z
    .record(z.string().min(1).max(128), matcher)
    .refine((alarms) => Object.keys(alarms).length <= 50, 'has more than 50 alarms')
    .describe('Which alerts each alarm stands for, by the name under which watch.alarms has it'),
  staleAfter: duration
    .refine((seconds) => seconds >= 60, 'is shorter than 60s')
    .prefault('5h')
    .describe('A firing alert that is not repeated for so long does not count any more'),
});

/** The same, as validated. Durations are seconds. */
export type ReportedAlarmsConfig = z.output<typeof reportedAlarmsSchema>;
type Matcher = z.output<typeof matcher>;

/** That part of a manifest, where it has one. */
export function reportedAlarmsOf(
  signals: AdapterConfig | null | undefined,
): ReportedAlarmsConfig | null {
  return signals?.kind === 'reported-alarms' ? reportedAlarmsSchema.parse(signals) : null;
}

/** The name under which the ledger keeps what was told: each service has alarms of its own. */
export function reportedName(service: string, alarm: string): string {
  return `${service}/${alarm}`;
}

/** What a message says about one alarm. */
export interface AlarmState {
  state: 'firing' | 'ok';
  /** ISO 8601, UTC. */
  since: string;
  reason: string;
}

/**
 * What the alerts of one message say about an alarm, or null when none of them is one of its. It fires
 * while any of them does, since the first of those began; it is over when all of them are, since the
 * last one ended. A time that has not come yet (clocks differ) is taken for `nowMs`.
 */
export function readAlarmState(
  alarm: Matcher,
  alerts: readonly ToldAlert[],
  nowMs: number,
): AlarmState | null {
  const matching = alerts.filter((alert) => isMatch(alarm, alert));
  const [one] = matching;
  if (!one) return null;
  const firing = matching.filter(({ state }) => state === 'firing');
  const [first] = firing;
  if (first) {
    const since = Math.min(...firing.map(({ startsAt }) => epochMs(startsAt)), nowMs);
    return { state: 'firing', since: isoTime(since), reason: describe(first, firing.length) };
  }
  const ends = matching.map(({ startsAt, endsAt }) => epochMs(endsAt ?? startsAt));
  const since = Math.min(Math.max(...ends), nowMs);
  return { state: 'ok', since: isoTime(since), reason: describe(one, matching.length) };
}

function isMatch({ alertname, labels }: Matcher, alert: ToldAlert): boolean {
  const wanted = { alertname, ...labels };
  return Object.entries(wanted).every(([name, value]) => alert.labels[name] === value);
}

const longestReason = 400;

/** The annotations that alert rules have by convention, else its labels. */
function describe({ labels, annotations }: ToldAlert, count: number): string {
  const { summary, description, message } = annotations;
  const words = summary || description || message || describeLabels(labels);
  const oneLine = words.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  const text = count > 1 ? `${count} alerts, one of them: ${oneLine}` : oneLine;
  return text.length > longestReason ? `${text.slice(0, longestReason - 1)}…` : text;
}

function describeLabels({ alertname, ...labels }: Readonly<Record<string, string>>): string {
  const rest = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return `${alertname}{${rest.join(', ')}}`;
}
