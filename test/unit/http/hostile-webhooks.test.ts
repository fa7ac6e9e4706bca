import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WebhookConfig } from '../../../lib/release/webhook.ts';
import {
  artifactHeaders,
  createWebhookApp,
  githubHeaders,
  sign,
  webhookSecret,
} from '../../support/webhooks.ts';
import {
  dockerhubPush,
  githubPackage,
  githubRelease,
  githubRun,
  gitlabTag,
  harborCloudEvent,
  harborPush,
} from './webhooks/payloads.ts';

/** As many as the issue that asked for it. */
const runs = 10_000;

/** A request that would be believed and released if it came as it is. */
interface Sent {
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

const repository = 'acme/storefront';
const artifact = { uri: 's3://builds/{tag}.zip', version: '{tag}' };
const entries: WebhookConfig[] = [
  { kind: 'artifact', secret: 'ci' },
  ...['release', 'registry_package'].map((event) => ({
    kind: 'github',
    secret: 'github',
    repository,
    event,
    artifact,
  })),
  {
    kind: 'github',
    secret: 'github',
    repository,
    event: 'workflow_run',
    artifact: { uri: '{sha}', version: '{sha}' },
  },
  {
    kind: 'gitlab',
    secret: 'gitlab',
    repository: 'acme/web/storefront',
    event: 'tag_push',
    artifact,
  },
  { kind: 'dockerhub', secret: 'hub', repository, artifact },
  { kind: 'harbor', secret: 'harbor', repository, artifact },
];

const bytes = (text: string) => new TextEncoder().encode(text);
const told = JSON.stringify({
  service: 'storefront',
  artifact: { uri: 's3://builds/v2.zip', version: 'v2' },
});

function fromGithub(event: string, payload: object): Sent {
  const body = JSON.stringify(payload);
  return { path: '/webhooks/github', headers: githubHeaders(event, body), body: bytes(body) };
}

const plain = (path: string, headers: Record<string, string>, payload: object): Sent => ({
  path,
  headers,
  body: bytes(JSON.stringify(payload)),
});

const valid: Sent[] = [
  { path: '/webhooks/artifact', headers: artifactHeaders(told), body: bytes(told) },
  fromGithub('release', githubRelease()),
  fromGithub('registry_package', githubPackage()),
  fromGithub('workflow_run', githubRun()),
  plain('/webhooks/gitlab', { 'x-gitlab-token': webhookSecret }, gitlabTag()),
  plain(`/webhooks/dockerhub?key=${webhookSecret}`, {}, dockerhubPush()),
  plain('/webhooks/harbor', { authorization: webhookSecret }, harborPush()),
  plain('/webhooks/harbor/storefront', { authorization: webhookSecret }, harborCloudEvent()),
];

/** Those whose signature is over the body: a change of either is a forgery. */
const signed = valid.filter(({ headers }) =>
  Object.keys(headers).some((it) => /signature/.test(it)),
);

/** What proves the sender, by the kind in the path. */
const proofs: Record<string, string> = {
  artifact: 'x-verdigris-signature',
  github: 'x-hub-signature-256',
  gitlab: 'x-gitlab-token',
  harbor: 'authorization',
};

const proofOf = ({ path }: Sent) => proofs[path.split('/')[2]?.split('?')[0] ?? ''];

const withProof = (sent: Sent, change: (proof: string) => string): Sent => {
  const name = proofOf(sent);
  if (name)
    return { ...sent, headers: { ...sent.headers, [name]: change(sent.headers[name] ?? '') } };
  return {
    ...sent,
    path: sent.path.replace(webhookSecret, encodeURIComponent(change(webhookSecret))),
  };
};

/** Values that may stand in a header, with what a proof is most easily mistaken for. */
const forgedProof = fc.oneof(
  fc.constantFrom('', 'null', 'undefined', 'true', '[object Object]', 'sha256=', 'v1=', 'Bearer '),
  fc.string({ maxLength: 100 }).map((text) => text.replace(/[^\x21-\x7e]/g, '~')),
  fc.string({ minLength: 64, maxLength: 64, unit: fc.constantFrom(...'0123456789abcdef') }),
  fc
    .constantFrom('sha256=', 'sha1=', 'v1=', 'v0=')
    .chain((scheme) =>
      fc
        .string({ minLength: 64, maxLength: 64, unit: fc.constantFrom(...'0123456789abcdef') })
        .map((hex) => scheme + hex),
    ),
  fc.constantFrom(
    ...['', webhookSecret.slice(1), 'x'.repeat(16)].map((it) => `sha256=${sign(it, told)}`),
  ),
);

/** A proof that is nearly right. */
const damage: fc.Arbitrary<(proof: string) => string> = fc.oneof(
  fc.nat(200).map((at) => (proof: string) => proof.slice(0, at % proof.length)),
  fc.nat(200).map((at) => (proof: string) => {
    const place = at % proof.length;
    const other = proof[place] === '0' ? '1' : '0';
    return proof.slice(0, place) + other + proof.slice(place + 1);
  }),
  fc.constantFrom(
    (proof: string) => `${proof},${proof}`,
    (proof: string) => proof + proof.slice(-1),
    (proof: string) => `${proof}=`,
    (proof: string) => Buffer.from(proof).toString('base64'),
    (proof: string) => [...proof].reverse().join(''),
    (proof: string) => proof.replace(/[a-f](?=[0-9a-f]*$)/, (it) => it.toUpperCase()),
  ),
);

/** Bodies that try a parser: deep, large, cut, in another encoding, with keys that reach prototypes. */
const trying: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 500 }) },
  { weight: 4, arbitrary: fc.json().map(bytes) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('[', '{"a":', '[{"":'), fc.integer({ min: 33, max: 40_000 }))
      .map(([open, depth]) => bytes(open.repeat(depth))),
  },
  {
    weight: 2,
    arbitrary: fc
      .integer({ min: 33, max: 20_000 })
      .map((depth) => bytes('['.repeat(depth) + ']'.repeat(depth))),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('__proto__', 'constructor', 'prototype', 'toString')
      .map((key) => bytes(`{"${key}":{"service":"storefront","isAdmin":true},"type":"${key}"}`)),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...valid).map(({ body }) => {
      const text = new TextDecoder().decode(body);
      return bytes(
        // Of a key that is there twice, the last one counts.
        text.replace(/}$/, ',"action":"deleted","type":0,"object_kind":1,"push_data":2}'),
      );
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...valid).map(({ body }) => Buffer.concat([body, body])),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...valid)
      .map(({ body }) => Buffer.from(new TextDecoder().decode(body), 'utf16le')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0xff, 0xc0, 0x80).map((it) => new Uint8Array(99).fill(it)),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(262_145, 300_000, 400_000)
      .map((length) => bytes(`{"type":"${'x'.repeat(length)}"}`)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1e5, 6e4).map((length) => bytes(`[${'0,'.repeat(length)}1e999]`)),
  },
);

