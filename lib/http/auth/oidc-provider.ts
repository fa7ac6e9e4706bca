import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as client from 'openid-client';
import type { Clock } from '../../release/clock.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import type { Logger } from '../../release/logger.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Claims, OidcConfig } from '../access-rules.ts';

/**
 * Signatures that only the issuer can make. None that a verifier's key makes too (HS256), so that
 * nobody signs with what everybody may know, and not `none` (RFC 8725, section 3.1).
 */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** What an access or ID token may say it is; others, such as `logout+jwt`, are no keys to anything. */
const types: readonly unknown[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];

/** Clocks of issuer and conductor may differ by so much. */
const toleranceSeconds = 30;
const discoveryCachedMs = 3_600_000;
const discoveryPauseMs = 10_000;
/** Keys are read again after ten minutes, and for a key that is not among them, but not more often than this. */
const keys = { cacheMaxAge: 600_000, cooldownDuration: 5000, timeoutDuration: 5000 };

/** What the provider needs. */
export interface OidcProviderDeps {
  config: OidcConfig;
  clock: Clock;
  log: Logger;
  secrets: Secrets;
  /** That of the platform if absent. */
  fetch?: typeof fetch;
}

/** What a browser has to bring back from the provider. */
export interface SignInChecks {
  state: string;
  nonce: string;
  verifier: string;
}

/** An issuer of the OpenID Connect kind. */
export interface OidcProvider {
  /**
   * The claims of a token that the issuer has signed for our audience; null for any other.
   * @throws ThrottledError while the issuer's keys cannot be read.
   */
  verify(token: string): Promise<Claims | null>;
  /** Where to send a browser, and what to compare when it comes back. @throws ThrottledError */
  begin(redirectUri: string): Promise<{ url: URL; checks: SignInChecks }>;
  /**
   * Trades the code that a browser brings back for the claims of its ID token.
   * @throws UnauthorizedError with the provider's or our own reason.
   */
  finish(url: URL, checks: SignInChecks): Promise<Claims>;
}

interface Discovered {
  configuration: client.Configuration;
  keyFor: JWTVerifyGetKey;
}

/** Discovers an issuer when it is first needed, and its keys whenever they change. */
export function createOidcProvider(deps: OidcProviderDeps): OidcProvider {
  const discovered = cachedDiscovery(deps);
  const { config, clock, log } = deps;
  return {
    async verify(token) {
      const { configuration, keyFor } = await discovered();
      try {
        const { payload, protectedHeader } = await jwtVerify(token, keyFor, {
          issuer: configuration.serverMetadata().issuer,
          audience: config.audience,
          algorithms,
          clockTolerance: toleranceSeconds,
          currentDate: new Date(clock.now()),
          requiredClaims: ['sub', 'exp'],
        });
        return types.includes(protectedHeader.typ?.toLowerCase()) ? payload : null;
      } catch (error) {
        if (error instanceof VerdigrisError) throw error;
        return null;
      }
    },
    async begin(redirectUri) {
      const { configuration } = await discovered();
      const checks = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: config.scopes,
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: 'S256',
      });
      return { url, checks };
    },
    async finish(url, { state, nonce, verifier }) {
      const { configuration } = await discovered();
      try {
        const tokens = await client.authorizationCodeGrant(configuration, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        return tokens.claims() ?? {};
      } catch (cause) {
        log.warn('a sign-in failed', { reason: reasonOf(cause) });
        throw new VerdigrisError('UnauthorizedError', `the sign-in failed: ${reasonOf(cause)}`, {
          cause,
        });
      }
    },
  };
}

/** The provider's own words where it has some; they end up in a page of plain text. */
function reasonOf(error: unknown): string {
  const { error: name, error_description: words } = error as Record<string, unknown>;
  const told = [name, words].filter((it) => typeof it === 'string').join(': ');
  return (told || messageOf(error)).replace(/[^\x20-\x7e]/g, ' ').slice(0, 200);
}

/** Asks an issuer what it is, once an hour; one that does not answer is left alone for a while. */
function cachedDiscovery(deps: OidcProviderDeps): () => Promise<Discovered> {
  const { clock, log, config } = deps;
  let found: { answer: Promise<Discovered>; untilMs: number } | undefined;
  return () => {
    if (found && clock.now() < found.untilMs) return found.answer;
    const answer = discover(deps).catch((error) => {
      log.error('the OIDC issuer cannot be asked', {
        issuer: config.issuer,
        reason: messageOf(error),
      });
      if (found?.answer === answer) found.untilMs = clock.now() + discoveryPauseMs;
      throw unavailable(error);
    });
    found = { answer, untilMs: clock.now() + discoveryCachedMs };
    return answer;
  };
}

async function discover({ config, secrets, fetch }: OidcProviderDeps): Promise<Discovered> {
  const issuer = new URL(config.issuer);
  const [secret] = config.clientSecret ? await secrets.read(config.clientSecret) : [];
  const configuration = await client.discovery(
    issuer,
    config.clientId ?? 'verdigris',
    { [client.clockTolerance]: toleranceSeconds, ...(secret ? { client_secret: secret } : {}) },
    secret ? undefined : client.None(),
    {
      timeout: keys.timeoutDuration / 1000,
      ...(issuer.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {}),
      ...(fetch ? { [client.customFetch]: fetch as client.CustomFetch } : {}),
    },
  );
  const address = new URL(configuration.serverMetadata().jwks_uri ?? '');
  if (address.protocol !== issuer.protocol && address.protocol !== 'https:') {
    throw new Error(`its keys are at ${address.href}, which anybody in between could change`);
  }
  const remote = createRemoteJWKSet(address, {
    ...keys,
    ...(fetch ? { [customFetch]: fetch } : {}),
  });
  return { configuration, keyFor: orUnavailable(remote) };
}

/** Tells a token without a key from keys that cannot be read. */
function orUnavailable(remote: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      const isAboutToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      throw isAboutToken ? error : unavailable(error);
    }
  };
}

function unavailable(cause: unknown): VerdigrisError {
  return new VerdigrisError(
    'ThrottledError',
    'the keys of the OIDC issuer cannot be read now; try again',
    { cause },
  );
}
