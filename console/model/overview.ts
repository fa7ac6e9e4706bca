import type {
  Freeze,
  FreezesAnswer,
  ReleaseSummary,
  ReleasesAnswer,
  ServiceStatus,
  ServicesAnswer,
} from '../types.ts';
import { liveSides, type Sides } from './sides.ts';

/** A service in the overview. */
export interface ServiceRow extends ServiceStatus {
  sides: Sides;
  /** What visitors get, in a few words. */
  liveWords: string;
  /** The release that holds the service; its phase moves. Null while nothing runs. */
  running: ReleaseSummary | null;
  /** The newest that has ended, or null. */
  last: ReleaseSummary | null;
  /** Of this service alone, not that of everything. */
  freeze: Freeze | null;
  /** Whether somebody who lifts that lets its releases begin: a freeze, or an error budget without one. */
  isStopped: boolean;
}

/** What is known of every service, put together; services come without the rest first. */
export function overviewOf(
  { services }: ServicesAnswer,
  releases: ReleasesAnswer | null,
  freezes: FreezesAnswer | null,
): ServiceRow[] {
  return services.map((status) => {
    const own = releases?.releases.filter((it) => it.service === status.service) ?? [];
    const running = own.find((it) => it.releaseId === status.releaseId) ?? null;
    const last = own.find((it) => it.outcome !== null && it !== running) ?? null;
    const freeze = freezes?.freezes.find(({ scope }) => scope === status.service) ?? null;
    const sides = liveSides(status.traffic, hasSides(running) ? running : decided(own));
    return {
      ...status,
      sides,
      liveWords: liveWordsOf(status, sides),
      running,
      last,
      freeze,
      isStopped: freeze !== null || (status.errorBudget?.stops ?? null) !== null,
    };
  });
}

/** The newest release that has decided where traffic is: the colours of the sides are its. */
function decided(releases: readonly ReleaseSummary[]): ReleaseSummary | null {
  const decisive = ['completed', 'rolled-back', 'held', 'rollback-failed'];
  return releases.find(({ outcome }) => outcome !== null && decisive.includes(outcome)) ?? null;
}

function hasSides(release: ReleaseSummary | null): release is ReleaseSummary {
  return release !== null && (release.blue !== null || release.green !== null);
}

function liveWordsOf({ traffic, liveVersion }: ServiceStatus, { blue, green }: Sides): string {
  if (liveVersion !== null) return liveVersion;
  if (traffic === null) return 'not known now';
  if (blue && green) return `${blue.version} and ${green.version}`;
  return Object.keys(traffic).length === 0 ? 'nothing yet' : 'an unknown version';
}
