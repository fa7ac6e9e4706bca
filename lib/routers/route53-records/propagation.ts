import { GetChangeCommand } from '@aws-sdk/client-route-53';
import { isCalled } from '../../aws/sdk-errors.ts';
import type { Clock } from '../../release/clock.ts';
import { toOurs } from './errors.ts';
import { formatMarker, type Marker } from './marker.ts';
import { type NameServers, plainValue } from './name-servers.ts';
import { markerNameOf, type Settings } from './settings.ts';
import { liveSides, type ZoneView } from './view.ts';
import type { Route53Api, Zone } from './zone.ts';

/** "Changes generally propagate to all Route 53 name servers within 60 seconds" (API_GetChange). */
export const syncSeconds = 60;

/**
 * How long name servers may contradict Route 53's own word. Whoever answers in their place, or a zone that is
 * not delegated to them, must not keep a rollback waiting for ever.
 */
const contradictionMs = 300_000;

/** What one process has learnt of the last change of one name. */
interface Knowledge {
  /** Text of the change's marker. */
  change: string;
  /** Of GetChange; null where another process made the change. */
  changeId: string | null;
  /** Milliseconds since the epoch: when Route 53 last said PENDING; when it was made, until then. */
  pendingAtMs: number;
  /** Milliseconds since the epoch: by when all servers followed; null until that was seen. */
  syncedAtMs: number | null;
}

/** What a process has learnt, by its client, so that a router that is made anew finds it. */
const memories = new WeakMap<Route53Api, Map<string, Knowledge>>();

/** Follows a change on its way to Route 53's name servers. */
export interface Propagation {
  /** A change was made. */
  note(view: ZoneView, changeId: string): void;
  /**
   * Whether every name server has the last change: Route 53 says INSYNC, where this process knows the
   * change's id, and no server that can be reached says otherwise. With neither, a minute has to pass.
   * @throws ThrottledError, RouterUnavailableError
   */
  isInSync(view: ZoneView): Promise<boolean>;
  /** How long the servers took to follow the last change; what it may have been where that is not known. */
  syncDelayMs(view: ZoneView): number;
}

/** What the following takes. */
export interface PropagationDeps {
  route53: Route53Api;
  clock: Clock;
  zone: Zone;
  /** Nobody is asked where there are none. */
  nameServers: NameServers | null;
}

/** Follows the changes of one name. */
export function createPropagation(settings: Settings, deps: PropagationDeps): Propagation {
  const { route53, clock, zone, nameServers } = deps;
  const memory = memories.get(route53) ?? new Map<string, Knowledge>();
  memories.set(route53, memory);
  const key = `${settings.hostedZoneId}/${settings.name}`;

  function remember(marker: Marker, changeId: string | null): Knowledge {
    const change = formatMarker(marker);
    const fresh = { change, changeId, pendingAtMs: marker.atMs, syncedAtMs: null };
    memory.set(key, fresh);
    return fresh;
  }

  function knowledgeOf(marker: Marker): Knowledge {
    const known = memory.get(key);
    if (known?.change === formatMarker(marker)) return known;
    return remember(marker, null);
  }

  async function isPending(known: Knowledge): Promise<boolean> {
    if (known.changeId === null) return false;
    try {
      const { ChangeInfo } = await route53.send(new GetChangeCommand({ Id: known.changeId }));
      if (ChangeInfo?.Status !== 'PENDING') return false;
      known.pendingAtMs = clock.now();
      return true;
    } catch (error) {
      if (!isCalled(error, 'NoSuchChange')) throw toOurs(error, 'GetChange', known.changeId);
      known.changeId = null;
      return false;
    }
  }

  async function verdicts(view: ZoneView): Promise<Verdict[]> {
    if (!nameServers) return [];
    const servers = await zone.nameServers();
    return Promise.all(servers.map((server) => judge(nameServers, server, view, settings)));
  }

  return {
    note({ marker }, changeId) {
      if (marker?.value) remember(marker.value, changeId);
    },
    async isInSync(view) {
      const marker = view.marker?.value;
      if (!marker) return true;
      const known = knowledgeOf(marker);
      if (known.syncedAtMs !== null) return true;
      if (await isPending(known)) return false;
      const said = await verdicts(view);
      const now = clock.now();
      const age = now - marker.atMs;
      if (said.includes('differs') && age < contradictionMs) return false;
      const isWitnessed = known.changeId !== null || said.includes('agrees');
      if (!isWitnessed && age < syncSeconds * 1000) return false;
      known.syncedAtMs = Math.min(now, known.pendingAtMs + syncSeconds * 1000);
      return true;
    },
    syncDelayMs({ marker }) {
      if (!marker?.value) return 0;
      const { syncedAtMs } = knowledgeOf(marker.value);
      return syncedAtMs === null ? syncSeconds * 1000 : Math.max(0, syncedAtMs - marker.value.atMs);
    },
  };
}

type Verdict = 'agrees' | 'differs' | 'silent';

/**
 * Whether a name server has a change: it answers with its marker, which came in the same batch, and
 * with nothing that the change took away. What an alias leads to has addresses that are not known here.
 */
async function judge(
  nameServers: NameServers,
  server: string,
  view: ZoneView,
  settings: Settings,
): Promise<Verdict> {
  const texts = await nameServers.ask(server, markerNameOf(settings), 'TXT');
  if (texts === null) return 'silent';
  if (!view.marker?.value || !texts.includes(formatMarker(view.marker.value))) return 'differs';
  const live = [...liveSides(view).values()].flat();
  for (const type of settings.types) {
    const targets = live.filter((set) => set.type === type).map(({ target }) => target);
    const values = targets.flatMap((target) => ('values' in target ? target.values : []));
    if (targets.length === 0 || targets.some((target) => 'zoneId' in target)) continue;
    const answers = await nameServers.ask(server, settings.name, type);
    const expected = new Set(values.map(plainValue));
    if (answers?.some((answer) => !expected.has(plainValue(answer)))) return 'differs';
  }
  return 'agrees';
}
