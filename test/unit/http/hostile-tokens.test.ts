import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seal } from '../../../lib/http/auth/sealed.ts';
import { testToken } from '../../support/api-server.ts';
import { cookieFrom, createIdentityApp, machineToken } from '../../support/identity-app.ts';
import { testAudience } from '../../support/issuer.ts';

type Headers = Record<string, string>;
type Attack = [what: string, header: object, claims?: object];

let app: Awaited<ReturnType<typeof createIdentityApp>>;
/** Each of these gets in as it is. */
let right: { jwt: string; machine: string; shared: string; cookie: string };
let tried = 0;
let letIn = 0;

beforeAll(async () => {
  app = await createIdentityApp();
  const { token, record } = machineToken(app.clock.now());
  await app.ledger.putToken(record);
  const signIn = await app.ask('/auth/session', {}, 'POST', { token: testToken });
  const jwt = await app.issuer.sign();
  right = { jwt, machine: token, shared: testToken, cookie: cookieFrom(signIn) };
});

afterAll(() => {
  console.info(`hostile tokens and cookies: ${tried} tried, ${letIn} let in`);
});

/** The answer to somebody at an address of their own: no limit spares the verification. */
async function statusOf(headers: Headers): Promise<number> {
  tried += 1;
  app.connection.remoteAddress = `attacker-${tried}`;
  const { status } = await app.ask('/api/session', headers);
  if (status < 400) letIn += 1;
  return status;
}

const bearer = (token: string) => statusOf({ authorization: `Bearer ${token}` });
const cookie = (value: string) => statusOf({ cookie: `verdigris=${value}` });

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function claimsOf(differs: object = {}): object {
  const seconds = app.clock.now() / 1000;
  const lifetime = { iat: seconds, exp: seconds + 3600 };
  const groups = ['release-team'];
  return {
    iss: app.issuer.url,
    aud: testAudience,
    sub: 'mallory',
    groups,
    ...lifetime,
    ...differs,
  };
}

