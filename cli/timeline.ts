import picocolors from 'picocolors';
import type {
  EventType,
  Outcome,
  ReleaseEvent,
  ReleaseStatus,
  Verification,
} from '../lib/http/api.ts';
import { formatElapsed, formatMs, formatSeconds } from './elapsed.ts';
import { printable, printableLine, wrap } from './printable.ts';

/** How a timeline is drawn. */
export interface TimelineStyle {
  /** With ANSI colours. */
  color: boolean;
  /** In characters; longer summaries are wrapped. */
  width?: number;
  /** Milliseconds since the epoch; draws the progress of a running release. */
  nowMs?: number;
}

const marks = { good: '✔', bad: '✖', back: '↩', pause: '⏸', plain: '•' } as const;
type Mood = keyof typeof marks;

const moods: Partial<Record<EventType, Mood>> = {
  'Release Admitted': 'good',
  Provisioned: 'good',
  Validated: 'good',
  'Approval Given': 'good',
  'Traffic Shifted': 'good',
  'Window Closed': 'good',
  Completed: 'good',
  'Approval Rejected': 'bad',
  'Approval Expired': 'bad',
  'Alarm Fired': 'bad',
  'Breach Recorded': 'bad',
  Refused: 'bad',
  Discarded: 'bad',
  'Retire Refused': 'bad',
  'Rollback Failed': 'bad',
  'Rollback Requested': 'back',
  'Rollback Started': 'back',
  'Rolled Back': 'back',
  'Approval Requested': 'pause',
  Held: 'pause',
  'Freeze Set': 'pause',
};

const verdictMoods: Record<string, Mood> = {
  pass: 'good',
  healthy: 'good',
  fail: 'bad',
  breach: 'bad',
};

const outcomeMoods: Record<Outcome, Mood> = {
  completed: 'good',
  'rolled-back': 'back',
  held: 'pause',
  refused: 'bad',
  discarded: 'bad',
  expired: 'bad',
  'rollback-failed': 'bad',
};

/** Where a summary begins: two spaces, mark, `+elapsed` and the longest type. */
const summaryColumn = 35;

/** A whole release as lines: header, events, progress while it runs, and how it ended. */
export function renderTimeline(status: ReleaseStatus, style: TimelineStyle): string[] {
  const events = shownEvents(status.events).flatMap((event) =>
    renderEvent(event, startOf(status), style).split('\n'),
  );
  const progress = renderProgress(status, style);
  return [
    renderHeader(status, style),
    ...events,
    ...(progress === undefined ? [] : [progress]),
    ...renderEnding(status, style),
  ];
}

/**
 * The events that people are shown: not an intention, whose shift follows, nor a verdict that comes
 * to the same as the one before, whatever its numbers: a window has hundreds.
 */
export function shownEvents(events: readonly ReleaseEvent[]): ReleaseEvent[] {
  let verdict = '';
  return events.filter(({ type, data }) => {
    if (type !== 'Verdict') return type !== 'Shift Intended';
    const said = `${data.verdict} ${data.blindSince ?? ''}`;
    const isNews = said !== verdict;
    verdict = said;
    return isNews;
  });
}

/** Service, versions and id on one line. */
export function renderHeader(status: ReleaseStatus, { color }: TimelineStyle): string {
  const paint = picocolors.createColors(color);
  const from = status.blue ? paint.dim(` over ${printableLine(status.blue.version)}`) : '';
  const title = paint.bold(`${status.service} ${printableLine(status.version)}`);
  const asked = `by ${printableLine(status.requestedBy)}`;
  return `${title}${from}${paint.dim(`  release ${status.releaseId}  ${asked}`)}`;
}

/** When a release began, ISO 8601: the time of its first event. */
export function startOf(status: ReleaseStatus): string {
  return status.events[0]?.at ?? status.watch?.startedAt ?? '';
}

/** One event: mark, time since the start, type, summary. Several lines where it has to be wrapped. */
export function renderEvent(event: ReleaseEvent, startedAt: string, style: TimelineStyle): string {
  const paint = picocolors.createColors(style.color);
  const mood = moodOf(event);
  const elapsed = `+${formatElapsed(Date.parse(event.at) - Date.parse(startedAt) || 0)}`;
  const [first = '', ...more] = wrap(
    printable(event.summary) + signature(event),
    (style.width ?? Number.POSITIVE_INFINITY) - summaryColumn,
  );
  const type = printableLine(event.type).padEnd(19);
  const head = `  ${painted(mood, marks[mood], style)} ${paint.dim(elapsed.padStart(8))}  ${
    mood === 'plain' ? paint.dim(type) : paint.bold(type)
  }  `;
  return [head + first, ...more.map((line) => ' '.repeat(summaryColumn) + line)]
    .join('\n')
    .trimEnd();
}

/** Happenings in which it matters who did it, besides the release itself, which the header tells. */
const decisions: ReadonlySet<EventType> = new Set<EventType>([
  'Approval Given',
  'Approval Rejected',
  'Rollback Requested',
  'Resume Requested',
  'Freeze Set',
  'Freeze Lifted',
  'Manifest Applied',
]);

