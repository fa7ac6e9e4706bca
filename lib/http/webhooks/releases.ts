import type { Artifact } from '../../release/artifact.ts';
import { isNamed } from '../../release/errors.ts';
import type { Json } from '../../release/json.ts';
import type { WebhookEntry } from '../../release/webhook.ts';
import { refusalOf } from '../error-answer.ts';
import type { Operations } from '../operations.ts';
import type { Wish } from './fill-mapping.ts';
import type { WebhookAnswer } from './webhook.ts';

/** A delivery that may bring artifacts. */
export interface ArtifactDelivery {
  /** What is the same only for the same delivery: `github:<id>`. */
  key: string;
  /** The name that releases carry: `github:octocat`. */
  by: string;
  entries: readonly WebhookEntry[];
  /** What one entry makes of it. */
  wishOf(entry: WebhookEntry): Wish;
  /** With which a release that is refused is told; 409 if absent. */
  refusedStatus?: 202 | 409;
}

interface Wanted {
  service: string;
  artifact: Artifact;
}

/** What came of one service. */
interface Outcome {
  service: string;
  releaseId: string | null;
  error: unknown;
}

/**
 * Releases what a delivery brings, each service once however often it is told: 202 with the releases,
 * 202 with a reason where no entry is for it, 409 with the error where every release is refused.
 * @throws ArtifactInvalidError, LedgerUnavailableError and the like: the delivery has to come again, and
 * only what is missing is done then.
 */
export async function releaseArtifacts(
  { key, by, entries, wishOf, refusedStatus = 409 }: ArtifactDelivery,
  operations: Operations,
): Promise<WebhookAnswer> {
  const wishes = entries.map((entry) => ({ service: entry.service, wish: wishOf(entry) }));
  const wanted = firstOfEachService(wishes);
  if (wanted.length === 0) return ignored(reasonsOf(wishes));
  const settled = await Promise.all(
    wanted.map((one) => release(`webhook ${key}`, { ...one, by }, operations)),
  );
  const undecided = settled.find(({ error }) => error !== null && !isRefusal(error));
  if (undecided) throw undecided.error;
  return answerOf(settled, refusedStatus);
}

/** Nothing is to be done: told again, it is looked at again, with the manifests of then. */
export function ignored(reason: string): WebhookAnswer {
  return { status: 202, body: { releases: [], refused: [], reason }, isFinal: false };
}

function firstOfEachService(wishes: readonly { service: string; wish: Wish }[]): Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const { service, wish } of wishes) {
    if ('artifact' in wish && !wanted.has(service)) {
      wanted.set(service, { service, artifact: wish.artifact });
    }
  }
  return [...wanted.values()];
}

function reasonsOf(wishes: readonly { service: string; wish: Wish }[]): string {
  const reasons = wishes.map(({ service, wish }) =>
    'ignored' in wish ? `${service}: ${wish.ignored}` : service,
  );
  return [...new Set(reasons)].slice(0, 10).join('; ');
}

async function release(
  key: string,
  request: Wanted & { by: string },
  operations: Operations,
): Promise<Outcome> {
  const { service } = request;
  try {
    const { releaseId } = await operations.startReleaseOnce(key, request);
    return { service, releaseId, error: null };
  } catch (error) {
    return { service, releaseId: null, error };
  }
}

/** The release is on record as refused; asking again would change nothing. */
function isRefusal(error: unknown): boolean {
  return isNamed(error, 'ReleaseInProgressError', 'ReleaseFrozenError', 'ReleaseStateError');
}

function answerOf(outcomes: readonly Outcome[], refusedStatus: 202 | 409): WebhookAnswer {
  const started = outcomes.filter(({ releaseId }) => releaseId !== null);
  const refused = outcomes.flatMap(({ service, error }) =>
    error === null ? [] : [{ service, ...refusalOf(error).body }],
  );
  const [first] = refused;
  if (started.length === 0 && first && refusedStatus === 409) {
    return { status: 409, body: { error: first.error as unknown as Json }, isFinal: true };
  }
  const releases = started.map(({ service, releaseId }) => ({ service, releaseId }));
  const body = { releases, refused: refused as unknown as Json, reason: null };
  return { status: 202, body, isFinal: true };
}

/** A name of somebody elsewhere, as events may carry it: `octocat`. */
export function actorName(kind: string, name: string | null | undefined): string {
  const safe = (name ?? '').replace(/[^A-Za-z0-9._@-]+/g, '-').slice(0, 64);
  return `${kind}:${safe || 'somebody'}`;
}