const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A token that somebody else has signed with their own key, or left as it is. */
function forged(header: object, claims: object = {}, key: KeyObject | null = stranger.privateKey) {
  const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: 'key-1', ...header })}.${part(claimsOf(claims))}`;
  return `${signed}.${key ? sign('sha256', Buffer.from(signed), key).toString('base64url') : ''}`;
}

/** A token with a checksum of which the secret is no secret. */
function hashed(secret: string | Buffer, header: object = {}, claims = claimsOf()): string {
  const signed = `${part({ alg: 'HS256', typ: 'JWT', kid: 'key-1', ...header })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

describe('what is right gets in', () => {
  it('so that whatever else is refused is refused for what is wrong with it', async () => {
    const { jwt, machine, shared } = right;
    const statuses = [await bearer(jwt), await bearer(machine), await bearer(shared)];
    expect([...statuses, await statusOf({ cookie: right.cookie })]).toEqual([200, 200, 200, 200]);
    [tried, letIn] = [0, 0];
  });
});

describe('a forged token', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', '', ' none', 'none '])(
    'is refused with the algorithm %j, with and without a signature',
    async (alg) => {
      expect(await bearer(forged({ alg }, {}, null))).toBe(401);
      expect(await bearer(forged({ alg }))).toBe(401);
      expect(await bearer(`${forged({ alg }, {}, null)}${right.jwt.split('.')[2]}`)).toBe(401);
    },
  );

  it('is refused when its secret is the public key, in whatever form', async () => {
    const jwk: JWK = app.issuer.publicKey();
    const { createPublicKey } = await import('node:crypto');
    const key = createPublicKey({ key: jwk as never, format: 'jwk' });
    const forms = [
      key.export({ type: 'spki', format: 'pem' }),
      key.export({ type: 'spki', format: 'pem' }).toString().trim(),
      key.export({ type: 'pkcs1', format: 'pem' }),
      key.export({ type: 'spki', format: 'der' }),
      key.export({ type: 'pkcs1', format: 'der' }),
      JSON.stringify(jwk),
      jwk.n ?? '',
      Buffer.from(jwk.n ?? '', 'base64url'),
      '',
      'null',
      'undefined',
      testAudience,
      'key-1',
    ];
    for (const secret of forms) {
      for (const alg of ['HS256', 'RS256', 'hs256', 'HS384']) {
        expect(await bearer(hashed(secret, { alg }))).toBe(401);
      }
    }
  });

  const key = stranger.publicKey.export({ format: 'jwk' });
  const url = 'https://evil.example/keys';
  const attacks: Attack[] = [
    ['the key of somebody else', {}],
    ['a key in its own header', { jwk: key }],
    ['a key in its own header, by the right name', { jwk: { ...key, kid: 'key-1', alg: 'RS256' } }],
    ['the address of a key', { jku: url }],
    ['the address of a certificate', { x5u: url }],
    ['a certificate', { x5c: ['MIIB'], x5t: 'x' }],
    ['a path for a key', { kid: '../../../../../../dev/null' }],
    ['an address for a key', { kid: url }],
    ['a query for a key', { kid: "key-1' UNION SELECT 'x" }],
    ['a command for a key', { kid: 'key-1; cat /etc/passwd' }],
    ['a zero byte in the key', { kid: 'key-1\u0000' }],
    ['a key by the name of a prototype', { kid: '__proto__' }],
    ['a list for a key', { kid: ['key-1'] }],
    ['no key', { kid: undefined }],
    ['a very long key', { kid: 'k'.repeat(10_000) }],
    ['an extension that must be understood', { crit: ['evil'], evil: true }],
    ['a payload that is not encoded', { b64: false, crit: ['b64'] }],
    ['a compressed payload', { zip: 'DEF' }],
    ['another curve', { alg: 'ES256' }],
    ['no algorithm', { alg: undefined }],
    ['several algorithms', { alg: ['RS256', 'none'] }],
    ['an encryption', { alg: 'RSA-OAEP', enc: 'A256GCM' }],
    ['an encryption by a password', { alg: 'PBES2-HS256+A128KW', p2c: 1e9, p2s: 'x' }],
  ];
  it.each(attacks)('is refused with %s', async (_, header) => {
    expect(await bearer(forged(header))).toBe(401);
    expect(await bearer(hashed('', header))).toBe(401);
    expect(app.issuer.asked.filter((path) => path.includes('evil'))).toEqual([]);
  });

  it('is refused with a signature of zeros', async () => {
    const [, payload] = right.jwt.split('.');
    for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
      for (const bytes of [0, 1, 64, 256]) {
        const header = part({ alg, typ: 'JWT', kid: 'key-1' });
        const nothing = Buffer.alloc(bytes).toString('base64url');
        expect(await bearer(`${header}.${payload}.${nothing}`)).toBe(401);
      }
    }
  });
});

