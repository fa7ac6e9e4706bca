import type { ReleaseEvent } from '../../release/events.ts';
import type { Ledger } from '../ledger.ts';
import { nextSeq } from './counter.ts';
import type { Put, Update } from './expressions.ts';
import { fromText, type Item, toText } from './items.ts';
import { keys, partitions, prefixes, sortable } from './keys.ts';
import type { Table } from './table.ts';

/** The attributes of an event besides its key. The index orders a service's events by their time. */
function attributesOf(event: ReleaseEvent, seq: number) {
  return {
    seq,
    body: toText(`the event ${event.id}`, event),
    gsi1pk: partitions.service(event.service),
    gsi1sk: `${prefixes.event}${event.at}#${sortable(seq)}`,
  };
}

/** Adds an event, unless its id is there already. */
function addEvent(event: ReleaseEvent, seq: number): Put {
  const item = { ...keys.event(event), ...attributesOf(event, seq) };
  return { kind: 'put', item, if: 'attribute_not_exists(#pk)' };
}

/** The same as part of a transaction that goes on when the event is there already. */
export function keepEvent(event: ReleaseEvent, seq: number): Update {
  const values = attributesOf(event, seq);
  const kept = Object.keys(values).map((name) => `#${name} = if_not_exists(#${name}, :${name})`);
  return { kind: 'update', key: keys.event(event), change: `SET ${kept.join(', ')}`, values };
}

function toEvent({ body }: Item): ReleaseEvent {
  return fromText<ReleaseEvent>(body) as ReleaseEvent;
}

/** What happened. Items are only ever added, and never expire (rule 10). */
export function createEvents(table: Table) {
  return {
    async appendEvent(event) {
      const seq = await nextSeq(table, event.service);
      if (await table.write(addEvent(event, seq))) return { isNew: true };
      // The SDK repeats a request whose answer was lost, and then finds what it wrote itself: nobody
      // would be told of an event that is new to nobody.
      const there = await table.get(keys.event(event));
      return { isNew: there?.seq === seq };
    },

    async listEvents(releaseId) {
      const pk = partitions.release(releaseId);
      const items = await table.query({ pk, prefix: prefixes.event });
      return items.sort((a, b) => Number(a.seq) - Number(b.seq)).map(toEvent);
    },

    async listServiceEvents(service, limit) {
      const items = await table.query({
        pk: partitions.service(service),
        prefix: prefixes.event,
        isOverIndex: true,
        isNewestFirst: true,
        limit,
      });
      return items.map(toEvent);
    },
  } satisfies Partial<Ledger>;
}
