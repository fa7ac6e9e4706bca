import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** An OpenID Connect issuer of which a verifier sees what it publishes; nobody can sign in at it. */
export interface TestIssuer {
  url: string;
  /** Answers for its well-known addresses, and fails for any other. */
  fetch: typeof fetch;
  /** What was asked for, path by path. */
  asked: string[];
  /** The public half of its newest key. */
  publicKey(): JWK;
  /** A token that is right in every way, but for what differs. Times are seconds since the epoch. */
  sign(claims?: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** Signs with a new key from now on, and publishes it. */
  rotate(): Promise<void>;
  setDown(isDown: boolean): void;
}

/** The audience of tokens that are right. */
export const testAudience = 'https://releases.example.org';

/** An issuer with one RS256 key. `nowMs` is when its tokens are made. */
export async function createTestIssuer(
  nowMs: number,
  url = 'https://id.example.org',
): Promise<TestIssuer> {
  const asked: string[] = [];
  const published: JWK[] = [];
  let isDown = false;
  let key: { kid: string; privateKey: CryptoKey };

  async function rotate(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = `key-${published.length + 1}`;
    published.push({ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' });
    key = { kid, privateKey };
  }
  await rotate();

  const documents: Record<string, () => object> = {
    '/.well-known/openid-configuration': () => ({
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      jwks_uri: `${url}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    }),
    '/keys': () => ({ keys: published }),
  };

  return {
    url,
    asked,
    rotate,
    setDown: (value) => {
      isDown = value;
    },
    publicKey: () => published.at(-1) as JWK,
    async fetch(input) {
      const address = new URL(input instanceof Request ? input.url : input);
      asked.push(address.pathname);
      const document = address.origin === new URL(url).origin && documents[address.pathname];
      if (isDown || !document) throw new TypeError('fetch failed');
      return Response.json(document());
    },
    sign(claims = {}, header = {}) {
      const seconds = Math.floor(nowMs / 1000);
      return new SignJWT({
        iss: url,
        aud: testAudience,
        sub: 'user-1',
        email: 'ada@example.org',
        groups: ['everybody', 'release-team'],
        iat: seconds,
        exp: seconds + 3600,
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header })
        .sign(key.privateKey);
    },
  };
}
