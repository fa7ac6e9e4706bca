import { createHmac } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../release/clock.ts';
import { isNamed, VerdigrisError } from '../../release/errors.ts';
import { isAnySecret, type Secrets, signingSecretName } from '../../secrets/secrets.ts';
import { isJwt } from './credentials.ts';

/** What is sealed is good for one thing only: a session's seal opens no other door. */
export type Purpose = 'session' | 'sign-in' | 'approval-link';

const issuer = 'verdigris';
const algorithm = 'HS256';

/** What sealing needs. */
export interface SealDeps {
  secrets: Secrets;
  clock: Clock;
}

/** Signs `content`, which whoever holds it can read but not change. @throws SecretUnavailableError */
export async function seal(
  purpose: Purpose,
  content: JWTPayload,
  expiresAtMs: number,
  deps: SealDeps,
): Promise<string> {
  const [key] = await keysFor(purpose, deps);
  return new SignJWT(content)
    .setProtectedHeader({ alg: algorithm, typ: typeOf(purpose) })
    .setIssuer(issuer)
    .setAudience(purpose)
    .setIssuedAt(Math.floor(deps.clock.now() / 1000))
    .setExpirationTime(Math.floor(expiresAtMs / 1000))
    .sign(key);
}

/**
 * What was sealed for this purpose with a secret that still counts, and has not expired; else null.
 * @throws SecretUnavailableError
 */
export async function unseal(
  purpose: Purpose,
  text: string,
  deps: SealDeps,
): Promise<JWTPayload | null> {
  const read = await readSealed(purpose, text, deps);
  return read && !read.isExpired ? read.content : null;
}

/** What was sealed, and whether its time is over. */
export interface Sealed {
  content: JWTPayload;
  isExpired: boolean;
}

/**
 * The same where it matters to tell people that it has expired; null for what was sealed for another
 * purpose, with another secret, or by somebody else.
 * @throws SecretUnavailableError
 */
export async function readSealed(
  purpose: Purpose,
  text: string,
  deps: SealDeps,
): Promise<Sealed | null> {
  if (!isJwt(text)) return null;
  let read: Sealed | null = null;
  const fits = async (secret: string) => {
    read = await open(purpose, text, derive(purpose, secret), deps.clock);
    return read !== null;
  };
  await orUnavailable(() => isAnySecret(deps.secrets, signingSecretName, fits));
  return read;
}

async function open(
  purpose: Purpose,
  text: string,
  key: Buffer,
  clock: Clock,
): Promise<Sealed | null> {
  const options = {
    algorithms: [algorithm],
    typ: typeOf(purpose),
    issuer,
    audience: purpose,
    requiredClaims: ['exp', 'iat'],
    currentDate: new Date(clock.now()),
  };
  return jwtVerify(text, key, options).then(
    ({ payload }) => ({ content: payload, isExpired: false }),
    // jose looks at times last: what it calls expired is signed well, and for this purpose.
    (error: unknown) =>
      error instanceof errors.JWTExpired ? { content: error.payload, isExpired: true } : null,
  );
}

/**
 * Marks by which a secret text is known again without being kept: one for each signing secret that
 * counts, the newest first. @throws SecretUnavailableError
 */
export async function marksOf(text: string, deps: SealDeps): Promise<string[]> {
  const keys = await keysFor('session', deps);
  return keys.map((key) => createHmac('sha256', key).update(text).digest('base64url'));
}

function typeOf(purpose: Purpose): string {
  return `verdigris-${purpose}+jwt`;
}

async function keysFor(purpose: Purpose, { secrets }: SealDeps): Promise<[Buffer, ...Buffer[]]> {
  const [newest, ...older] = await orUnavailable(() => secrets.read(signingSecretName));
  return [derive(purpose, newest), ...older.map((it) => derive(purpose, it))];
}

/** A key of its own for each purpose, so that what is sealed for one is noise for the others. */
function derive(purpose: Purpose, secret: string): Buffer {
  return createHmac('sha256', secret).update(`verdigris ${purpose}`).digest();
}

/** Strangers are not told how the conductor is set up. */
async function orUnavailable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!isNamed(cause, 'ConfigInvalidError')) throw cause;
    const message = 'the signing secret cannot be read now; try again';
    throw new VerdigrisError('SecretUnavailableError', message, { cause });
  }
}
