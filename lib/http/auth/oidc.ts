import { type Access, type Claims, hasVerifiedEmail, type OidcConfig } from '../access-rules.ts';
import type { Principal } from '../authenticate.ts';
import { provenActor } from './actor.ts';
import type { OidcProvider, OidcProviderDeps } from './oidc-provider.ts';

/**
 * The provider, loaded when somebody comes with a token of its kind: what it is made of is larger than
 * the rest of the API.
 */
export function lazyOidcProvider(deps: OidcProviderDeps): () => Promise<OidcProvider> {
  let made: Promise<OidcProvider> | undefined;
  return () => {
    made ??= import('./oidc-provider.ts').then((it) => it.createOidcProvider(deps));
    return made;
  };
}

/** Whom an issuer's claims stand for. Nobody without a rule has any rights. */
export function oidcPrincipal(claims: Claims, config: OidcConfig, access: Access): Principal {
  return { actor: actorOf(claims, config), via: 'oidc', grants: access.grantsOf({ claims }) };
}

/**
 * What events call a person by: the claim of the configuration, or their address as far as it is
 * proven, else `sub`, which every issuer gives to one person only. A person's name is never one of the conductor's.
 */
export function actorOf(claims: Claims, { actorClaim = 'email' }: OidcConfig): string {
  const name = actorClaim === 'email' && !hasVerifiedEmail(claims) ? undefined : claims[actorClaim];
  return provenActor(typeof name === 'string' && name !== '' ? name : String(claims.sub));
}
