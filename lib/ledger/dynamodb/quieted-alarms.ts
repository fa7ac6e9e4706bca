import type { Ledger, QuietedAlarms } from '../ledger.ts';
import { fromText, toText } from './items.ts';
import { keys, partitions } from './keys.ts';
import type { Table } from './table.ts';

/** Which alarms are quiet. One partition, since the sweep looks after those of all services. */
export function createQuietedAlarms(table: Table) {
  return {
    async putQuieted(quieted) {
      const { releaseId, settlesAt } = quieted;
      const body = toText(`the quieted alarms of release ${releaseId}`, quieted);
      await table.write({ kind: 'put', item: { ...keys.quieted(releaseId), body, settlesAt } });
    },

    async listQuieted() {
      const items = await table.query({ pk: partitions.quieted });
      return items.map(({ body }) => fromText<QuietedAlarms>(body) as QuietedAlarms);
    },

    async deleteQuieted({ releaseId, settlesAt }) {
      await table.write({
        kind: 'delete',
        key: keys.quieted(releaseId),
        if: '#settlesAt = :settlesAt',
        values: { settlesAt },
      });
    },
  } satisfies Partial<Ledger>;
}
