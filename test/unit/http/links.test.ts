import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { signingSecretName } from '../../../lib/secrets/secrets.ts';
import { createLinkStage, signingSecrets } from '../../support/links.ts';

const [newest = '', older = ''] = signingSecrets;
type Claims = Record<string, string>;
const keyOf = (secret: string) =>
  createHmac('sha256', secret).update('verdigris approval-link').digest();

describe('a link that a message brought', () => {
  it('shows what it is for and decides nothing, however often it is fetched and by what method', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken();
    for (const method of ['GET', 'HEAD', 'GET', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'])
      await stage.open(token, method);
    const answer = await stage.open(token);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    for (const shown of ['storefront', 'v2', 'ann', 'approve', 'bob', 'UTC', 'smoke: pass'])
      expect(text).toContain(shown);
    expect(text.match(/<button/g)).toHaveLength(1);
    expect(await stage.decisions()).toEqual([]);
  });

  it('is a page without scripts that no cache keeps and no frame holds', async () => {
    const stage = await createLinkStage();
    const answer = await stage.open(await stage.makeToken());
    const text = await answer.text();
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).toContain(`'sha256-${hash}'`);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(/<script|\son\w+=|javascript:|https?:/i);
  });

  it('decides with its button, in the name that it was made for, with the reason', async () => {
    const stage = await createLinkStage();
    const answer = await stage.press(await stage.makeToken(), { reason: ' looks good ' });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('1 of 2 approvals are in');
    expect(await stage.decisions()).toMatchObject([
      { by: 'bob', decision: 'approve', reason: 'looks good' },
    ]);
  });

  it('rejects where it was made for that, and the release ends', async () => {
    const stage = await createLinkStage();
    await stage.press(await stage.makeToken({ decision: 'reject' }), { reason: 'not <today>' });
    expect(await stage.conductor.outcomeOf(stage.releaseId)).toBe('discarded');
  });

  it('counts once: what is sent again after a lost answer is told what was decided', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken();
    await stage.press(token);
    for (const again of [await stage.press(token), await stage.open(token)]) {
      expect(again.status).toBe(200);
      const text = await again.text();
      expect(text).toContain('You have decided already');
      expect(text).not.toContain('<form');
    }
    expect(await stage.decisions()).toHaveLength(1);
  });

  it('counts once when it is sent twice at once', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken();
    const answers = await Promise.all([stage.press(token), stage.press(token)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await stage.decisions()).toHaveLength(1);
  });

  it('is still good after the ledger was away, and then decides', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken();
    const { ledger } = stage.conductor;
    const recordDecision = ledger.recordDecision;
    ledger.recordDecision = async () => {
      throw Object.assign(new Error('away'), { name: 'LedgerUnavailableError' });
    };
    expect((await stage.press(token)).status).toBeGreaterThanOrEqual(500);
    ledger.recordDecision = recordDecision;
    expect((await stage.press(token)).status).toBe(200);
    expect(await stage.decisions()).toHaveLength(1);
  });

  it('keeps its decision when it could not be remembered as used, and can be sent again', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken();
    const { ledger } = stage.conductor;
    const claimReceipt = ledger.claimReceipt;
    ledger.claimReceipt = async () => {
      throw new Error('away');
    };
    expect((await stage.press(token)).status).toBe(200);
    ledger.claimReceipt = claimReceipt;
    expect((await stage.press(token)).status).toBe(200);
    expect(await stage.decisions()).toHaveLength(1);
  });

  it('counts for the console too: who has approved there cannot reject here', async () => {
    const stage = await createLinkStage();
    await stage.conductor.operations.approve(stage.releaseId, 'Bob', null);
    const token = await stage.makeToken({ decision: 'reject' });
    const shown = await (await stage.open(token)).text();
    expect(shown).toContain('You have decided already: yes.');
    expect(shown).not.toContain('<form');
    expect((await stage.press(token)).status).toBe(409);
    expect(await stage.decisions()).toHaveLength(1);
  });

  it('takes one of two words of one person at once', async () => {
    const stage = await createLinkStage();
    const yes = await stage.makeToken();
    const no = await stage.makeToken({ decision: 'reject' });
    const answers = await Promise.all([stage.press(yes), stage.press(no)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await stage.decisions()).toHaveLength(1);
  });

  it('does not let who asked approve, where duties are separate, and lets them withdraw', async () => {
    const stage = await createLinkStage({ separateDuties: true });
    const own = await stage.makeToken({ approver: 'ANN' });
    expect(await (await stage.open(own)).text()).toContain('somebody else has to approve it');
    expect((await stage.press(own)).status).toBe(403);
    expect(await stage.decisions()).toEqual([]);
    const withdrawal = await stage.makeToken({ approver: 'ann', decision: 'reject' });
    expect(await (await stage.open(withdrawal)).text()).toContain('<form');
    expect((await stage.press(withdrawal)).status).toBe(200);
  });

  it('is not made where the conductor does not know its address, or nobody is asked', async () => {
    const stage = await createLinkStage();
    const link = {
      decision: 'approve',
      approver: 'bob',
      expiresAt: '2030-01-01T00:00:00Z',
    } as const;
    expect(await stage.links.create({ ...link, releaseId: 'nobody' })).toBeNull();
    expect(await stage.links.create({ ...link, releaseId: stage.releaseId })).toMatch(
      /^https:\/\/conductor\.example\.com\/verdigris\/approve\?link=[\w.-]+$/,
    );
  });
});

