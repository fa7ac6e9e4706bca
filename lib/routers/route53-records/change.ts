import type { Change } from '@aws-sdk/client-route-53';
import type { Weights } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { describeWeights, hasSameWeights } from '../route-plan.ts';
import type { DesiredRoute, Lease } from '../router.ts';
import { answersOf } from './answers.ts';
import { formatMarker, type Marker, type ParkedSide, toTxtValue } from './marker.ts';
import { type Answer, createRecordSet, keptSecondsOf, type RecordSet } from './record-set.ts';
import { markerNameOf, type Settings } from './settings.ts';
import { digestOf, liveSides, simpleIdOf, toRoute, type ZoneView } from './view.ts';

/** What a change is made of besides the records. */
export interface ChangeContext {
  settings: Settings;
  lease: Lease;
  /** Milliseconds since the Unix epoch. */
  nowMs: number;
  /** How long Route 53's servers took, or may have taken, to follow the last change. */
  syncDelayMs: number;
}

const markerTtlSeconds = 60;
const parkedSides = 3;
const longestSetId = 128;

/**
 * The zone once traffic is as desired. A side without traffic has no record: one of weight 0 would be
 * answered all the same when "all the records that have a weight greater than 0 are unhealthy"
 * (routing-policy-weighted). Its answers are kept in the marker, so that the way back needs nothing else.
 * @throws RequestInvalidError when a side has nothing that the records could lead to.
 */
export function shifted(view: ZoneView, desired: DesiredRoute, context: ChangeContext): ZoneView {
  const { settings } = context;
  const wanted = Object.entries(desired.weights).filter(([, percent]) => percent > 0);
  const live = liveSides(view);
  const touched = new Set([...live.keys(), ...wanted.map(([id]) => id)]);
  const others = view.sets.filter(({ setId }) => setId !== null && !touched.has(setId));
  throwIfCrowded(others, settings);
  throwIfLong(touched, settings);
  const made = wanted.flatMap(([id, percent]) => {
    const side = settings.mode === 'weighted' ? { setId: id, weight: percent } : null;
    return answersOf(view, id, desired.environments, settings).map((answer) =>
      createRecordSet(settings.name, withTtl(answer, view, others, settings), side),
    );
  });
  const [only = ''] = settings.mode === 'single' ? wanted.map(([id]) => id) : [];
  const after = marked(view, [...others, ...made], only, context);
  throwIfNot(desired.weights, after);
  return after;
}

/** The zone with this TTL on every record that has one and gets traffic; null where all have it. */
export function retimed(
  view: ZoneView,
  ttlSeconds: number,
  context: ChangeContext,
): ZoneView | null {
  const live = new Set([...liveSides(view).values()].flat());
  const isOff = (set: RecordSet) =>
    live.has(set) && set.ttlSeconds !== null && set.ttlSeconds !== ttlSeconds;
  if (!view.sets.some(isOff)) return null;
  const { name } = context.settings;
  const sets = view.sets.map((set) => {
    if (!live.has(set)) return set;
    const { setId, weight } = set;
    const answer = set.ttlSeconds === null ? set : { ...set, ttlSeconds };
    return createRecordSet(name, answer, setId === null ? null : { setId, weight: weight ?? 0 });
  });
  const isSimple = sets.some(({ setId }) => setId === null);
  return marked(view, sets, isSimple ? simpleIdOf(view) : '', context);
}

/** The zone without what is left of a side that gets no traffic; null where nothing is left. */
export function without(view: ZoneView, id: string, context: ChangeContext): ZoneView | null {
  const sets = view.sets.filter(({ setId }) => setId !== id);
  const isParked = view.marker?.value?.parked.some((side) => side.id === id) ?? false;
  if (sets.length === view.sets.length && !isParked) return null;
  const isSimple = sets.some(({ setId }) => setId === null);
  return marked(view, sets, isSimple ? simpleIdOf(view) : '', context, id);
}

/**
 * Record sets of weight 0 that this router leaves alone, and whose TTL is not the given one: "weighted
 * sets must contain the same TTL", so they stand in the way of another.
 */
export function ttlObstacles(view: ZoneView, ttlSeconds: number): RecordSet[] {
  const live = new Set([...liveSides(view).values()].flat());
  const timed = new Set([...live].filter((set) => set.ttlSeconds !== null).map(({ type }) => type));
  return view.sets.filter(
    (set) =>
      !live.has(set) &&
      timed.has(set.type) &&
      set.ttlSeconds !== null &&
      set.ttlSeconds !== ttlSeconds,
  );
}

