import { z } from 'zod';
import { epochMs, isoTime } from '../../release/clock.ts';
import { readSealed, type SealDeps, seal } from '../auth/sealed.ts';

/** What a link is good for: one word of one person on one request for approval. */
export interface ApprovalLink {
  /** Unique. What is used up by it is remembered under this name. */
  id: string;
  releaseId: string;
  decision: 'approve' | 'reject';
  /** The name that the decision is recorded under. */
  approver: string;
  /** When people were asked (ISO 8601): tells one request for approval from another. */
  round: string;
  /** ISO 8601, whole seconds. */
  expiresAt: string;
}

/** What became of a link that somebody brought. */
export type ReadLink =
  | { link: ApprovalLink; problem: null }
  | { link: ApprovalLink; problem: 'expired' }
  | { link: null; problem: 'invalid' };

/** Longer than any that is made; what is longer is not even looked at. */
const longestToken = 2048;

const claims = z.object({
  jti: z.string().min(1),
  sub: z.string().min(1),
  release: z.string().min(1),
  decision: z.enum(['approve', 'reject']),
  round: z.string().min(1),
  exp: z.int(),
});

/** Signs a link with the newest signing secret. @throws SecretUnavailableError */
export function writeLink(link: ApprovalLink, deps: SealDeps): Promise<string> {
  const { id, approver, releaseId, decision, round, expiresAt } = link;
  const content = { jti: id, sub: approver, release: releaseId, decision, round };
  return seal('approval-link', content, epochMs(expiresAt), deps);
}

/**
 * Reads a link. Only what was signed for this purpose, with a secret that still counts, and written
 * as it was written then, is one; an expired one is told apart from one that was tampered with.
 * @throws SecretUnavailableError
 */
export async function readLink(token: string, deps: SealDeps): Promise<ReadLink> {
  const isShort = token.length <= longestToken;
  const sealed = isShort ? await readSealed('approval-link', token, deps) : null;
  const parsed = claims.safeParse(sealed?.content);
  if (!sealed || !parsed.success) return { link: null, problem: 'invalid' };
  const { jti, sub, release, decision, round, exp } = parsed.data;
  const expiresAt = isoTime(exp * 1000);
  const link = { id: jti, releaseId: release, decision, approver: sub, round, expiresAt };
  return { link, problem: sealed.isExpired ? 'expired' : null };
}
