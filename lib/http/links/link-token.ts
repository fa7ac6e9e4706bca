import { createHmac } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { type Clock, epochMs, isoTime } from '../../release/clock.ts';
import { isAnySecret, type Secrets, signingSecretName } from '../../secrets/secrets.ts';

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

/** What signing needs. */
export interface LinkTokenDeps {
  secrets: Secrets;
  clock: Clock;
}

const issuer = 'verdigris';
const purpose = 'approval-link';
const algorithm = 'HS256';
const type = `verdigris-${purpose}+jwt`;
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

/** Signs a link with the newest signing secret. @throws SecretUnavailableError, ConfigInvalidError */
export async function writeLink(link: ApprovalLink, deps: LinkTokenDeps): Promise<string> {
  const { id, approver, releaseId, decision, round, expiresAt } = link;
  const [secret] = await deps.secrets.read(signingSecretName);
  return new SignJWT({ release: releaseId, decision, round })
    .setProtectedHeader({ alg: algorithm, typ: type })
    .setIssuer(issuer)
    .setAudience(purpose)
    .setJti(id)
    .setSubject(approver)
    .setIssuedAt(Math.floor(deps.clock.now() / 1000))
    .setExpirationTime(Math.floor(epochMs(expiresAt) / 1000))
    .sign(keyOf(secret));
}

/**
 * Reads a link. Only what was signed for this purpose, with a secret that still counts, and written
 * as it was written then, is one; an expired one is told apart from one that was tampered with.
 * @throws SecretUnavailableError, ConfigInvalidError
 */
export async function readLink(token: string, deps: LinkTokenDeps): Promise<ReadLink> {
  if (!isWrittenOneWay(token)) return invalid;
  let read: ReadLink = invalid;
  await isAnySecret(deps.secrets, signingSecretName, async (secret) => {
    read = await verify(token, keyOf(secret), deps.clock);
    return read.link !== null;
  });
  return read;
}

const invalid: ReadLink = { link: null, problem: 'invalid' };

async function verify(token: string, key: Buffer, clock: Clock): Promise<ReadLink> {
  const options = {
    ...{ issuer, audience: purpose, algorithms: [algorithm], typ: type },
    requiredClaims: ['jti', 'sub', 'exp', 'iat'],
    currentDate: new Date(clock.now()),
  };
  try {
    const { payload } = await jwtVerify(token, key, options);
    const link = toLink(payload);
    return link ? { link, problem: null } : invalid;
  } catch (error) {
    // jose says that something has expired only of what is signed well and meant for this purpose.
    const link = error instanceof errors.JWTExpired ? toLink(error.payload) : null;
    if (link) return { link, problem: 'expired' };
    if (error instanceof errors.JOSEError) return invalid;
    throw error;
  }
}

function toLink(payload: JWTPayload): ApprovalLink | null {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return null;
  const { jti, sub, release, decision, round, exp } = parsed.data;
  const expiresAt = isoTime(exp * 1000);
  return { id: jti, releaseId: release, decision, approver: sub, round, expiresAt };
}

/** Base64url leaves bits unused at its end, by which the same bytes can be written in several ways. */
function isWrittenOneWay(token: string): boolean {
  if (token.length > longestToken) return false;
  const parts = token.split('.');
  const isCanonical = (part: string) =>
    part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;
  return parts.length === 3 && parts.every(isCanonical);
}

/** A key of its own, so that what is signed for another purpose with the same secret is noise here. */
function keyOf(secret: string): Buffer {
  return createHmac('sha256', secret).update(`verdigris ${purpose}`).digest();
}
