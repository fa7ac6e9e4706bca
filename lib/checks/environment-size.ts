import { type AdapterConfig, isJsonObject, type Json, type JsonObject } from '../release/json.ts';

/** How large an environment is, as far as its adapter's facts tell; null for what they do not. */
export interface EnvironmentSize {
  /** Tasks or instances that are wanted. */
  copies: number | null;
  /** Those that run. */
  running: number | null;
  /** How many copies it may grow to. */
  mostCopies: number | null;
  /** Of one copy, in MiB. */
  memoryMb: number | null;
  /** Of one copy, in whole processors. */
  vcpus: number | null;
  /** Containers of a function that are kept ready. */
  readyContainers: number | null;
  /** Of its instances. */
  instanceTypes: string[];
  isOnFargate: boolean;
}

/** ECS counts a processor as so many units. */
const unitsPerCpu = 1024;

/** Reads what `describe` says of any kind of environment. */
export function sizeOf(facts: JsonObject): EnvironmentSize {
  const cpuUnits = numberOf(facts.cpu);
  return {
    copies: numberOf(facts.desiredCount) ?? numberOf(facts.desiredCapacity),
    running: numberOf(facts.runningCount) ?? numberOf(facts.instances),
    mostCopies: numberOf(facts.maxSize),
    memoryMb: numberOf(facts.memoryMb),
    vcpus: cpuUnits === null ? null : cpuUnits / unitsPerCpu,
    readyContainers: numberOf(facts.provisionedConcurrency),
    instanceTypes: textsOf(facts.instanceTypes),
    isOnFargate: [...textsOf(facts.capacityProviders), facts.launchType].some(
      (it) => typeof it === 'string' && it.startsWith('FARGATE'),
    ),
  };
}

/**
 * How many copies green has once it takes all traffic: before that an environment may be kept small, as
 * `environment.capacity` of the manifest says. Null where its kind has no copies.
 */
export function copiesOnceLive(
  green: EnvironmentSize,
  blue: EnvironmentSize | null,
  { capacity }: AdapterConfig,
): number | null {
  if (green.copies === null) return null;
  const live = isJsonObject(capacity) ? numberOf(capacity.live) : null;
  const wanted = live ?? (blue ? copiesInUse(blue) : 0);
  return Math.max(green.copies, wanted ?? 0);
}

/** How many copies take requests now, those that are just leaving included. */
export function copiesInUse({ copies, running }: EnvironmentSize): number | null {
  return copies === null ? running : Math.max(copies, running ?? 0);
}

/** Containers that the manifest wants to be kept ready; null where green is no version of a function. */
export function containersAskedFor({ kind, provisionedConcurrency }: AdapterConfig): number | null {
  if (kind !== 'lambda-version') return null;
  return typeof provisionedConcurrency === 'number' ? provisionedConcurrency : 0;
}

/** A fact as a number: CloudFormation and ECS give some as text. */
export function numberOf(fact: Json | undefined): number | null {
  if (typeof fact === 'number') return fact;
  return typeof fact === 'string' && /^\d+(\.\d+)?$/.test(fact) ? Number(fact) : null;
}

function textsOf(fact: Json | undefined): string[] {
  return Array.isArray(fact) ? fact.filter((it) => typeof it === 'string') : [];
}