describe('a link that does not count', () => {
  const words = async (answer: Response) => (await answer.text()).replaceAll(/<[^>]+>/g, ' ');

  it('has expired: also where somebody asked for one that outlives the approval', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken({ expiresAt: '2099-01-01T00:00:00.000Z' });
    const soon = await stage.makeToken({
      expiresAt: new Date(stage.conductor.clock.now() + 60_000).toISOString(),
    });
    await stage.conductor.clock.advance(61_000);
    const answer = await stage.press(soon);
    expect(answer.status).toBe(403);
    expect(await words(answer)).toContain('This link was good until');
    await stage.conductor.clock.advance(7_200_000);
    expect((await stage.press(token)).status).toBe(403);
    expect(await stage.decisions()).toEqual([]);
    expect(await stage.conductor.outcomeOf(stage.releaseId)).toBe('expired');
  });

  it('was made for another request for approval of a release of that name', async () => {
    const stage = await createLinkStage();
    const token = await sign({ release: stage.releaseId, round: '2020-01-01T00:00:00.000Z' });
    expect((await stage.press(token)).status).toBe(403);
    expect(await stage.decisions()).toEqual([]);
  });

  it('was made for a release that is not there', async () => {
    const stage = await createLinkStage();
    expect((await stage.press(await sign({ release: 'nobody' }))).status).toBe(403);
  });

  it('was made for a release that has been decided meanwhile', async () => {
    const stage = await createLinkStage({ count: 1 });
    const token = await stage.makeToken();
    await stage.conductor.operations.approve(stage.releaseId, 'cem', null);
    expect(await words(await stage.open(token))).toContain('It is approved already.');
    expect((await stage.press(token)).status).toBe(409);
    expect((await stage.decisions()).map(({ by }) => by)).toEqual(['cem']);
  });

  it('comes twice, in the query, or in another kind of body', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken();
    const post = (path: string, body: string, type = 'application/x-www-form-urlencoded') =>
      stage.app.request(path, { method: 'POST', body, headers: { 'content-type': type } });
    const answers = await Promise.all([
      post('/approve', `link=${token}&link=${token}`),
      post(`/approve?link=${token}`, ''),
      post('/approve', JSON.stringify({ link: token }), 'application/json'),
      post('/approve', `link=${token}`, 'text/plain'),
      post('/approve', `link=${token}&reason=${'x'.repeat(501)}`),
      post('/approve', `link=${token}&pad=${'x'.repeat(9000)}`),
      stage.app.request(`/approve?link=${token}&link=${token}`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 400, 400, 400, 413, 403]);
    expect(await stage.decisions()).toEqual([]);
  });

  it.each([
    ['by another key', (real: Claims) => sign(real, 'another-secret-0123456789abcdef')],
    ['by the secret itself', (real: Claims) => sign(real, newest, { isDerived: false })],
    ['for another purpose', (real: Claims) => sign(real, newest, { audience: 'session' })],
    ['by somebody else', (real: Claims) => sign(real, newest, { issuer: 'mallory' })],
    ['as another type', (real: Claims) => sign(real, newest, { typ: 'JWT' })],
    ['without an expiry', (real: Claims) => sign(real, newest, { isEndless: true })],
    [
      'for another decision than there is',
      (real: Claims) => sign({ ...real, decision: 'release' }),
    ],
    ['for nobody', (real: Claims) => sign({ ...real, sub: '' })],
  ])('was signed %s', async (_, forge) => {
    const stage = await createLinkStage();
    const real = await stage.claims();
    expect((await stage.press(await forge(real))).status).toBe(403);
    expect(await stage.decisions()).toEqual([]);
    // Nothing else was wrong with it.
    expect((await stage.press(await sign(real))).status).toBe(200);
  });

  it.each(['none', 'HS512', 'RS256', 'HS256 '])('says that it is signed by %s', async (alg) => {
    const stage = await createLinkStage();
    const [, payload = '', signature = ''] = (await stage.makeToken()).split('.');
    const header = base64url({ alg, typ: 'verdigris-approval-link+jwt' });
    for (const end of ['', signature])
      expect((await stage.press(`${header}.${payload}.${end}`)).status).toBe(403);
    expect(await stage.decisions()).toEqual([]);
  });

  it('was signed with a secret that has ended; one that is being rotated out still counts', async () => {
    const stage = await createLinkStage();
    stage.secrets.set(signingSecretName, older);
    const token = await stage.makeToken();
    stage.secrets.set(signingSecretName, newest);
    expect((await stage.press(token)).status).toBe(403);
    stage.secrets.set(signingSecretName, newest, older);
    expect((await stage.press(token)).status).toBe(200);
  });

  it('cannot be looked at while secrets cannot be read, which is worth another try', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken();
    stage.secrets.setDown(true);
    const answer = await stage.press(token);
    expect(answer.status).toBe(503);
    expect(await words(answer)).toContain('Nothing was decided');
  });

  it('leaves a line that says whose it was, as far as that can be believed, and not what it is', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken({
      expiresAt: new Date(stage.conductor.clock.now() + 1000).toISOString(),
    });
    await stage.conductor.clock.advance(2000);
    await stage.press(token);
    await stage.press('eyJhbGciOiJub25lIn0.e30.AAAA');
    const refused = stage.lines.filter(({ message }) => message === 'approval link refused');
    expect(refused).toMatchObject([
      { level: 'warn', facts: { releaseId: stage.releaseId, approver: 'bob' } },
      { level: 'warn', facts: { error: 'LinkInvalidError' } },
    ]);
    expect(JSON.stringify(refused)).not.toContain(token.slice(-20));
  });

  it('shows nothing of what it says as markup', async () => {
    const stage = await createLinkStage();
    const token = await stage.makeToken({ approver: '<img src=x onerror=alert(1)>"\'' });
    const text = await (await stage.open(token)).text();
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;img');
  });

  it('is one of 2,000 that were changed, cut, put together or written another way: none decides', async () => {
    const stage = await createLinkStage();
    const tokens = [
      await stage.makeToken(),
      await stage.makeToken({ decision: 'reject' }),
      await stage.makeToken({ approver: 'cem' }),
    ];
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(mutated(tokens), async (token) => {
        tried += 1;
        const answers = [await stage.press(token), await stage.open(token)];
        for (const { status } of answers) expect(status).toBe(403);
      }),
      { numRuns: 2000 },
    );
    expect(await stage.decisions()).toEqual([]);
    console.log(`links: ${tried} mutated ones, sent and opened; none decided`);
    for (const token of tokens) expect((await stage.open(token)).status).toBe(200);
  });
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as an attacker with some knowledge would make it. */
async function sign(
  claims: Record<string, string>,
  secret = newest,
  how: {
    audience?: string;
    issuer?: string;
    typ?: string;
    isDerived?: boolean;
    isEndless?: boolean;
  } = {},
): Promise<string> {
  const content = {
    release: 'r',
    decision: 'approve',
    round: 'x',
    jti: 'j',
    sub: 'bob',
    ...claims,
  };
  const token = new SignJWT(content)
    .setProtectedHeader({ alg: 'HS256', typ: how.typ ?? 'verdigris-approval-link+jwt' })
    .setIssuer(how.issuer ?? 'verdigris')
    .setAudience(how.audience ?? 'approval-link')
    .setIssuedAt(0);
  if (!how.isEndless) token.setExpirationTime('9999y');
  return token.sign((how.isDerived ?? true) ? keyOf(secret) : Buffer.from(secret));
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Texts that are none of these tokens, and close to them. */
function mutated(tokens: readonly string[]): fc.Arbitrary<string> {
  const token = fc.constantFrom(...tokens);
  const place = fc.nat({ max: 2000 });
  const swapped = fc
    .tuple(token, place, fc.constantFrom(...alphabet, '.', '=', '%', ' ', '\0', 'é'))
    .map(([text, at, by]) => replaceAt(text, at % text.length, by));
  const cut = fc.tuple(token, place).map(([text, at]) => text.slice(0, at % text.length));
  const longer = fc
    .tuple(token, fc.string({ minLength: 1, maxLength: 8 }), fc.boolean())
    .map(([text, more, isBefore]) => (isBefore ? more + text : text + more));
  const mixed = fc
    .tuple(token, token, token)
    .map((chosen) => chosen.map((text, i) => text.split('.')[i]).join('.'));
  /** The unused bits at the end of a signature, set: other text, the same bytes. */
  const respelt = fc.tuple(token, fc.integer({ min: 1, max: 3 })).map(([text, bits]) => {
    const last = alphabet.indexOf(text.at(-1) ?? '');
    return text.slice(0, -1) + alphabet[(last & ~3) | ((last + bits) & 3)];
  });
  const standard = fc.tuple(token, fc.constantFrom('=', '==', '\n', '%3D')).map(([text, end]) => {
    return text.replaceAll('-', '+').replaceAll('_', '/') + end;
  });
  const rewritten = fc
    .tuple(
      token,
      fc.constantFrom('decision', 'sub', 'release', 'round', 'exp', 'jti', 'aud'),
      fc.jsonValue(),
    )
    .map(([text, claim, value]) => {
      const [header, payload = '', signature] = text.split('.');
      const content = JSON.parse(Buffer.from(payload, 'base64url').toString());
      return [header, base64url({ ...content, [claim]: value }), signature].join('.');
    });
  const any = fc.oneof(swapped, cut, longer, mixed, respelt, standard, rewritten, fc.string());
  return any.filter((text) => !tokens.includes(text));
}

function replaceAt(text: string, at: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + 1);
}
