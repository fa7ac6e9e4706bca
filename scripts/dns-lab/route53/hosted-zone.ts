import { setTimeout as delay } from 'node:timers/promises';
import type { NameServer } from '../name-server.ts';
import { answersAfter } from './answers.ts';
import { Route53Error } from './messages.ts';
import { applyBatch, type Change, type RecordSet } from './zone.ts';

/** A change that was accepted. */
export interface ChangeInfo {
  id: string;
  status: 'PENDING' | 'INSYNC';
  /** ISO 8601. */
  submittedAt: string;
}

/** When each name server learns of a change, and when Route 53 says so: milliseconds after it. */
export interface Propagation {
  nameServersMs: readonly number[];
  insyncMs: number;
}

/** A zone, as the API knows it and as its name servers answer it. */
export interface HostedZone {
  id: string;
  /** With the dot at its end. */
  domain: string;
  records(): readonly RecordSet[];
  /** @throws InvalidChangeBatch, and Route53Error `PriorRequestNotComplete` while another one is processed. */
  change(batch: readonly Change[]): Promise<ChangeInfo>;
  /** Resolves when no change is on its way, and rejects when a name server refused one. */
  settled(): Promise<void>;
}

/** What a zone needs. */
export interface HostedZoneOptions {
  id: string;
  domain: string;
  nameServers: readonly NameServer[];
  propagation: Propagation;
  /** How long Route 53 is busy with a request, in milliseconds: another one for this zone is refused. */
  processingMs: number;
  onChange(info: ChangeInfo): void;
}

/**
 * A hosted zone whose name servers learn of a change one after the other, as Route 53's do; the change
 * is `INSYNC` when every one of them answers it. Changes reach each name server in their order.
 */
export function createHostedZone(options: HostedZoneOptions): HostedZone {
  const { id, domain, nameServers, propagation, processingMs, onChange } = options;
  let records: RecordSet[] = [];
  let isBusy = false;
  let count = 0;
  const queues = nameServers.map(() => Promise.resolve());
  let last: Promise<unknown> = Promise.resolve();

  /** Publishes what stood in the zone after this change. */
  function propagate(batch: readonly Change[], state: readonly RecordSet[]): Promise<unknown> {
    const changed = batch.map(({ record }) => record);
    const published = answersAfter(changed, state);
    return Promise.all([
      delay(propagation.insyncMs),
      ...nameServers.map((server, index) => {
        const due = delay(propagation.nameServersMs[index] ?? propagation.insyncMs);
        const done = Promise.all([queues[index], due]).then(() =>
          server.publish(domain, published),
        );
        queues[index] = done;
        return done;
      }),
    ]);
  }

  return {
    id,
    domain,
    records: () => records,
    async change(batch) {
      if (isBusy) {
        throw new Route53Error(
          'PriorRequestNotComplete',
          'The request was rejected because Route 53 was still processing a prior request.',
        );
      }
      isBusy = true;
      try {
        records = applyBatch(records, batch);
        await delay(processingMs);
      } finally {
        isBusy = false;
      }
      count += 1;
      const info: ChangeInfo = {
        id: `C${id}${count}`,
        status: 'PENDING',
        submittedAt: new Date().toISOString(),
      };
      onChange(info);
      const arrived = propagate(batch, records).then(() => {
        info.status = 'INSYNC';
      });
      last = Promise.all([last, arrived]);
      last.catch(() => {});
      return info;
    },
    async settled() {
      await last;
    },
  };
}