/** A batch that makes one view of the other: Route 53 takes all of it or nothing. */
export function toBatch(before: ZoneView, after: ZoneView): Change[] {
  const gone = before.sets.filter((set) => !after.sets.includes(set));
  const made = after.sets.filter((set) => !before.sets.includes(set));
  const removed = [...gone, ...(before.marker ? [before.marker] : [])];
  const created = [...made, ...(after.marker ? [after.marker] : [])];
  return [
    ...removed.map(({ raw }): Change => ({ Action: 'DELETE', ResourceRecordSet: raw })),
    ...created.map(({ raw }): Change => ({ Action: 'CREATE', ResourceRecordSet: raw })),
  ];
}

/** The batch's comment: whose change it is, for the audit. */
export function describeChange({ releaseId, epoch }: Lease): string {
  return `verdigris release=${releaseId} epoch=${epoch}`.slice(0, 256);
}

/** All records of a name keep the TTL that they have: another one is for `retimed` to give. */
function withTtl(
  answer: Answer,
  view: ZoneView,
  others: readonly RecordSet[],
  { ttl }: Settings,
): Answer {
  if ('zoneId' in answer.target) return { ...answer, ttlSeconds: null };
  const ofType = (sets: readonly RecordSet[]) =>
    sets.find((set) => set.type === answer.type && set.ttlSeconds !== null);
  const live = [...liveSides(view).values()].flat();
  const model = ofType(others) ?? ofType(live) ?? live.find((set) => set.ttlSeconds !== null);
  return { ...answer, ttlSeconds: model?.ttlSeconds ?? ttl };
}

function marked(
  view: ZoneView,
  sets: readonly RecordSet[],
  live: string,
  context: ChangeContext,
  forgotten = '',
): ZoneView {
  const { settings, lease, nowMs } = context;
  const simple = sets.filter(({ setId }) => setId === null);
  const shared = [...liveSides({ ...view, sets }).values()].flat();
  const value: Marker = {
    change: (view.marker?.value?.change ?? 0) + 1,
    atMs: nowMs,
    releaseId: lease.releaseId,
    epoch: lease.epoch,
    live,
    sum: simple.length > 0 ? digestOf(simple) : '',
    held: heldAfter(view, context),
    parked: parkedAfter(view, new Set(shared.map(({ setId }) => setId ?? live))).filter(
      ({ id }) => id !== forgotten,
    ),
  };
  const raw = {
    Name: `${markerNameOf(settings)}.`,
    Type: 'TXT' as const,
    TTL: markerTtlSeconds,
    ResourceRecords: [{ Value: toTxtValue(formatMarker(value)) }],
  };
  return { ...view, sets, marker: { raw, value } };
}

/**
 * Until when answers from before this change may be kept: those of now for their TTL and a second, and
 * those of before the last change for what is left of theirs.
 */
function heldAfter(view: ZoneView, { nowMs, syncDelayMs }: ChangeContext): Record<string, number> {
  const earlier = Object.entries(view.marker?.value?.held ?? {})
    .map(([id, untilMs]) => [id, untilMs + syncDelayMs] as const)
    .filter(([, untilMs]) => untilMs > nowMs);
  const held = new Map(earlier);
  for (const [id, sets] of liveSides(view)) {
    const untilMs = nowMs + Math.max(...sets.map(keptSecondsOf)) * 1000;
    held.set(id, Math.max(untilMs, held.get(id) ?? 0));
  }
  return Object.fromEntries(held);
}

function parkedAfter(view: ZoneView, live: ReadonlySet<string>): ParkedSide[] {
  const leaving = [...liveSides(view)].map(([id, answers]) => ({ id, answers }));
  const before = view.marker?.value?.parked ?? [];
  const sides = new Map([...before, ...leaving].map((side) => [side.id, side]));
  const order = [...leaving, ...before].map(({ id }) => id);
  return [...new Set(order)]
    .filter((id) => !live.has(id))
    .flatMap((id) => sides.get(id) ?? [])
    .slice(0, parkedSides);
}

function throwIfCrowded(others: readonly RecordSet[], { mode, name }: Settings): void {
  if (mode === 'weighted' || others.length === 0) return;
  const ids = others.map(({ setId }) => setId).join(', ');
  throw invalid(
    `${name} has weighted record sets besides (${ids}), beside which no single record can be: remove them, or use mode: weighted`,
  );
}

/** Also the side that traffic leaves: it may have to come back. */
function throwIfLong(ids: ReadonlySet<string>, { mode }: Settings): void {
  const long = [...ids].find((id) => id.length > longestSetId);
  if (mode === 'single' || long === undefined) return;
  throw invalid(`"${long}" is longer than the ${longestSetId} characters of a set identifier`);
}

/** Rules 1 and 2 on what would be written, however it came about. */
function throwIfNot(weights: Weights, after: ZoneView): void {
  const would = toRoute(after).weights;
  if (hasSameWeights(would, weights)) return;
  throw invalid(
    `records of ${describeWeights(weights)} would answer ${describeWeights(would)}: the sides need records of the same types to share traffic`,
  );
}

function invalid(message: string): VerdigrisError {
  return new VerdigrisError('RequestInvalidError', message);
}
