import type { EnvironmentRef, ReleaseStatus, ReleaseSummary, Weights } from '../types.ts';

/** One side of a release with its share of the traffic now. */
export interface Side {
  color: 'blue' | 'green';
  version: string;
  environmentId: string;
  /** Whole percent. */
  percent: number;
  address: string | null;
}

/** Who gets the traffic: both sides, and how much goes elsewhere. */
export interface Sides {
  blue: Side | null;
  green: Side | null;
  /** Percent to environments of neither side: there is one when somebody changed the route by hand. */
  elsewhere: number;
  /** The router could be read. */
  isKnown: boolean;
}

/** The sides of a release as they stand now. */
export function sidesOf({
  blue,
  green,
  traffic,
}: Pick<ReleaseStatus, 'blue' | 'green' | 'traffic'>): Sides {
  const percent = (side: EnvironmentRef | null) => (side ? (traffic[side.id] ?? 0) : 0);
  const total = Object.values(traffic).reduce((sum, share) => sum + share, 0);
  return {
    blue: blue && sideOf('blue', blue, percent(blue)),
    green: green && sideOf('green', green, percent(green)),
    elsewhere: Math.max(0, total - percent(blue) - percent(green)),
    isKnown: Object.keys(traffic).length > 0,
  };
}

/**
 * The sides of a service between releases: its colours are those of the release that decided last
 * where traffic is, so that green stays green until the next release begins.
 */
export function liveSides(traffic: Weights | null, last: ReleaseSummary | null): Sides {
  const sides = { blue: last?.blue ?? null, green: last?.green ?? null };
  const { blue, green, elsewhere, isKnown } = sidesOf({ ...sides, traffic: traffic ?? {} });
  const shown = (side: Side | null) => (side && side.percent > 0 ? side : null);
  return {
    blue: shown(blue),
    green: shown(green),
    elsewhere,
    isKnown: isKnown && traffic !== null,
  };
}

function sideOf(color: Side['color'], ref: EnvironmentRef, percent: number): Side {
  return { color, version: ref.version, environmentId: ref.id, percent, address: ref.address };
}

/** The share that an event's weights give an environment; null where they say nothing about it. */
export function percentIn(weights: unknown, environmentId: string): number | null {
  if (typeof weights !== 'object' || weights === null) return null;
  const share = (weights as Record<string, unknown>)[environmentId];
  return typeof share === 'number' ? share : null;
}