describe('a token that the issuer has signed for something else', () => {
  const seconds = Date.parse('2026-01-01T00:00:00.000Z') / 1000;
  it.each([
    ['expired', { exp: seconds - 60 }],
    ['expired long ago', { exp: 1 }],
    ['not valid yet', { nbf: seconds + 60 }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['of an issuer that begins like it', { iss: 'https://id.example.org.evil.example' }],
    ['of an issuer with a slash more', { iss: 'https://id.example.org/' }],
    ['for somebody else', { aud: 'https://elsewhere.example.org' }],
    ['for nobody', { aud: [] }],
    ['for one that begins like us', { aud: `${testAudience}.evil.example` }],
    ['for the client of a browser', { aud: 'verdigris' }],
  ])('is refused: %s', async (_, claims) => {
    expect(await bearer(await app.issuer.sign(claims))).toBe(401);
  });

  it.each(['exp', 'sub', 'iss', 'aud'])('is refused without %s', async (name) => {
    const without = { [name]: undefined } as never;
    expect(await bearer(await app.issuer.sign(without))).toBe(401);
  });

  it.each(['logout+jwt', 'secevent+jwt', 'dpop+jwt', 'verdigris-session+jwt', 'x'])(
    'is refused: a %s',
    async (typ) => {
      expect(await bearer(await app.issuer.sign({}, { typ }))).toBe(401);
    },
  );
});

describe('a right token that was changed on its way', () => {
  const all = () => [
    { text: right.jwt, send: bearer },
    { text: right.machine, send: bearer },
    { text: right.shared, send: bearer },
    { text: right.cookie.replace('verdigris=', ''), send: cookie },
  ];

  it('is refused when it is cut off anywhere', async () => {
    for (const { text, send } of all()) {
      for (let end = 0; end < text.length; end += 1)
        expect(await send(text.slice(0, end))).toBe(401);
      for (let from = 1; from < text.length; from += 7)
        expect(await send(text.slice(from))).toBe(401);
    }
  });

  it('is refused when any letter changes its case', async () => {
    for (const { text, send } of all()) {
      for (const [at, letter] of [...text].entries()) {
        const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
        if (other === letter) continue;
        expect(await send(`${text.slice(0, at)}${other}${text.slice(at + 1)}`)).toBe(401);
      }
      expect([await send(text.toUpperCase()), await send(text.toLowerCase() + text)]).toEqual([
        401, 401,
      ]);
    }
  });

  it('is refused in another encoding', async () => {
    for (const { text, send } of all()) {
      const parts = text.split('.');
      const encodings = [
        parts.map((it) => it.padEnd(Math.ceil(it.length / 4) * 4, '=')).join('.'),
        `${text}=`,
        `${text}==`,
        `${text}.`,
        `.${text}`,
        `${text}.${text}`,
        text.replaceAll('.', '..'),
        text.replaceAll('.', '%2E'),
        encodeURIComponent(`${text} `),
        Buffer.from(text).toString('base64'),
        Buffer.from(text).toString('base64url'),
        Buffer.from(text).toString('hex'),
        `"${text}"`,
        `Bearer,${text}`,
        `${text},${text}`,
      ];
      for (const it of encodings) {
        if (it !== text) expect([it.slice(0, 60), await send(it)]).toEqual([it.slice(0, 60), 401]);
      }
    }
  });

  it('is refused when the bits are set that its last letter does not need', async () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const { text, send } of all()) {
      for (const letter of letters) {
        const other = text.slice(0, -1) + letter;
        if (other !== text) expect(await send(other)).toBe(401);
      }
    }
  });

  it('is refused with the parts of another one', async () => {
    const [header, payload, signature] = right.jwt.split('.');
    const [otherHeader, otherPayload, otherSignature] = (await app.issuer.sign({ sub: 'b' })).split(
      '.',
    );
    const changed = [
      `${header}.${otherPayload}.${signature}`,
      `${header}.${payload}.${otherSignature}`,
      `${header}.${part(claimsOf())}.${signature}`,
      `${part({ alg: 'RS256', kid: 'key-1' })}.${payload}.${signature}`,
      `${otherHeader}.${signature}.${payload}`,
    ];
    for (const it of changed) expect(await bearer(it)).toBe(401);
  });

  it('is refused by another scheme or in another place', async () => {
    const { jwt, shared, machine } = right;
    for (const it of [jwt, shared, machine]) {
      const places: Headers[] = [
        { authorization: it },
        { authorization: `Basic ${it}` },
        { authorization: `Token ${it}` },
        { authorization: `Bearer Bearer ${it}` },
        { authorization: `Bearer ${it} x` },
        { authorization: `Bearer x ${it}` },
        { 'proxy-authorization': `Bearer ${it}` },
        { 'x-api-key': it },
        { cookie: `verdigris=${it}` },
        { cookie: `authorization=Bearer ${it}` },
      ];
      for (const headers of places) expect(await statusOf(headers)).toBe(401);
    }
    expect(await bearer(right.cookie.replace('verdigris=', ''))).toBe(401);
    expect(
      await statusOf({ cookie: right.cookie.replace('verdigris=', '__Host-verdigris=') }),
    ).toBe(401);
  });

  const mutation = fc.tuple(
    fc.constantFrom('replace', 'delete', 'insert', 'swap', 'repeat'),
    fc.nat(5000),
    fc.stringMatching(/^[\x21-\x3a\x3c-\x7e]{1,4}$/),
  );
  type Mutation = [string, number, string];

  function mutated(text: string, changes: Mutation[]): string {
    return changes.reduce((before, [kind, place, letters]) => {
      const at = before.length === 0 ? 0 : place % before.length;
      const [head, tail] = [before.slice(0, at), before.slice(at)];
      if (kind === 'insert') return head + letters + tail;
      if (kind === 'delete') return head + tail.slice(letters.length);
      if (kind === 'swap') return tail + head;
      if (kind === 'repeat') return head + tail + tail.slice(0, 40);
      return head + letters + tail.slice(letters.length);
    }, text);
  }

  it.each(['jwt', 'machine', 'shared', 'cookie'] as const)(
    'is refused in thousands of other forms: %s',
    async (kind) => {
      const text = right[kind].replace('verdigris=', '');
      const send = kind === 'cookie' ? cookie : bearer;
      const changes = fc.array(mutation, { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(changes, async (its) => {
          const other = mutated(text, its);
          if (other === text) return;
          expect(await send(other)).toBe(401);
        }),
        { numRuns: 3000 },
      );
    },
    60_000,
  );
});