/** Strangers: whatever they send, they are let in nowhere. */
const stranger: fc.Arbitrary<Sent> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...valid), forgedProof)
    .map(([sent, proof]) => withProof(sent, () => proof)),
  fc.tuple(fc.constantFrom(...valid), damage).map(([sent, change]) => withProof(sent, change)),
  fc.tuple(fc.constantFrom(...signed), trying).map(([sent, body]) => ({ ...sent, body })),
  fc.tuple(fc.constantFrom(...signed), fc.nat()).map(([sent, at]) => {
    const body = Uint8Array.from(sent.body);
    body[at % body.length] = (body[at % body.length] ?? 0) ^ 1;
    return { ...sent, body };
  }),
  fc
    .tuple(fc.constantFrom(...signed), fc.integer({ min: 1, max: 200 }))
    .map(([sent, cut]) => ({ ...sent, body: sent.body.slice(0, -cut) })),
  fc.tuple(fc.constantFrom(...valid), fc.constantFrom(...valid)).map(([sent, other]) => ({
    ...sent,
    path: other.path.split('?')[0] ?? '',
    headers: Object.fromEntries(
      Object.entries(sent.headers).filter(([name]) => name !== proofOf(sent)),
    ),
  })),
  fc
    .tuple(fc.constantFrom(...valid), fc.webPath({ size: 'small' }))
    .map(([sent, path]) => ({ ...sent, path: `/webhooks${path}` })),
);

/** Somebody who has the secret and sends nonsense with it. */
const insider: fc.Arbitrary<Sent> = fc
  .tuple(fc.constantFrom(...valid), trying)
  .map(([sent, body]) => {
    const {
      'x-verdigris-timestamp': at,
      'x-verdigris-delivery': id,
      'x-github-event': event,
    } = sent.headers;
    if (event) {
      const proof = `sha256=${sign(webhookSecret, body)}`;
      return { ...sent, headers: { ...sent.headers, 'x-hub-signature-256': proof }, body };
    }
    if (!at) return { ...sent, body };
    const proof = `v1=${sign(webhookSecret, Buffer.concat([bytes(`${at}.${id}.`), body]))}`;
    return { ...sent, headers: { ...sent.headers, 'x-verdigris-signature': proof }, body };
  });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapMegabytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

function prepare() {
  const intake = createWebhookApp({ storefront: entries });
  const counts: Record<string, number> = {};
  return {
    ...intake,
    counts,
    async send(sent: Sent, who: string) {
      const { path, body, headers } = sent;
      const { status } = await intake.post(path, body, headers);
      const count = `${who} ${status}`;
      counts[count] = (counts[count] ?? 0) + 1;
      // Not what is to be measured.
      intake.lines.length = 0;
      return status;
    },
  };
}

describe('hostile webhooks', () => {
  it('are made of ones that would be released as they are', async () => {
    const { send, started } = prepare();
    for (const sent of valid) expect(await send(sent, 'valid')).toBe(202);

    expect(started()).toHaveLength(valid.length);
  });

  it(`start nothing, crash nothing and leave nothing in memory, ${runs} of them`, async () => {
    const { send, operations, started, counts } = prepare();
    const heap: number[] = [];
    let sentCount = 0;
    const hostile = fc.oneof(
      { weight: 3, arbitrary: fc.record({ who: fc.constant('stranger'), sent: stranger }) },
      { weight: 1, arbitrary: fc.record({ who: fc.constant('insider'), sent: insider }) },
    );

    await fc.assert(
      fc.asyncProperty(hostile, async ({ who, sent }) => {
        const status = await send(sent, who);
        expect(who === 'stranger' ? [401, 404, 413] : [202, 400, 413]).toContain(status);
        expect(started()).toEqual([]);
        operations.calls.length = 0;
        sentCount += 1;
        if (sentCount % (runs / 5) === 0) heap.push(heapMegabytes());
      }),
      { numRuns: runs },
    );

    const grown = (heap.at(-1) ?? 0) - (heap[0] ?? 0);
    const told = Object.entries(counts)
      .sort()
      .map(([what, count]) => `${what}: ${count}`);
    process.stdout.write(
      `hostile webhooks: ${sentCount} sent, ${started().length} started, heap ${grown.toFixed(1)} MB more (${told.join(', ')})\n`,
    );
    expect(sentCount).toBeGreaterThanOrEqual(runs);
    expect(grown).toBeLessThan(20);
  }, 180_000);
});
