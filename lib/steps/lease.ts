import { epochMs } from '../release/clock.ts';
import type { ReleaseDocument } from '../release/document.ts';
import type { Router } from '../routers/router.ts';
import type { Ports } from './ports.ts';

/** Seconds until that time, ISO 8601; 0 where it is over, or there is none. */
export function secondsUntil(
  iso: string | null | undefined,
  { clock }: Pick<Ports, 'clock'>,
): number {
  return iso ? Math.max(0, (epochMs(iso) - clock.now()) / 1000) : 0;
}

/** Seconds until no earlier traffic change of this release can take effect any more; 0 if none can. */
export function leaseLeftSeconds(document: ReleaseDocument, ports: Pick<Ports, 'clock'>): number {
  return secondsUntil(document.leaseUntil, ports);
}

/**
 * The document with the deadline of every change that this release ever wrote down. Only where the
 * provider cannot refuse a stale change does anybody have to wait for it (rule 4).
 */
export async function withLeases(
  document: ReleaseDocument,
  router: Router,
  ports: Ports,
): Promise<ReleaseDocument> {
  if (router.facts.isConditional) return { ...document, leaseUntil: null };
  const intents = await ports.ledger.listIntents(document.releaseId);
  const deadlines = intents.map((intent) => intent.deadline).sort();
  return { ...document, leaseUntil: deadlines.at(-1) ?? document.leaseUntil };
}
