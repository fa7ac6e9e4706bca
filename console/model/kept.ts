import type { ReleaseStatus } from '../types.ts';

/** Until when the old side of a completed release is kept, ISO 8601; null where it is not or is gone. */
export function keptUntil({ events, blue }: Pick<ReleaseStatus, 'events' | 'blue'>): string | null {
  if (!blue) return null;
  const isGone = events.some(
    ({ type, data }) => type === 'Environment Retired' && data.environment === blue.id,
  );
  const scheduled = events.findLast(
    ({ type, data }) => type === 'Retire Scheduled' && data.environment === blue.id,
  );
  const retireAt = scheduled?.data.retireAt;
  return !isGone && typeof retireAt === 'string' ? retireAt : null;
}

/** Whether there may be something to put back, so that a page offers it. */
export function isUndoable({ outcome, phase }: Pick<ReleaseStatus, 'outcome' | 'phase'>): boolean {
  if (outcome === null) return phase !== 'rolling-back' && phase !== 'discarding';
  return outcome === 'completed' || outcome === 'rollback-failed';
}

/** Whether traffic has moved and may still be frozen where it is. */
export function isHoldable({ outcome, phase, events }: ReleaseStatus): boolean {
  const isUnderWay = ['cutting-over', 'watching', 'completing'].includes(phase);
  return outcome === null && isUnderWay && events.some(({ type }) => type === 'Traffic Shifted');
}

/** Why a completed release cannot be undone any more; null while it can, or where only the API knows. */
export function whyNotUndone(status: ReleaseStatus): string | null {
  const { outcome, blue, version } = status;
  if (outcome !== 'completed' || keptUntil(status) !== null) return null;
  if (!blue) return `Nothing was live before ${version}: there is nothing to go back to.`;
  return `${blue.version} is not there any more. Release it again instead.`;
}
