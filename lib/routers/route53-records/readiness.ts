import type { Clock } from '../../release/clock.ts';
import type { EnvironmentRef, Weights } from '../../release/document.ts';
import { isNamed, VerdigrisError } from '../../release/errors.ts';
import type { DesiredRoute, Readiness } from '../router.ts';
import { answersOf, knownAnswers } from './answers.ts';
import { shifted, ttlObstacles } from './change.ts';
import { findIllness } from './health.ts';
import type { Propagation } from './propagation.ts';
import type { Settings } from './settings.ts';
import { liveSides, toRoute, type ZoneView } from './view.ts';
import type { Route53Api } from './zone.ts';

/** What is looked at. */
export interface ReadinessDeps {
  settings: Settings;
  route53: Route53Api;
  clock: Clock;
  propagation: Propagation;
}

/** Long waits are looked at again this often, in seconds. */
const longestWaitSeconds = 60;
/** Health checkers look every 10 or 30 seconds. */
const illnessWaitSeconds = 10;

/**
 * Seconds until no resolver keeps an answer from before the last change that leads elsewhere than the
 * weights do; 0 if none does. @param ids The sides that are asked about; all if absent.
 */
export function heldLeftSeconds(
  view: ZoneView,
  weights: Weights,
  clock: Clock,
  propagation: Propagation,
  ids?: readonly string[],
): number {
  const held = Object.entries(view.marker?.value?.held ?? {});
  const counted = held.filter(([id]) => weights[id] !== 100 && (ids?.includes(id) ?? true));
  if (counted.length === 0) return 0;
  const untilMs = Math.max(...counted.map(([, until]) => until)) + propagation.syncDelayMs(view);
  return Math.max(0, (untilMs - clock.now()) / 1000);
}

/**
 * What stands in the way of a shift; null if nothing does.
 * @throws RouteUnreadyError when waiting would not help.
 */
export async function findObstacle(
  view: ZoneView,
  desired: DesiredRoute,
  deps: ReadinessDeps,
): Promise<Readiness | null> {
  throwIfUnroutable(view, desired, deps);
  return (await findTtlObstacle(view, deps)) ?? (await findIllSide(view, desired, deps));
}

/** @throws EnvironmentInUseError when a side gets traffic. */
export function throwIfUsed(view: ZoneView, id: string, { name }: Settings): void {
  const percent = toRoute(view).weights[id] ?? 0;
  if (percent === 0) return;
  throw new VerdigrisError(
    'EnvironmentInUseError',
    `${id} still gets ${percent}% of the answers for ${name}; move the traffic first`,
  );
}

/** Finds out on paper what the shift would be refused with. */
function throwIfUnroutable(view: ZoneView, desired: DesiredRoute, deps: ReadinessDeps): void {
  const { settings, clock } = deps;
  if (view.otherTypes.length > 0) {
    throw unready(
      `${settings.name} has ${view.otherTypes.join(' and ')} records too, which this router leaves where they lead: name them in types, or remove them`,
    );
  }
  const lease = { releaseId: '', epoch: 0, deadlineMs: 0 };
  try {
    shifted(view, desired, { settings, lease, nowMs: clock.now(), syncDelayMs: 0 });
  } catch (error) {
    if (isNamed(error, 'RequestInvalidError')) throw unready(error.message, error);
    throw error;
  }
}

async function findTtlObstacle(view: ZoneView, deps: ReadinessDeps): Promise<Readiness | null> {
  const { settings, clock, propagation } = deps;
  const { lowerTtlTo } = settings;
  if (lowerTtlTo === undefined) return null;
  throwIfTtlIsTaken(view, lowerTtlTo, settings);
  const live = [...liveSides(view).values()].flat();
  const high = live.find(({ ttlSeconds }) => (ttlSeconds ?? 0) > lowerTtlTo);
  if (high) {
    const reason = `the TTL of ${settings.name} is ${high.ttlSeconds}s and has to be ${lowerTtlTo}s for a shift`;
    return { status: 'unprepared', reason, retryAfterSeconds: 1 };
  }
  if (!(await propagation.isInSync(view))) {
    return pending("Route 53's name servers do not follow the last change yet", 2);
  }
  const sides = [...liveSides(view).keys()];
  const leftSeconds = Math.ceil(heldLeftSeconds(view, {}, clock, propagation, sides));
  if (leftSeconds <= 0) return null;
  const reason = `resolvers may keep answers with the old TTL of ${settings.name} for ${leftSeconds}s`;
  return pending(reason, Math.min(leftSeconds, longestWaitSeconds));
}

function throwIfTtlIsTaken(view: ZoneView, ttlSeconds: number, { name }: Settings): void {
  const [other] = ttlObstacles(view, ttlSeconds);
  if (!other) return;
  throw unready(
    `the TTL of ${name} can't be lowered to ${ttlSeconds}s: record set "${other.setId}" of weight ${other.weight}, which is not this router's, has ${other.ttlSeconds}s, and weighted sets need the same. Remove it, or do without lowerTtlTo`,
  );
}

async function findIllSide(
  view: ZoneView,
  desired: DesiredRoute,
  { settings, route53 }: ReadinessDeps,
): Promise<Readiness | null> {
  if (settings.healthChecks === 'none') return null;
  const { weights } = toRoute(view);
  const gains = ({ id }: EnvironmentRef) => (desired.weights[id] ?? 0) > (weights[id] ?? 0);
  const sides = desired.environments.filter((it) => settings.healthChecks === 'both' || gains(it));
  const checks = sides.flatMap((side) =>
    healthChecksOf(view, side, settings).map((id) => ({ side, id })),
  );
  for (const { side, id } of checks) {
    const illness = await findIllness(route53, id);
    if (!illness) continue;
    const hint = gains(side) ? '' : '; a release that repairs it may say healthChecks: green';
    return pending(`${side.id} is not healthy: ${illness}${hint}`, illnessWaitSeconds);
  }
  return null;
}

function healthChecksOf(view: ZoneView, side: EnvironmentRef, settings: Settings): string[] {
  const isWanted = side.id in toRoute(view).weights;
  const answers = isWanted
    ? knownAnswers(view, side.id)
    : answersOf(view, side.id, [side], settings);
  return [...new Set(answers.flatMap(({ healthCheckId }) => healthCheckId ?? []))];
}

const pending = (reason: string, retryAfterSeconds: number): Readiness => ({
  status: 'pending',
  reason,
  retryAfterSeconds,
});

function unready(message: string, cause?: unknown): VerdigrisError {
  return new VerdigrisError('RouteUnreadyError', message, { cause });
}