function signature({ type, by, summary }: ReleaseEvent): string {
  const isNamed = by === 'conductor' || summary.includes(by);
  return decisions.has(type) && !isNamed ? ` (${printableLine(by)})` : '';
}

function moodOf(event: ReleaseEvent): Mood {
  if (event.type === 'Check Finished' || event.type === 'Verdict') {
    return verdictMoods[String(event.data.verdict)] ?? 'plain';
  }
  return moods[event.type] ?? 'plain';
}

function painted(mood: Mood, text: string, { color }: TimelineStyle): string {
  const { green, red, yellow, dim } = picocolors.createColors(color);
  return { good: green, bad: red, back: yellow, pause: yellow, plain: dim }[mood](text);
}

/** What a running release is doing, on one line; undefined when it has ended or nobody knows the time. */
export function renderProgress(status: ReleaseStatus, style: TimelineStyle): string | undefined {
  const { nowMs } = style;
  if (status.outcome !== null || nowMs === undefined) return undefined;
  const paint = picocolors.createColors(style.color);
  if (status.watch) return `  ${watchBar(status.watch, nowMs, style)}`;
  return `  ${paint.cyan(spinner(nowMs))} ${status.phase.replace('-', ' ')}`;
}

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

function spinner(nowMs: number): string {
  return frames[Math.floor(nowMs / 120) % frames.length] ?? '';
}

/** `watching ▕███████░░░▏ 12s of 30s` */
function watchBar(
  watch: { startedAt: string; endsAt: string },
  nowMs: number,
  style: TimelineStyle,
): string {
  const paint = picocolors.createColors(style.color);
  const startMs = Date.parse(watch.startedAt);
  const lengthMs = Math.max(1, Date.parse(watch.endsAt) - startMs);
  const passedMs = Math.min(lengthMs, Math.max(0, nowMs - startMs));
  const cells = Math.max(10, Math.min(40, (style.width ?? 80) - 36));
  const full = Math.round((passedMs / lengthMs) * cells);
  const bar = paint.cyan('█'.repeat(full)) + paint.dim('░'.repeat(cells - full));
  return `watching ▕${bar}▏ ${formatSeconds(passedMs)} of ${formatSeconds(lengthMs)}`;
}

/** How a release ended and its figures; nothing while it runs. */
export function renderEnding(status: ReleaseStatus, style: TimelineStyle): string[] {
  if (status.outcome === null) return [];
  const paint = picocolors.createColors(style.color);
  const mood = outcomeMoods[status.outcome];
  const word = status.outcome === 'rolled-back' ? 'rolled back' : status.outcome.replace('-', ' ');
  const reason = status.reason ? `: ${printable(status.reason)}` : '';
  const [first = '', ...more] = wrap(
    `${word}${reason}`,
    (style.width ?? Number.POSITIVE_INFINITY) - 4,
  );
  return [
    `${painted(mood, marks[mood], style)} ${paint.bold(painted(mood, first, style))}`,
    ...more.map((line) => `  ${line}`),
    ...figures(status).map((line) => paint.dim(`  ${line}`)),
  ];
}

function figures(status: ReleaseStatus): string[] {
  const { timings, traffic, outcome, releaseId, verification } = status;
  const { cutoverMs, detectToRestoredMs, totalMs } = timings;
  const times = [
    cutoverMs === null ? '' : `cutover after ${formatMs(cutoverMs)}`,
    detectToRestoredMs === null
      ? ''
      : `traffic restored ${formatMs(detectToRestoredMs)} after detection`,
    totalMs === null ? '' : `${formatMs(totalMs)} in all`,
  ].filter((part) => part !== '');
  const next = nextStep(outcome, releaseId);
  return [
    ...(times.length > 0 ? [times.join(' · ')] : []),
    ...describeVerification(verification),
    ...(Object.keys(traffic).length > 0 ? [`traffic: ${describeTraffic(traffic)}`] : []),
    ...(next === undefined ? [] : [next]),
  ];
}

/** Nothing where no check was asked for. */
function describeVerification(verification: Verification): string[] {
  const { asked, passed, warned, failed, observabilityCoverage } = verification;
  if (asked === 0) return [];
  const parts = [
    `checks: ${passed} of ${asked} passed`,
    ...(warned > 0 ? [`${warned} warned`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(observabilityCoverage === null ? [] : [`telemetry ${observabilityCoverage} % covered`]),
  ];
  return [parts.join(' · ')];
}

function nextStep(outcome: Outcome | null, releaseId: string): string | undefined {
  if (outcome === 'held') {
    return `decide with: verdigris resume ${releaseId} --continue (or --rollback)`;
  }
  if (outcome !== 'rollback-failed') return undefined;
  return `mend the route, then: verdigris rollback ${releaseId}`;
}

/** `storefront-v2 100%`, or `nothing is routed`. Sides without traffic are left out. */
export function describeTraffic(weights: Record<string, number>): string {
  const sides = Object.entries(weights).filter(([, percent]) => percent > 0);
  if (sides.length === 0) return 'nothing is routed';
  return sides.map(([id, percent]) => `${printableLine(id)} ${percent}%`).join(', ');
}
