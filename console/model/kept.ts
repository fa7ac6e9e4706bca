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
