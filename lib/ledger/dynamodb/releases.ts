import type { Outcome, Phase, ReleaseDocument } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Ledger, ReleaseRecord } from '../ledger.ts';
import type { Put, Update } from './expressions.ts';
import { fromText, type Item, toText } from './items.ts';
import { keys, partitions, prefixes } from './keys.ts';
import { raced, settle, type Table } from './table.ts';

/** What of a record changes only when the release ends or is opened again. */
type RecordBody = Omit<ReleaseRecord, 'phase' | 'outcome' | 'document'>;

/** A record as it was seen. */
export interface SeenRecord {
  record: ReleaseRecord;
  /** Counts the endings and reopenings. */
  revision: number;
}

function textsOf({ document, phase, outcome, ...body }: ReleaseRecord) {
  const what = `the record of release ${body.releaseId}`;
  return { body: toText(what, body), document: toText(what, document) };
}

/** The record as its item has it. @throws ReleaseUnknownError when there is none. */
export function toSeenRecord(releaseId: string, item: Item | undefined): SeenRecord {
  if (item) return { record: toRecord(item), revision: Number(item.revision) };
  throw new VerdigrisError('ReleaseUnknownError', `there is no release ${releaseId}`);
}

function toRecord(item: Item): ReleaseRecord {
  return {
    ...(fromText<RecordBody>(item.body) as RecordBody),
    phase: item.phase as Phase,
    outcome: (item.outcome as Outcome | undefined) ?? null,
    document: fromText<ReleaseDocument>(item.document) as ReleaseDocument,
  };
}

/** Writes what changes when a release ends or is opened again, if it is still as it was seen. */
export function turnRecord(record: ReleaseRecord, { revision }: SeenRecord): Update {
  const { releaseId, phase, outcome, document } = record;
  const set =
    'SET #body = :body, #document = :document, #phase = :phase, #phaseSince = :phaseSince, #epoch = :epoch, #revision = :next';
  return {
    kind: 'update',
    key: keys.record(releaseId),
    change: outcome === null ? `${set} REMOVE #outcome` : `${set}, #outcome = :outcome`,
    if: '#revision = :seen',
    values: {
      ...textsOf(record),
      phase,
      phaseSince: document.phaseSince,
      epoch: document.epoch,
      next: revision + 1,
      seen: revision,
      ...(outcome !== null && { outcome }),
    },
  };
}

function putRecord(record: ReleaseRecord): Put {
  const { releaseId, phase, outcome, document } = record;
  const item = {
    ...keys.record(releaseId),
    ...textsOf(record),
    phase,
    phaseSince: document.phaseSince,
    epoch: document.epoch,
    revision: 0,
    ...(outcome !== null && { outcome }),
  };
  return { kind: 'put', item, if: 'attribute_not_exists(#pk)' };
}

/**
 * Names the release in its service's list and, by the index, in that of all. Small and written once:
 * the record itself in an index would double the price of every document that is saved.
 */
function putName({ releaseId, service, requestedAt }: ReleaseRecord): Put {
  const key = keys.releaseOfService(service, requestedAt, releaseId);
  const gsi1sk = key.sk;
  return { kind: 'put', item: { ...key, releaseId, gsi1pk: partitions.releases, gsi1sk } };
}

/** So that others who look at the state only see a record that was created as an ended one. */
function putOutcome({ releaseId, outcome }: ReleaseRecord): Update[] {
  if (outcome === null) return [];
  const key = keys.state(releaseId);
  return [{ kind: 'update', key, change: 'SET #outcome = :outcome', values: { outcome } }];
}

/** Releases from request to the last saved document. */
export function createReleases(table: Table) {
  return {
    createRelease: (record) =>
      settle(`release ${record.releaseId}`, async () => {
        const put = putRecord(record);
        if (await table.write(put, putName(record), ...putOutcome(record))) {
          return { record: toRecord(put.item), isNew: true };
        }
        const there = await table.get(keys.record(record.releaseId));
        return there ? { record: toRecord(there), isNew: false } : raced;
      }),

    async getRelease(releaseId) {
      const item = await table.get(keys.record(releaseId));
      return item ? toRecord(item) : null;
    },

    async listReleases({ service, limit }) {
      const isOfAll = service === undefined;
      const names = await table.query({
        pk: isOfAll ? partitions.releases : partitions.service(service),
        prefix: prefixes.release,
        isOverIndex: isOfAll,
        isNewestFirst: true,
        limit,
      });
      const wanted = names.map(({ releaseId }) => keys.record(String(releaseId)));
      return (await table.getAll(wanted)).filter((item) => item !== undefined).map(toRecord);
    },

    async saveDocument(document) {
      const { releaseId, phase, phaseSince, epoch } = document;
      await table.write({
        kind: 'update',
        key: keys.record(releaseId),
        change:
          'SET #document = :document, #phase = :phase, #phaseSince = :phaseSince, #epoch = :epoch',
        // Records of 0.1.0 have no time of their own.
        if: 'attribute_exists(#pk) AND attribute_not_exists(#outcome) AND (#epoch < :epoch OR #epoch = :epoch AND (attribute_not_exists(#phaseSince) OR #phaseSince <= :phaseSince))',
        values: {
          document: toText(`the document of release ${releaseId}`, document),
          phase,
          phaseSince,
          epoch,
        },
      });
    },
  } satisfies Partial<Ledger>;
}
