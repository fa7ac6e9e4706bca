import { VerdigrisError } from '../../release/errors.ts';
import type { Ledger, Watch } from '../ledger.ts';
import { isEarlier } from '../turns.ts';
import type { Delete, Put, Update } from './expressions.ts';
import { fromText, toText, ttlAfter, withTurn } from './items.ts';
import { keys, partitions } from './keys.ts';
import { type ReleaseState, refuseEnded, toState } from './state.ts';
import { raced, settle, type Table } from './table.ts';

/**
 * A transaction has 100 writes. The manifest allows 50 alarms; with these the end of a release, which
 * writes six items besides, and a watch that replaces all of its alarms fit too, the latter in two.
 */
const mostAlarms = 90;

/** The alarm's side of a watch: the whole of it, so that an alarm finds its tokens in one query. */
function putWatchOfAlarm(alarm: string, watch: Watch): Put {
  const item = {
    ...keys.watchOfAlarm(alarm, watch.releaseId),
    body: toText(`the watch of release ${watch.releaseId}`, watch),
    ttl: ttlAfter(watch.expiresAt),
  };
  return { kind: 'put', item };
}

function deleteWatchOfAlarm(alarm: string, releaseId: string): Delete {
  return { kind: 'delete', key: keys.watchOfAlarm(alarm, releaseId) };
}

/** Removes the alarms' side of a watch. */
export function deleteAlarms(releaseId: string, watch: Watch | null): Delete[] {
  const alarms = new Set(watch?.alarms);
  return [...alarms].map((alarm) => deleteWatchOfAlarm(alarm, releaseId));
}

/**
 * A condition on the state: it watches what was seen, so that no alarm's side is forgotten.
 * Expects the value `alarms` where there is a watch: {@link seenAlarms}.
 */
export function ifSameAlarms({ watch }: ReleaseState): string {
  return watch ? '#alarms = :alarms' : 'attribute_not_exists(#alarms)';
}

/** The values of {@link ifSameAlarms}. */
export function seenAlarms({ watch }: ReleaseState): { alarms?: string } {
  return watch ? { alarms: JSON.stringify(watch.alarms) } : {};
}

function putWatchOfRelease(watch: Watch, seen: ReleaseState): Update {
  const { releaseId, service, alarms, token, turn, expiresAt } = watch;
  const written = {
    ...{ service, watched: JSON.stringify(alarms), expiresAt },
    ...(token !== null && { token }),
    ...(turn !== null && { turn }),
  };
  const set = `SET #service = :service, #alarms = :watched, #expiresAt = :expiresAt${token === null ? '' : ', #token = :token'}${turn === null ? '' : ', #turn = :turn'}`;
  const absent = [...(token === null ? ['#token'] : []), ...(turn === null ? ['#turn'] : [])];
  const isNoEarlier = '(attribute_not_exists(#turn) OR #turn <= :turn)';
  return {
    kind: 'update',
    key: keys.state(releaseId),
    change: absent.length > 0 ? `${set} REMOVE ${absent.join(', ')}` : set,
    if: [
      'attribute_not_exists(#outcome)',
      ifSameAlarms(seen),
      ...(turn === null ? [] : [isNoEarlier]),
    ].join(' AND '),
    values: { ...written, ...seenAlarms(seen) },
  };
}

/** The writes that turn the watch that was seen into this one. */
function replaceWatch(watch: Watch, seen: ReleaseState): [Write: Update, ...(Put | Delete)[]] {
  const alarms = new Set(watch.alarms);
  const stale = new Set(seen.watch?.alarms.filter((alarm) => !alarms.has(alarm)));
  return [
    putWatchOfRelease(watch, seen),
    ...[...alarms].map((alarm) => putWatchOfAlarm(alarm, watch)),
    ...[...stale].map((alarm) => deleteWatchOfAlarm(alarm, watch.releaseId)),
  ];
}

function refuseTooMany({ releaseId, alarms }: Watch): void {
  const count = new Set(alarms).size;
  if (count <= mostAlarms) return;
  throw new VerdigrisError(
    'RequestInvalidError',
    `release ${releaseId} watches ${count} alarms; at most ${mostAlarms} fit`,
  );
}

/** What both watches have in common, or null where the change fits into one transaction. */
function halfway(watch: Watch, { watch: seen }: ReleaseState): Watch | null {
  if (!seen || new Set([...seen.alarms, ...watch.alarms]).size < 100) return null;
  return { ...seen, alarms: seen.alarms.filter((alarm) => watch.alarms.includes(alarm)) };
}

/** Who wants to hear of which alarm, and what was heard. */
export function createWatches(table: Table) {
  async function readState(releaseId: string): Promise<ReleaseState> {
    return toState(releaseId, await table.get(keys.state(releaseId)));
  }

  return {
    async putWatch(watch) {
      refuseTooMany(watch);
      await settle(`the watch of release ${watch.releaseId}`, async () => {
        const seen = await readState(watch.releaseId);
        // A call that was presumed dead must not leave a watch behind.
        if (seen.outcome !== null || isEarlier(watch.turn, seen.watch?.turn)) return;
        const between = halfway(watch, seen);
        const isDone = await table.write(...replaceWatch(between ?? watch, seen));
        return isDone && !between ? undefined : raced;
      });
    },

    getWatch: async (releaseId) => (await readState(releaseId)).watch,

    async watchesOf(alarm) {
      const items = await table.query({ pk: partitions.alarm(alarm) });
      return items.map(({ body }) => withTurn(fromText<Watch>(body) as Watch));
    },

    recordBreach: (releaseId, breach) =>
      settle(`release ${releaseId}`, async () => {
        const state = await table.update({
          kind: 'update',
          key: keys.state(releaseId),
          change: 'SET #breach = if_not_exists(#breach, :breach)',
          if: 'attribute_not_exists(#outcome)',
          values: { breach: toText(`the breach of release ${releaseId}`, breach) },
        });
        if (state) return toState(releaseId, state).breach ?? breach;
        refuseEnded(releaseId, await readState(releaseId));
        return raced;
      }),

    getBreach: async (releaseId) => (await readState(releaseId)).breach,
  } satisfies Partial<Ledger>;
}
