import { describe, expect, it } from 'vitest';
import { createPrebuiltEnvironment } from '../../lib/environments/prebuilt.ts';
import { manifestKinds } from '../../lib/platform/kinds.ts';
import { isoTime } from '../../lib/release/clock.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { parseManifest } from '../../lib/release/manifest.ts';
import {
  blueRef,
  createTestConductor,
  fakeKinds,
  fakeManifest,
  type TestConductor,
} from '../support/conductor.ts';

const standing = { id: blueRef.id, version: 'v1', attributes: { targetGroupArn: 'arn:v1' } };

/** The conductor of fakes, with environments that somebody else makes. */
async function handedOver(changes: JsonObject = { existing: [standing] }) {
  const conductor = await createTestConductor();
  const { ports, clock, operations } = conductor;
  const kinds = { ...fakeKinds, environment: manifestKinds.environment };
  ports.adapters.parseManifest = (source) => parseManifest(source, kinds);
  ports.adapters.environment = (config) => createPrebuiltEnvironment(config, { timers: clock });
  const apply = (part: JsonObject) =>
    operations.applyManifest(
      'storefront',
      fakeManifest({ environment: { kind: 'prebuilt', ...part } }),
      'test',
    );
  await apply(changes);
  return { ...conductor, apply };
}

async function releaseInto({ operations }: TestConductor, id: string, version: string) {
  const attributes = { targetGroupArn: `arn:${version}` };
  const { releaseId } = await operations.startRelease({
    service: 'storefront',
    artifact: { uri: `memory:${version}`, version, environment: { id, attributes } },
    by: 'pipeline',
  });
  return releaseId;
}

const documentOf = async ({ ledger }: TestConductor, id: string) =>
  (await ledger.getRelease(id))?.document;

describe('a green that somebody else has made', () => {
  it('is released over what the manifest says is live', async () => {
    const conductor = await handedOver();
    const id = await releaseInto(conductor, 'shop-b', 'v2');

    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(conductor.router.weights()).toEqual({ 'shop-b': 100 });
    const { blue, green } = (await documentOf(conductor, id)) ?? {};
    expect(blue).toEqual({ ...standing, kind: 'prebuilt', address: null });
    expect(green).toMatchObject({ id: 'shop-b', attributes: { targetGroupArn: 'arn:v2' } });
  });

  it('is the next blue with what was handed over, though nobody but the ledger remembers it', async () => {
    const conductor = await handedOver();
    await conductor.outcomeOf(await releaseInto(conductor, 'shop-b', 'v2'));
    await conductor.apply({});
    const id = await releaseInto(conductor, 'shop-c', 'v3');

    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect((await documentOf(conductor, id))?.blue).toMatchObject({
      id: 'shop-b',
      version: 'v2',
      attributes: { targetGroupArn: 'arn:v2' },
    });
    expect(await conductor.operations.listServices()).toMatchObject([{ liveVersion: 'v3' }]);
  });

  it('is the way back, also after the end', async () => {
    const conductor = await handedOver();
    await conductor.outcomeOf(await releaseInto(conductor, 'shop-b', 'v2'));
    const id = await releaseInto(conductor, 'shop-c', 'v3');
    await conductor.outcomeOf(id);
    await conductor.operations.rollback(id, 'ann', null);
    await conductor.outcomeOf(id);

    expect(conductor.router.weights()).toEqual({ 'shop-b': 100 });
    const next = await releaseInto(conductor, 'shop-d', 'v4');
    await conductor.outcomeOf(next);
    expect((await documentOf(conductor, next))?.blue?.version).toBe('v2');
  });

  it('takes turns between two places, each time with what was handed over last', async () => {
    const conductor = await handedOver({ existing: [standing] });
    await conductor.outcomeOf(await releaseInto(conductor, 'shop-b', 'v2'));
    await conductor.outcomeOf(await releaseInto(conductor, 'shop-a', 'v3'));
    await conductor.outcomeOf(await releaseInto(conductor, 'shop-b', 'v4'));
    const id = await releaseInto(conductor, 'shop-a', 'v5');

    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect((await documentOf(conductor, id))?.blue).toMatchObject({ id: 'shop-b', version: 'v4' });
  });

  it('does not count what was handed over and came to nothing', async () => {
    const conductor = await handedOver();
    await conductor.outcomeOf(await releaseInto(conductor, 'shop-b', 'v2'));
    conductor.checkAnswers.set('smoke', [{ verdict: 'fail', summary: 'no', evidence: {} }]);
    expect(await conductor.outcomeOf(await releaseInto(conductor, 'shop-c', 'v3'))).toBe(
      'discarded',
    );
    conductor.checkAnswers.delete('smoke');
    // Somebody sends traffic to what no release made live.
    conductor.router.editByHand({ 'shop-c': 100 });
    const id = await releaseInto(conductor, 'shop-d', 'v4');

    expect(await conductor.outcomeOf(id)).toBe('refused');
    expect(conductor.router.weights()).toEqual({ 'shop-c': 100 });
  });

  it('is still known after more refused releases than are looked at first', async () => {
    const conductor = await handedOver();
    await conductor.outcomeOf(await releaseInto(conductor, 'shop-b', 'v2'));
    const [last] = await conductor.ledger.listReleases({ service: 'storefront', limit: 1 });
    if (!last) throw new Error('there is no release');
    for (let i = 0; i < 100; i += 1) {
      const releaseId = `storefront-refused-${i}`;
      await conductor.ledger.createRelease({
        ...last,
        ...{ releaseId, outcome: 'refused', requestedAt: isoTime(conductor.clock.now()) },
        document: { ...last.document, releaseId, outcome: 'refused', blue: null, green: null },
      });
    }
    const id = await releaseInto(conductor, 'shop-c', 'v3');

    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('is refused over what neither manifest nor ledger knows', async () => {
    const conductor = await handedOver({});
    const id = await releaseInto(conductor, 'shop-b', 'v2');

    expect(await conductor.outcomeOf(id)).toBe('refused');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain(blueRef.id);
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('is discarded, with nothing touched, when the artifact brings none', async () => {
    const conductor = await handedOver();
    const id = await conductor.release();

    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('carries no environment');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });
});

describe('a record of what was live', () => {
  it('counts for nothing where environments are known to their own provider', async () => {
    const conductor = await createTestConductor();
    const first = await conductor.release('v2');
    await conductor.outcomeOf(first);
    const { green } = (await documentOf(conductor, first)) ?? {};
    await conductor.environment.retire({ ...blueRef, id: green?.id ?? '' });
    const next = await conductor.release('v3');

    expect(await conductor.outcomeOf(next)).toBe('refused');
  });
});
