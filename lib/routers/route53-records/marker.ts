import { epochMs, isoTime } from '../../release/clock.ts';
import type { Answer, Target } from './record-set.ts';
import { type RecordType, recordTypes } from './settings.ts';

/** What was live and may be wanted back: its answers, one for each type. */
export interface ParkedSide {
  id: string;
  answers: Answer[];
}

/**
 * What the records have no place for. It is a TXT record beside them, changed in the same batch: a change
 * that was decided before another one finds a marker that is no longer there.
 */
export interface Marker {
  /** Counts the changes. */
  change: number;
  /** Milliseconds since the Unix epoch: when this change was sent. */
  atMs: number;
  releaseId: string;
  epoch: number;
  /** Whose the simple records are, if they are as `sum` says. Empty for weighted ones. */
  live: string;
  /** Digest of the simple records. */
  sum: string;
  /**
   * Until when a resolver may keep an answer from before this change, by environment id, as if Route 53's
   * servers had followed at `atMs`. Milliseconds since the Unix epoch.
   */
  held: Readonly<Record<string, number>>;
  /** Newest first. */
  parked: readonly ParkedSide[];
}

const version = '1';
/** "The maximum length of a value in a TXT record is 4,000 characters" (ResourceRecordTypes). */
const longestText = 3500;
const longestString = 255;

/** A marker as text of one line: `v=1 change=17 at=… release=…`. Forgets the oldest parked sides if it is long. */
export function formatMarker(marker: Marker): string {
  const text = Object.entries(toFields(marker))
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
  if (text.length <= longestText || marker.parked.length === 0) return text;
  return formatMarker({ ...marker, parked: marker.parked.slice(0, -1) });
}

function toFields(marker: Marker): Record<string, string> {
  return {
    v: version,
    change: String(marker.change),
    at: isoTime(marker.atMs),
    release: encodeURIComponent(marker.releaseId),
    epoch: String(marker.epoch),
    live: encodeURIComponent(marker.live),
    sum: marker.sum,
    held: Object.entries(marker.held)
      .map(([id, untilMs]) => toList([id, isoTime(untilMs)]))
      .join(';'),
    parked: marker.parked
      .flatMap(({ id, answers }) => answers.map((answer) => toList([id, ...fromAnswer(answer)])))
      .join(';'),
  };
}

/** The inverse of {@link formatMarker}; null for a text that is no marker. */
export function parseMarker(text: string): Marker | null {
  const fields = new Map(text.split(' ').map((part) => cut(part, '=')));
  const field = (key: string) => fields.get(key) ?? '';
  const atMs = epochMs(field('at'));
  if (field('v') !== version || Number.isNaN(atMs)) return null;
  try {
    return {
      change: Number(field('change')),
      atMs,
      releaseId: decodeURIComponent(field('release')),
      epoch: Number(field('epoch')),
      live: decodeURIComponent(field('live')),
      sum: field('sum'),
      held: Object.fromEntries(
        lists(field('held')).map(([id = '', until = '']) => [id, epochMs(until)]),
      ),
      parked: toParked(lists(field('parked'))),
    };
  } catch {
    return null; // what was written by hand need not be well encoded
  }
}

function toParked(entries: string[][]): ParkedSide[] {
  const sides = new Map<string, Answer[]>();
  for (const [id = '', ...rest] of entries) {
    const answer = toAnswer(rest);
    if (answer) sides.set(id, [...(sides.get(id) ?? []), answer]);
  }
  return [...sides].map(([id, answers]) => ({ id, answers }));
}

function fromAnswer({ type, ttlSeconds, healthCheckId, target }: Answer): string[] {
  const leadsTo =
    'zoneId' in target
      ? ['alias', target.zoneId, target.dnsName, String(target.evaluatesHealth)]
      : ['values', ...target.values];
  return [type, String(ttlSeconds ?? ''), healthCheckId ?? '', ...leadsTo];
}

function toAnswer(parts: string[]): Answer | null {
  const [type, ttl = '', healthCheckId = '', form, ...rest] = parts;
  if (!recordTypes.includes(type as RecordType)) return null;
  const [zoneId = '', dnsName = '', evaluatesHealth] = rest;
  const target: Target =
    form === 'alias'
      ? { zoneId, dnsName, evaluatesHealth: evaluatesHealth === 'true' }
      : { values: rest };
  return {
    type: type as RecordType,
    ttlSeconds: ttl === '' ? null : Number(ttl),
    healthCheckId: healthCheckId || null,
    target,
  };
}

// encodeURIComponent leaves no comma, semicolon, blank or quotation mark.
const toList = (parts: string[]) => parts.map(encodeURIComponent).join(',');

function lists(text: string): string[][] {
  if (text === '') return [];
  return text.split(';').map((list) => list.split(',').map(decodeURIComponent));
}

function cut(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

/** A text as the value of a TXT record: strings of at most 255 characters, each in quotation marks. */
export function toTxtValue(text: string): string {
  const strings = text.match(new RegExp(`.{1,${longestString}}`, 'g')) ?? [''];
  return strings.map((string) => `"${string}"`).join(' ');
}

/** The inverse of {@link toTxtValue}. */
export function fromTxtValue(value: string): string {
  return [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, string = '']) => string).join('');
}
