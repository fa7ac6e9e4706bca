import { epochMs } from '../release/clock.ts';
import type { ReleaseDocument } from '../release/document.ts';
import type { Router } from '../routers/router.ts';
import type { Ports } from './ports.ts';

/** Seconds until no earlier traffic change of this release can take effect any more; 0 if none can. */
export function leaseLeftSeconds(
  document: ReleaseDocument,
  { clock }: Pick<Ports, 'clock'>,
): number {
  const leftMs = document.leaseUntil ? epochMs(document.leaseUntil) - clock.now() : 0;
  return Math.max(0, leftMs / 1000);
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
