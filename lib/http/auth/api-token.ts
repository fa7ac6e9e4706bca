import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiToken, Ledger } from '../../ledger/ledger.ts';
import { type Clock, epochMs } from '../../release/clock.ts';
import type { Principal } from '../authenticate.ts';
import { provenActor } from './actor.ts';

/** A token is believed this long after it was read: so long may a revoked one go on being used. */
const believedMs = 5000;
/** So many are remembered, also of those that do not exist. */
const rememberedCount = 1000;

const shape = /^vgt_([A-Za-z0-9-]{4,64})_[A-Za-z0-9_-]{16,128}$/;

/** What API tokens need. */
export interface ApiTokenDeps {
  ledger: Pick<Ledger, 'getToken'>;
  clock: Clock;
}

/** A key that counts, and whom it stands for. */
export interface KnownToken {
  id: string;
  /** Of {@link ApiToken}. */
  expiresAt: string | null;
  principal: Principal;
}

/** Keys of machines. */
export interface ApiTokens {
  /** Whom a token stands for; null for one that is malformed, unknown, revoked or expired. */
  find(token: string): Promise<KnownToken | null>;
  /** The same for somebody who has shown the token before. */
  findById(id: string): Promise<KnownToken | null>;
}

/**
 * API tokens, `vgt_<id>_<secret>`: found by their id, compared by their SHA-256 in constant time.
 * @throws LedgerUnavailableError by what it returns.
 */
export function createApiTokens({ ledger, clock }: ApiTokenDeps): ApiTokens {
  const remembered = new Map<string, { token: ApiToken | null; untilMs: number }>();

  async function read(id: string): Promise<ApiToken | null> {
    const known = remembered.get(id);
    if (known && clock.now() < known.untilMs) return known.token;
    const untilMs = clock.now() + believedMs;
    const token = await ledger.getToken(id);
    remembered.delete(id);
    remembered.set(id, { token, untilMs });
    const [oldest] = remembered.keys();
    if (remembered.size > rememberedCount && oldest !== undefined) remembered.delete(oldest);
    return token;
  }

  async function findById(id: string): Promise<KnownToken | null> {
    const token = await read(id);
    return token && counts(token, clock.now()) ? known(token) : null;
  }

  return {
    findById,
    async find(text) {
      const id = shape.exec(text)?.[1];
      if (id === undefined) return null;
      const token = await read(id);
      return token && isSame(text, token.hash) ? findById(id) : null;
    },
  };
}

function counts({ revokedAt, expiresAt }: ApiToken, nowMs: number): boolean {
  return revokedAt === null && (expiresAt === null || nowMs < epochMs(expiresAt));
}

function known({ id, name, grants, expiresAt }: ApiToken): KnownToken {
  return { id, expiresAt, principal: { actor: provenActor(name), via: 'api-token', grants } };
}

function isSame(token: string, hash: string): boolean {
  const given = createHash('sha256').update(token).digest();
  const expected = Buffer.from(hash, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
