import { epochMs, isoTime } from '../release/clock.ts';
import {
  createDocument,
  type EnvironmentRef,
  type Phase,
  type ReleaseDocument,
  type ReleaseInput,
  type Weights,
} from '../release/document.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { Plan } from '../release/plan.ts';
import type { DesiredRoute } from '../routers/router.ts';
import type { Ports } from './ports.ts';

/** What a Catch hands on may still be the input of Admit. */
export function asDocument(
  input: ReleaseDocument | (ReleaseInput & Pick<ReleaseDocument, 'error'>),
) {
  return 'schema' in input ? input : { ...createDocument(input), error: input.error };
}

/**
 * The document in its next phase. The same phase again keeps the time at which it began. That time is
 * later than the last phase's whatever the clock says: by it the ledger tells which document is older.
 */
export function inPhase(document: ReleaseDocument, phase: Phase, ports: Ports): ReleaseDocument {
  if (document.phase === phase) return document;
  const since = Math.max(ports.clock.now(), epochMs(document.phaseSince) + 1);
  return { ...document, phase, phaseSince: isoTime(since) };
}

/** The document without what an earlier Catch left in it. */
export function withoutError({ error: _, ...document }: ReleaseDocument): ReleaseDocument {
  return document;
}

/** @throws ReleaseStateError when the release was never admitted. */
export function planOf(document: ReleaseDocument): Plan {
  if (document.plan) return document.plan;
  throw new VerdigrisError(
    'ReleaseStateError',
    `release ${document.releaseId} has no plan yet: it was never admitted`,
  );
}

/** @throws ReleaseStateError when green was never provisioned. */
export function greenOf(document: ReleaseDocument): EnvironmentRef {
  if (document.green) return document.green;
  throw new VerdigrisError(
    'ReleaseStateError',
    `release ${document.releaseId} has no green environment: it was never provisioned`,
  );
}

/** The version of each side, by environment id, for metric sources. */
export function versionsOf({
  blue,
  green,
}: Pick<ReleaseDocument, 'blue' | 'green'>): Record<string, string> {
  const sides = [blue, green].filter((ref) => ref !== null);
  return Object.fromEntries(sides.map(({ id, version }) => [id, version]));
}

/** Traffic with `greenPercent` on green. Without a blue, green gets all of it. */
export function splitTraffic(document: ReleaseDocument, greenPercent: number): DesiredRoute {
  const green = greenOf(document);
  const { blue } = document;
  if (!blue || greenPercent === 100) return { weights: { [green.id]: 100 }, environments: [green] };
  return {
    weights: { [green.id]: greenPercent, [blue.id]: 100 - greenPercent },
    environments: [green, blue],
  };
}

/** Whether two routes give every environment the same share. Environments without any do not count. */
export function isSameTraffic(a: Weights, b: Weights): boolean {
  const ids = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...ids].every((id) => (a[id] ?? 0) === (b[id] ?? 0));
}

/** `storefront-v2 100%`, for people. */
export function describeWeights(weights: Weights): string {
  const parts = Object.entries(weights).filter(([, percent]) => percent > 0);
  return parts.length > 0
    ? parts.map(([id, percent]) => `${id} ${percent}%`).join(', ')
    : 'nowhere';
}
