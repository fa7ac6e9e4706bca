import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

/** The audience of the access tokens that this server gives out by default. */
export const apiAudience = 'https://releases.example.org';
/** The secret of its client `verdigris`. */
export const clientSecret = 'client-secret-0123456789';

/** A real OpenID Connect issuer on a port of this machine. */
export interface OidcServer {
  issuer: string;
  /** Serves with this address for its client to come back to; with new keys if called again. */
  serve(redirectUri: string): Promise<void>;
  /** An access token for a machine, by the client credentials grant. */
  accessToken(audience?: string): Promise<string>;
  /** A token signed with its newest key, with whatever in it. */
  sign(claims: JWTPayload): Promise<string>;
  close(): Promise<void>;
}

/** Listens; answers once {@link OidcServer.serve} was called. */
export async function startOidcServer(): Promise<OidcServer> {
  let handle: RequestListener = (_, response) => void response.writeHead(503).end();
  const server: Server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys: JWK[] = [];

  return {
    issuer,
    async serve(redirectUri) {
      const { privateKey } = await generateKeyPair('RS256', { extractable: true });
      const kid = `key-${keys.length + 1}`;
      keys.push({ ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' });
      const newest = keys.at(-1) as JWK;
      handle = new Provider(issuer, configuration(redirectUri, newest)).callback();
    },
    async accessToken(audience = apiAudience) {
      const grant = { grant_type: 'client_credentials', resource: audience };
      const authorization = `Basic ${btoa(`verdigris:${clientSecret}`)}`;
      const body = new URLSearchParams(grant);
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization },
        body,
      });
      return ((await answer.json()) as { access_token: string }).access_token;
    },
    async sign(claims) {
      const newest = keys.at(-1) as JWK;
      const header = { alg: 'RS256', typ: 'at+jwt', kid: newest.kid ?? '' };
      return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(newest, 'RS256'));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function configuration(redirectUri: string, key: JWK): Configuration {
  return {
    clients: [
      {
        client_id: 'verdigris',
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'client_credentials'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [key] as never },
    cookies: { keys: ['cookie-key'] },
    // Groups belong into the ID token: that is all that a client of ours reads.
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['groups'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@example.org`,
        email_verified: true,
        groups: id === 'stranger' ? [] : ['release-team'],
      }),
    }),
    pkce: { required: () => true },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, audience) => ({
          scope: 'api',
          audience,
          accessTokenTTL: 3600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: () => ({ groups: ['machines'] }),
  };
}