describe('a forged cookie', () => {
  const content = () => {
    const seconds = app.clock.now() / 1000;
    const lifetime = { iat: seconds, exp: seconds + 3600 };
    const claims = { groups: ['release-team'] };
    return {
      iss: 'verdigris',
      aud: 'session',
      ...lifetime,
      with: 'oidc',
      actor: 'mallory',
      claims,
    };
  };
  const typ = 'verdigris-session+jwt';

  it('is refused whatever it was signed with', async () => {
    const secrets = ['', 'verdigris', 'verdigris session', 'signing-secret-of-today', testToken];
    for (const secret of secrets)
      expect(await cookie(hashed(secret, { typ }, content()))).toBe(401);
    for (const alg of ['none', 'RS256', 'HS512']) {
      const text = `${part({ alg, typ })}.${part(content())}`;
      expect([await cookie(`${text}.`), await cookie(`${text}.AAAA`)]).toEqual([401, 401]);
    }
    expect(await cookie(forged({ typ }, content()))).toBe(401);
    expect(await cookie(await app.issuer.sign({ ...content() }, { typ }))).toBe(401);
  });

  it('is refused when we have sealed it for something else, or with something else in it', async () => {
    const until = app.clock.now() + 60_000;
    const session = { with: 'oidc', actor: 'mallory', claims: { groups: ['release-team'] } };
    expect(await cookie(await seal('session', session, until, app))).toBe(200);
    letIn -= 1;
    expect(await cookie(await seal('sign-in', session, until, app))).toBe(401);
    expect(await cookie(await seal('session', session, app.clock.now() - 1000, app))).toBe(401);
    const wrong = [
      { ...session, with: 'aws' },
      { ...session, with: undefined },
      { ...session, claims: 'release-team' },
      { with: 'api-token', id: 'unknown-token' },
      { with: 'shared-token', actor: 'mallory', mark: '' },
      { with: 'shared-token', actor: 'mallory', mark: testToken },
    ];
    for (const it of wrong) expect(await cookie(await seal('session', it, until, app))).toBe(401);
  });
});

describe('a token that is no token', () => {
  it.each([
    'vgt_',
    'vgt__',
    'vgt_token0123456789',
    'vgt_token0123456789_',
    `vgt___proto___${'x'.repeat(40)}`,
    `vgt_constructor_${'x'.repeat(40)}`,
    `vgt_../../token_${'x'.repeat(40)}`,
    `vgt_token0123456789%00_${'x'.repeat(40)}`,
    `vgt_token0123456789'--_${'x'.repeat(40)}`,
    `vgt_${'t'.repeat(5000)}_${'x'.repeat(40)}`,
    `vgt_token0123456789_${'x'.repeat(5000)}`,
    `VGT_token0123456789_${'x'.repeat(40)}`,
  ])('is refused: %s', async (token) => {
    expect(await bearer(token)).toBe(401);
  });

  it('is refused with what the ledger keeps of one', async () => {
    const record = await app.ledger.getToken('token0123456789');
    const { hash = '' } = record ?? {};
    for (const it of [hash, `vgt_token0123456789_${hash}`]) expect(await bearer(it)).toBe(401);
  });

  it('is refused however large it is', async () => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const giants = [
      'x'.repeat(1_000_000),
      '.'.repeat(100_000),
      `eyJ${'a'.repeat(1_000_000)}.${'b'.repeat(1_000_000)}.c`,
      `${part(deep)}.${part(deep)}.AAAA`,
      `${part({ alg: 'RS256', kid: 'key-1' })}.${part({ x: 'y'.repeat(500_000) })}.AAAA`,
      `vgt_${'a_'.repeat(200_000)}`,
    ];
    for (const it of giants) expect([await bearer(it), await cookie(it)]).toEqual([401, 401]);
  });

  it('never reached the operations, nor left a trace of itself in the log', () => {
    expect(app.operations.calls).toEqual([]);
    expect(letIn).toBe(0);
    const log = JSON.stringify(app.lines);
    for (const secret of [right.jwt, right.machine, right.shared])
      expect(log).not.toContain(secret);
  });
});
