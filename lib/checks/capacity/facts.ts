import type { EnvironmentRef } from '../../release/document.ts';
import type { AdapterConfig, JsonObject } from '../../release/json.ts';
import type { Plan } from '../../release/plan.ts';
import type { CapacityConfig } from '../capacity.ts';
import type { PreflightContext } from '../check.ts';
import {
  containersAskedFor,
  copiesOnceLive,
  type EnvironmentSize,
  sizeOf,
} from '../environment-size.ts';
import type { CheckDeps } from '../index.ts';
import { compareFacts, compareSizes, type SizeComparison } from './compare-sizes.ts';
import { type ConcurrencyRoom, roomFor } from './concurrency-room.ts';

/** What is known of both sides before any load. */
export interface Facts {
  compared: SizeComparison[];
  /** Facts that the manifest names and that are no numbers on both sides. */
  unknown: string[];
  /** Null where green is no version of a function. */
  room: ConcurrencyRoom | null;
}

/**
 * What both sides tell of themselves. Where green is not made yet, blue stands for it, with what the
 * manifest asks for.
 * @throws ThrottledError, or whatever keeps the provider from telling.
 */
export async function factsOf(
  { atLeast, facts }: CapacityConfig,
  context: PreflightContext,
  green: EnvironmentRef | null,
  deps: CheckDeps,
): Promise<Facts> {
  const { blue, plan, describe } = context;
  const blueFacts = blue ? await describe(blue) : null;
  const greenFacts = green ? await describe(green) : blueFacts;
  const room = await roomOf(context, deps);
  if (!blueFacts || !greenFacts) return { compared: [], unknown: [], room };
  const blueSize = sizeOf(blueFacts);
  const greenSize = onceLive(sizeOf(greenFacts), blueSize, plan, green !== null);
  const named = green ? compareFacts(facts, greenFacts, blueFacts, atLeast) : null;
  return {
    compared: [...compareSizes(greenSize, blueSize, atLeast), ...(named?.compared ?? [])],
    unknown: named?.unknown ?? [],
    room,
  };
}

/** Only versions of a function share what there is with blue. */
async function roomOf(
  { blue, plan: { environment }, abort }: PreflightContext,
  deps: CheckDeps,
): Promise<ConcurrencyRoom | null> {
  const { kind, functionName } = environment;
  if (!blue || kind !== 'lambda-version' || typeof functionName !== 'string') return null;
  const { lambda, cloudWatch, clock } = deps;
  if (!lambda || !cloudWatch || !clock) return null;
  return roomFor(functionName, { lambda, cloudWatch, clock }, abort);
}

/** Green as it will be with all the traffic: grown, as the manifest says, to what it needs. */
function onceLive(
  size: EnvironmentSize,
  blue: EnvironmentSize,
  { environment }: Plan,
  isMade: boolean,
): EnvironmentSize {
  const begins = isMade ? size : asAskedFor(size, environment);
  const copies = copiesOnceLive(begins, blue, environment);
  const mostCopies = size.mostCopies === null ? null : Math.max(size.mostCopies, copies ?? 0);
  return { ...begins, copies, mostCopies };
}

/** A green that is not made yet: like blue, unless the manifest asks for something else. */
function asAskedFor(blue: EnvironmentSize, environment: AdapterConfig): EnvironmentSize {
  const { validate } = (environment.capacity ?? {}) as { validate?: unknown };
  const copies = blue.copies !== null && typeof validate === 'number' ? validate : blue.copies;
  return { ...blue, copies, running: null, readyContainers: containersAskedFor(environment) };
}

/** What is smaller than it has to be; null for nothing. */
export function objectionToSize({ compared, unknown }: Facts): string | null {
  const less = compared.filter(({ isEnough }) => !isEnough);
  if (less.length > 0) {
    const list = less.map(({ what, blue, green }) => `${what} ${green} instead of ${blue}`);
    return `green is smaller than blue: ${list.join(', ')}`;
  }
  if (unknown.length === 0) return null;
  return `facts have no number on both sides: ${unknown.join(', ')}; name others in facts`;
}

/**
 * Why Lambda may run short while traffic moves: both versions may then be at work on as many requests as
 * blue is alone. Null where there is enough, or nothing is known.
 */
export function scarcity({ room }: Facts): string | null {
  if (!room || room.left >= room.used) return null;
  const whose = room.isReserved ? 'reserved for the function' : 'that the account has unreserved';
  return `blue uses ${room.used} concurrent executions, and of the ${room.limit} ${whose} only ${room.left} are left for green`;
}

/** What was compared, in words. */
export function inWords({ compared }: Facts): string {
  return compared.map(({ what, green, blue }) => `${what} ${green} (blue ${blue})`).join(', ');
}

/** The same for whoever reads the numbers. */
export function factEvidence({ compared, unknown, room }: Facts): JsonObject {
  return {
    compared: compared.map((it) => ({ ...it })),
    ...(unknown.length > 0 ? { unknown } : {}),
    ...(room ? { concurrency: { ...room } } : {}),
  };
}
