import type { Timers } from '../../release/clock.ts';
import type { LoadConfig } from '../capacity.ts';
import { ask, pause } from '../requests.ts';
import { type Baseline, objectionTo, ratesOf } from './judge-load.ts';
import { type LoadResult, putLoad, type Statuses } from './put-load.ts';

/** What green is compared with. */
export interface Opposite {
  /** Where blue is reached, null where it can't be. */
  address: string | null;
  /** By its own metrics, under the load of its users. */
  figures: Baseline | null;
}

/** A step of the ramp as evidence keeps it. */
export interface Step {
  green: LoadResult;
  /** Blue's answers to compare with; null where there were none. */
  blue: LoadResult | null;
  /** What it says against green; null for nothing. */
  objection: string | null;
  /** Whether it is the second time at this rate. */
  isRepeated: boolean;
}

/** Every step that was made; the last one has the objection if there is one. */
export interface Ramp {
  steps: Step[];
  objection: string | null;
}

interface Sides {
  green: string;
  blue: Opposite;
}

/** With what blue answers when there is no load; undefined where it can't be asked. */
type KnownLoad = LoadConfig & { usual: Statuses | undefined };

/** Each path is asked so often before anything is measured: what starts cold is no matter of capacity. */
const warmUps = 3;
const restSeconds = 0.5;

/**
 * Raises the load on green step by step, until something is said against it twice: a step that looks bad
 * is repeated once, after a rest and with a fresh look at blue.
 */
export async function climb(
  config: LoadConfig,
  { green, blue }: Sides,
  timers: Timers,
  abort: AbortSignal,
): Promise<Ramp> {
  await warmUp(config, green, abort);
  const usual = blue.address === null ? undefined : await warmUp(config, blue.address, abort);
  const load: KnownLoad = { ...config, usual };
  const steps: Step[] = [];
  let reference = load.blueLoad ? null : await refer(load, blue, load.reference, timers, abort);
  for (const perSecond of ratesOf(load)) {
    if (abort.aborted) break;
    const take = async (isRepeated: boolean): Promise<Step> => {
      const greens = await put(load, green, perSecond, timers, abort);
      const blues = load.blueLoad ? await refer(load, blue, perSecond, timers, abort) : reference;
      const objection = objectionTo(greens, load, baselineOf(blue.figures, blues));
      return { green: greens, blue: blues, objection, isRepeated };
    };
    const first = await take(false);
    steps.push(first);
    if (first.objection === null || abort.aborted) continue;
    await pause(timers, restSeconds, abort);
    if (!load.blueLoad) reference = await refer(load, blue, load.reference, timers, abort);
    const second = await take(true);
    steps.push(second);
    if (second.objection !== null) return { steps, objection: second.objection };
  }
  return { steps, objection: null };
}

/** Gives what each path is answered with. */
async function warmUp(
  { paths, headers }: LoadConfig,
  address: string,
  signal: AbortSignal,
): Promise<Statuses> {
  const statuses = new Map(paths.map((path) => [path, new Set<number>()]));
  for (let round = 0; round < warmUps; round += 1) {
    for (const [path, seen] of statuses) {
      const answer = await ask({ url: `${address}${path}`, headers, signal }).catch(() => null);
      if (answer) seen.add(answer.status);
    }
  }
  return statuses;
}

async function refer(
  load: KnownLoad,
  { address }: Opposite,
  perSecond: number,
  timers: Timers,
  abort: AbortSignal,
): Promise<LoadResult | null> {
  return address === null ? null : put(load, address, perSecond, timers, abort);
}

function put(
  { paths, headers, duration, ceiling, usual }: KnownLoad,
  address: string,
  perSecond: number,
  timers: Timers,
  abort: AbortSignal,
): Promise<LoadResult> {
  const mostAtOnce = ceiling.connections;
  const load = { address, paths, headers, perSecond, seconds: duration, mostAtOnce, usual };
  return putLoad(load, timers, abort);
}

/** The slower of what blue's users see and what the reference saw. */
function baselineOf(figures: Baseline | null, reference: LoadResult | null): Baseline {
  const known = [figures?.p95Ms, reference?.p95Ms].filter((it) => typeof it === 'number');
  const failing = reference && reference.sent > 0 ? reference.errors / reference.sent : 0;
  return {
    p95Ms: known.length > 0 ? Math.max(...known) : null,
    errorRate: Math.max(figures?.errorRate ?? 0, failing),
  };
}
