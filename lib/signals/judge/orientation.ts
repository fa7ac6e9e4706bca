import type { Direction, Tolerance } from './question.ts';

/** One of the two ways in which green can be worse. */
export type Way = Exclude<Direction, 'either'>;

/** The ways that a metric is looked at. */
export function waysOf(direction: Direction = 'increase'): readonly Way[] {
  return direction === 'either' ? ['increase', 'decrease'] : [direction];
}

/** A number turned so that more is worse; turning it again gives it back. */
export function oriented(value: number, way: Way): number {
  return way === 'increase' ? value : -value;
}

/**
 * An oriented number of green, less what it is allowed: it exceeds blue's only where green is worse
 * than that. A ratio makes negative numbers smaller too.
 */
export function lessTolerance(value: number, tolerance: Tolerance): number {
  if ('absolute' in tolerance) return value - tolerance.absolute;
  return value > 0 ? value / tolerance.ratio : value * tolerance.ratio;
}
