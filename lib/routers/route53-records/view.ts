import { createHash } from 'node:crypto';
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { Weights } from '../../release/document.ts';
import type { Route } from '../router.ts';
import type { Marker } from './marker.ts';
import { describeTarget, factsOf, type RecordSet } from './record-set.ts';

/** The part of a zone that is routed: the record sets of one name, and the marker beside them. */
export interface ZoneView {
  sets: readonly RecordSet[];
  marker: MarkerRecord | null;
  /** Types of records of this name that lead clients somewhere too, and that the manifest does not name. */
  otherTypes: readonly string[];
}

/** The marker's record as Route 53 has it; `value` is null where somebody wrote something else there. */
export interface MarkerRecord {
  raw: ResourceRecordSet;
  value: Marker | null;
}

/** Revision of a name that has neither records nor a marker. */
export const noRevision = 'none';

/** A view as a route. Every share that is not nothing counts as 1 % at least. */
export function toRoute(view: ZoneView): Route {
  return { weights: weightsOf(view), revision: revisionOf(view) };
}

/** The side that a record set belongs to: its set identifier, or what `simpleIdOf` says. */
export function sideOf(view: ZoneView, set: RecordSet): string {
  return set.setId ?? simpleIdOf(view);
}

/** The record sets that get any share, by side. */
export function liveSides(view: ZoneView): Map<string, RecordSet[]> {
  const sides = new Map<string, RecordSet[]>();
  for (const set of view.sets) {
    if (shareOf(view, set) === 0) continue;
    const id = sideOf(view, set);
    sides.set(id, [...(sides.get(id) ?? []), set]);
  }
  return sides;
}

/**
 * Who the simple records belong to: the marker says so while they are as it left them. Otherwise
 * they are somebody's own, and named by what they lead to.
 */
export function simpleIdOf(view: ZoneView): string {
  const simple = view.sets.filter(({ setId }) => setId === null);
  const marker = view.marker?.value;
  if (marker?.live && marker.sum === digestOf(simple)) return marker.live;
  return [...new Set(simple.flatMap(({ target }) => describeTarget(target)))].join(',');
}

/** Digest of record sets, whatever their order. */
export function digestOf(sets: readonly RecordSet[]): string {
  const facts = sets.map((set) => JSON.stringify(factsOf(set))).sort();
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
}

function revisionOf({ sets, marker }: ZoneView): string {
  if (sets.length === 0 && !marker) return noRevision;
  const said = marker?.raw.ResourceRecords?.map(({ Value }) => Value) ?? [];
  const facts = JSON.stringify([digestOf(sets), marker?.raw.TTL, ...said]);
  const digest = createHash('sha256').update(facts).digest('hex');
  return `${marker?.value?.change ?? 0}-${digest.slice(0, 16)}`;
}

/**
 * The share of its type's answers that a record set gets, 0 to 1. "If you set Weight to 0 for all resource
 * record sets [of a] name and type, traffic is routed to all resources with equal probability."
 */
function shareOf({ sets }: ZoneView, { type, weight }: RecordSet): number {
  const group = sets.filter((set) => set.type === type);
  const total = group.reduce((sum, set) => sum + (set.weight ?? 0), 0);
  return weight === null || total === 0 ? 1 / group.length : weight / total;
}

/** Where types differ, as somebody's own changes may leave them, the mean of the types. */
function weightsOf(view: ZoneView): Weights {
  const types = new Set(view.sets.map(({ type }) => type)).size;
  const shares = new Map<string, number>();
  for (const set of view.sets) {
    const id = sideOf(view, set);
    shares.set(id, (shares.get(id) ?? 0) + shareOf(view, set) / types);
  }
  return toPercent(shares);
}

/** Whole percent that add up to 100: the largest side makes up for what rounding did. */
function toPercent(shares: ReadonlyMap<string, number>): Weights {
  const sides = [...shares].filter(([, share]) => share > 0).sort(([, a], [, b]) => b - a);
  const rounded = sides.map(
    ([id, share]) => [id, Math.max(1, Math.round(share * 100))] as [string, number],
  );
  const [largest] = rounded;
  if (largest) largest[1] += 100 - rounded.reduce((sum, [, percent]) => sum + percent, 0);
  return Object.fromEntries(rounded);
}
