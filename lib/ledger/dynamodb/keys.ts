import { createHash } from 'node:crypto';
import type { ReleaseEvent } from '../../release/events.ts';

/** The primary key of an item. */
export interface Key {
  pk: string;
  sk: string;
}

/** A sort key has 1,024 bytes, a partition key 2,048; prefixes and times need a part of them. */
const longestNameBytes = 800;

/** A name as part of a key. Names that would not fit are told apart by their hash. */
function keyPart(name: string): string {
  if (Buffer.byteLength(name) <= longestNameBytes) return name;
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}

const release = (releaseId: string) => `RELEASE#${keyPart(releaseId)}`;
const ofService = (service: string) => `SERVICE#${keyPart(service)}`;

/** Partitions that are read as a whole or by the beginning of the sort key. */
export const partitions = {
  manifests: 'MANIFESTS',
  freezes: 'FREEZES',
  tokens: 'TOKENS',
  quieted: 'QUIETED',
  release,
  service: ofService,
  alarm: (alarm: string) => `ALARM#${keyPart(alarm)}`,
  /** Of the index: all releases of all services. */
  releases: 'RELEASES',
} as const;

/** How the sort keys of items begin of which a partition holds several. */
export const prefixes = { event: 'EVENT#', intent: 'INTENT#', release: 'RELEASE#' } as const;

/** Where every item is. docs/ledger.md has the table of them. */
export const keys = {
  manifest: (service: string): Key => ({ pk: partitions.manifests, sk: keyPart(service) }),
  freeze: (scope: string): Key => ({ pk: partitions.freezes, sk: keyPart(scope) }),

  token: (id: string): Key => ({ pk: partitions.tokens, sk: keyPart(id) }),
  tokenName: (name: string): Key => ({ pk: `TOKENNAME#${keyPart(name)}`, sk: 'HOLDER' }),
  receipt: (key: string): Key => ({ pk: `RECEIPT#${keyPart(key)}`, sk: 'RECEIPT' }),
  /** Not in the alarm's own partition: that is read as a whole, for its watches. */
  reportedAlarm: (name: string): Key => ({ pk: `REPORTED#${keyPart(name)}`, sk: 'ALARM' }),

  quieted: (releaseId: string): Key => ({ pk: partitions.quieted, sk: keyPart(releaseId) }),

  lock: (service: string): Key => ({ pk: ofService(service), sk: 'LOCK' }),
  counter: (service: string): Key => ({ pk: ofService(service), sk: 'COUNTER' }),
  budget: (service: string): Key => ({ pk: ofService(service), sk: 'BUDGET' }),
  releaseOfService: (service: string, requestedAt: string, releaseId: string): Key => ({
    pk: ofService(service),
    sk: `${prefixes.release}${requestedAt}#${keyPart(releaseId)}`,
  }),

  record: (releaseId: string): Key => ({ pk: release(releaseId), sk: 'RECORD' }),
  state: (releaseId: string): Key => ({ pk: release(releaseId), sk: 'STATE' }),
  approval: (releaseId: string): Key => ({ pk: release(releaseId), sk: 'APPROVAL' }),
  intent: (releaseId: string, id: string): Key => ({
    pk: release(releaseId),
    sk: `${prefixes.intent}${keyPart(id)}`,
  }),
  event: ({ id, releaseId, service }: ReleaseEvent): Key => ({
    pk: releaseId === null ? ofService(service) : release(releaseId),
    sk: `${prefixes.event}${keyPart(id)}`,
  }),

  watchOfAlarm: (alarm: string, releaseId: string): Key => ({
    pk: partitions.alarm(alarm),
    sk: keyPart(releaseId),
  }),
};

/** The order in which things were added, as text that sorts like the number. */
export function sortable(seq: number): string {
  return String(seq).padStart(16, '0');
}
