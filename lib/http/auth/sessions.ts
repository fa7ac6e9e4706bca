import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Clock, epochMs, isoTime } from '../../release/clock.ts';
import type { Logger } from '../../release/logger.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Access, Claims } from '../access-rules.ts';
import type { AuthRequest, Principal, Session } from '../authenticate.ts';
import type { ApiTokens } from './api-token.ts';
import { actorOf } from './oidc.ts';
import { refusalOfOrigin } from './same-origin.ts';
import { type SharedToken, sharedPrincipal } from './shared-token.ts';

/** The longest that a session lasts: a working day, after which somebody signs in again. */
const longestMs = 8 * 3_600_000;

/** A session without the rights, which are looked up whenever it is used. */
const contentSchema = z.discriminatedUnion('with', [
  z.object({
    with: z.literal('shared-token'),
    actor: z.string(),
    mark: z.string(),
    exp: z.number(),
  }),
  z.object({ with: z.literal('api-token'), id: z.string(), exp: z.number() }),
  z.object({
    with: z.literal('oidc'),
    actor: z.string(),
    claims: z.record(z.string(), z.array(z.string())),
    exp: z.number(),
  }),
]);
type Content = z.output<typeof contentSchema>;

/** What sessions need. */
export interface SessionDeps {
  sharedToken: SharedToken;
  apiTokens: ApiTokens;
  access: Access;
  secrets: Secrets;
  clock: Clock;
  log: Logger;
  /** Where browsers know the conductor; null where its own address is all there is. */
  publicUrl: string | null;
}

/** A session as a cookie carries it. */
export interface OpenedSession {
  text: string;
  expiresAtMs: number;
}

/** Sessions of browsers. Nothing of them is stored: a cookie says who, the ledger and the rules say what. */
export interface Sessions {
  /** Null when the token, of either kind, does not count. @throws SecretUnavailableError */
  openWithToken(token: string, principal: Principal): Promise<OpenedSession | null>;
  /** For somebody whose claims an issuer has signed. @throws SecretUnavailableError */
  openWithClaims(claims: Claims): Promise<OpenedSession>;
  /** Whose session this is; null refuses it. @throws SecretUnavailableError, LedgerUnavailableError */
  authenticate(request: AuthRequest, text: string): Promise<Principal | null>;
}

/** See {@link Sessions}. */
export function createSessions(deps: SessionDeps): Sessions {
  const { access, apiTokens, clock, log } = deps;
  return {
    async openWithToken(token, { actor, via }) {
      if (via !== 'api-token') {
        const { marksOf } = await import('./sealed.ts');
        const [mark = ''] = await marksOf(token, deps);
        return sealed({ with: 'shared-token', actor, mark }, null, deps);
      }
      const known = await apiTokens.find(token);
      return known && sealed({ with: 'api-token', id: known.id }, known.expiresAt, deps);
    },
    openWithClaims(claims) {
      const decisive = access.decisiveClaims(claims);
      const actor = access.oidc ? actorOf(claims, access.oidc) : '';
      return sealed({ with: 'oidc', actor, claims: decisive }, null, deps);
    },
    async authenticate(request, text) {
      const reason = refusalOfOrigin(request, deps.publicUrl);
      if (reason) {
        log.warn('session refused', { method: request.method, path: request.path, reason });
        return null;
      }
      const { unseal } = await import('./sealed.ts');
      const content = contentSchema.safeParse(await unseal('session', text, deps));
      return content.success ? principalOf(content.data, deps) : null;
    },
  };

  async function sealed(
    content: Record<string, unknown>,
    expiresAt: string | null,
    sealDeps: SessionDeps,
  ): Promise<OpenedSession> {
    const latestMs = clock.now() + longestMs;
    const expiresAtMs = expiresAt ? Math.min(latestMs, epochMs(expiresAt)) : latestMs;
    const { seal } = await import('./sealed.ts');
    return { text: await seal('session', content, expiresAtMs, sealDeps), expiresAtMs };
  }
}

/** With the rights that whoever signed in has now. */
async function principalOf(content: Content, deps: SessionDeps): Promise<Principal | null> {
  const found = await holderOf(content, deps);
  const session: Session = { with: content.with, expiresAt: isoTime(content.exp * 1000) };
  return found && { ...found, via: 'session', session };
}

type Holder = Pick<Principal, 'actor' | 'grants'>;

async function holderOf(content: Content, deps: SessionDeps): Promise<Holder | null> {
  if (content.with === 'shared-token') {
    return (await isCurrent(content.mark, deps)) ? sharedPrincipal(content.actor) : null;
  }
  if (content.with === 'api-token') {
    return (await deps.apiTokens.findById(content.id))?.principal ?? null;
  }
  // Without an issuer nobody could have signed in: its sessions end with it.
  if (!deps.access.oidc) return null;
  return { actor: content.actor, grants: deps.access.grantsOf({ claims: content.claims }) };
}

/** Whether the token with which somebody signed in is still the conductor's. */
async function isCurrent(mark: string, deps: SessionDeps): Promise<boolean> {
  const token = await deps.sharedToken.current();
  if (token === null) return false;
  const { marksOf } = await import('./sealed.ts');
  const given = Buffer.from(mark);
  return (await marksOf(token, deps)).some((known) => {
    const expected = Buffer.from(known);
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}
