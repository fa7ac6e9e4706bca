import { isDeepStrictEqual } from 'node:util';
import type { Freeze, Ledger, ManifestRecord } from '../ledger.ts';
import { fromText, type Item, toText } from './items.ts';
import { keys, partitions } from './keys.ts';
import { raced, settle, type Table } from './table.ts';

function toManifest(item: Item): ManifestRecord {
  return fromText<ManifestRecord>(item.body) as ManifestRecord;
}

/** True when it was still at the revision that was read (0: not there). */
function replaceManifest(table: Table, manifest: ManifestRecord, seen: number): Promise<boolean> {
  const { service, revision } = manifest;
  const body = toText(`the manifest of ${service}`, manifest);
  const item = { ...keys.manifest(service), revision, body };
  return seen === 0
    ? table.write({ kind: 'put', item, if: 'attribute_not_exists(#pk)' })
    : table.write({ kind: 'put', item, if: '#revision = :seen', values: { seen } });
}

function itemOf(freeze: Freeze) {
  const body = toText(`the freeze of ${freeze.scope}`, freeze);
  return { ...keys.freeze(freeze.scope), body };
}

/** What people told the conductor: manifests and freezes. */
export function createManifests(table: Table) {
  return {
    putManifest: (service, source, by, at) =>
      settle(`the manifest of ${service}`, async () => {
        const item = await table.get(keys.manifest(service));
        const before = item && toManifest(item);
        if (before && isDeepStrictEqual(before.source, source)) return before;
        const seen = before?.revision ?? 0;
        const copy = structuredClone(source);
        const after = { service, source: copy, revision: seen + 1, updatedAt: at, updatedBy: by };
        return (await replaceManifest(table, after, seen)) ? after : raced;
      }),

    async getManifest(service) {
      const item = await table.get(keys.manifest(service));
      return item ? toManifest(item) : null;
    },

    async listManifests() {
      return (await table.query({ pk: partitions.manifests })).map(toManifest);
    },

    async putFreeze(freeze) {
      await table.write({ kind: 'put', item: itemOf(freeze) });
    },

    addFreeze: (freeze) =>
      table.writeOnce({ kind: 'put', item: itemOf(freeze), if: 'attribute_not_exists(#pk)' }),

    // Once: a repetition by the SDK would find nothing to delete, and say that there was none.
    async deleteFreeze(scope, by) {
      const key = keys.freeze(scope);
      if (by === undefined) {
        return table.writeOnce({ kind: 'delete', key, if: 'attribute_exists(#pk)' });
      }
      const item = await table.get(key);
      const freeze = fromText<Freeze>(item?.body);
      if (freeze?.by !== by) return false;
      // As it was seen: somebody may have put another one in its place.
      const values = { body: String(item?.body) };
      return table.writeOnce({ kind: 'delete', key, if: '#body = :body', values });
    },

    async listFreezes() {
      const items = await table.query({ pk: partitions.freezes });
      return items.map(({ body }) => fromText<Freeze>(body) as Freeze);
    },
  } satisfies Partial<Ledger>;
}
