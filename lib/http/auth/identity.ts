import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../release/clock.ts';
import type { Logger } from '../../release/logger.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Access } from '../access-rules.ts';
import type { Authenticate, AuthRequest, Principal } from '../authenticate.ts';
import { createApiTokens } from './api-token.ts';
import { awsPrincipal } from './aws-caller.ts';
import { credentialOf } from './credentials.ts';
import { lazyOidcProvider, oidcPrincipal } from './oidc.ts';
import type { OidcProvider } from './oidc-provider.ts';
import { withRateLimits } from './rate-limits.ts';
import { createSessions, type Sessions } from './sessions.ts';
import type { SharedToken } from './shared-token.ts';

/** What identity needs. */
export interface IdentityDeps {
  sharedToken: SharedToken;
  access: Access;
  ledger: Pick<Ledger, 'getToken'>;
  secrets: Secrets;
  clock: Clock;
  log: Logger;
  /** Where browsers know the conductor, `https://releases.example.org`; null for its own address. */
  publicUrl: string | null;
  /** Whether browsers come by https only. */
  isSecure: boolean;
  /** Of one caller; 100 if absent. */
  requestsPerSecond?: number;
  /** To the OIDC issuer; that of the platform if absent. */
  fetch?: typeof fetch;
}

/** Who asks, and how browsers sign in. */
export interface Identity {
  authenticate: Authenticate;
  signIn: SignIn;
}

/** What the doors of sign-in work with. */
export interface SignIn {
  sessions: Sessions;
  /** Null where browsers have no issuer to go to. */
  provider: (() => Promise<OidcProvider>) | null;
  access: Access;
  cookieName: string;
  isSecure: boolean;
  publicUrl: string | null;
  secrets: Secrets;
  clock: Clock;
  log: Logger;
}

/** Every way to say who one is; a request is judged by one of them. */
export function createIdentity(deps: IdentityDeps): Identity {
  const { access, clock, isSecure, requestsPerSecond = 100 } = deps;
  const apiTokens = createApiTokens(deps);
  const sessions = createSessions({ ...deps, apiTokens });
  const provider = access.oidc ? lazyOidcProvider({ ...deps, config: access.oidc }) : null;
  const cookieName = isSecure ? '__Host-verdigris' : 'verdigris';

  async function withJwt(token: string, request: AuthRequest): Promise<Principal | null> {
    if (!provider || !access.oidc) return deps.sharedToken.authenticate(request);
    const claims = await (await provider()).verify(token);
    return claims && oidcPrincipal(claims, access.oidc, access);
  }

  async function identify(request: AuthRequest): Promise<Principal | null> {
    const credential = credentialOf(request, cookieName);
    switch (credential.kind) {
      case 'aws':
        return request.awsCaller && awsPrincipal(request.awsCaller, access);
      case 'api-token':
        return (await apiTokens.find(credential.text))?.principal ?? null;
      case 'jwt':
        return withJwt(credential.text, request);
      case 'shared-token':
        return deps.sharedToken.authenticate(request);
      case 'cookie':
        return sessions.authenticate(request, credential.text);
      default:
        return null;
    }
  }

  return {
    authenticate: withRateLimits(identify, { clock, requestsPerSecond, cookieName }),
    signIn: {
      ...deps,
      sessions,
      cookieName,
      provider: access.oidc?.clientId ? provider : null,
    },
  };
}
