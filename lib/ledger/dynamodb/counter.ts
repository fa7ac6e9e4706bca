import { keys } from './keys.ts';
import type { Table } from './table.ts';

/**
 * The next number of a service's counter, which orders what is added. Numbers may be left out, and
 * none is given twice: who finds it in an item knows who wrote that.
 */
export async function nextSeq(table: Table, service: string): Promise<number> {
  const counted = await table.update({
    kind: 'update',
    key: keys.counter(service),
    change: 'ADD #seq :one',
    values: { one: 1 },
  });
  return Number(counted?.seq);
}
