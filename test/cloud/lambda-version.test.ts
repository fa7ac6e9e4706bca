import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLambdaVersionEnvironment } from '../../lib/environments/lambda-version/environment.ts';
import type { Artifact } from '../../lib/release/artifact.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { environmentContract } from '../contract/environment.contract.ts';
import { emulators } from '../support/emulators.ts';
import { realTimers } from '../unit/environments/process-harness.ts';
import {
  createEmulatedFunction,
  type EmulatedFunction,
  shopSource,
  zipOf,
} from './lambda-function.ts';

const version = '1.0.0';
const secret = 'swordfish-4711';

function environmentOf({ lambda, functionName }: EmulatedFunction) {
  const config = { kind: 'lambda-version', functionName, warm: [{ count: 2 }] };
  return createLambdaVersionEnvironment(config, { lambda, timers: realTimers, log: silentLogger });
}

environmentContract('lambda-version on MiniStack', async () => {
  const shop = await createEmulatedFunction(emulators.ministack, secret);
  return {
    environment: environmentOf(shop),
    artifact: { uri: await shop.upload('good.zip', shopSource('1')), version },
    missingArtifact: { uri: (await shop.upload('gone.zip', '')).replace('gone', 'none'), version },
    brokenArtifact: { skip: 'MiniStack has no code that makes a version fail' },
    secret,
    mayBeBusy: true,
    stop: () => shop.remove(),
  };
});

describe('lambda-version on MiniStack', () => {
  let shop: EmulatedFunction;
  afterEach(() => shop.remove());

  /** What a release of this artifact ends with; a new function is busy at first. */
  const refusalOf = (artifact: Artifact) =>
    vi.waitUntil(
      () =>
        environmentOf(shop)
          .provision(artifact, 'r1')
          .catch((error: Error) => error),
      { timeout: 20_000 },
    );

  it('leaves nothing of an artifact that is not what its digest says', async () => {
    shop = await createEmulatedFunction(emulators.ministack);
    const uri = await shop.upload('good.zip', shopSource('1'));
    const digest = `sha256:${'0'.repeat(64)}`;

    expect(await refusalOf({ uri, version, digest })).toMatchObject({
      name: 'ArtifactInvalidError',
      message: expect.stringContaining(digest),
    });
    expect(await environmentOf(shop).ofRelease('r1')).toBeNull();
    expect(await environmentOf(shop).lookup('1')).toBeNull();
  });

  it('names an artifact that is no zip', async () => {
    shop = await createEmulatedFunction(emulators.ministack);
    const uri = await shop.upload('text.zip', null);

    expect(await refusalOf({ uri, version })).toMatchObject({
      name: 'ArtifactInvalidError',
      message: expect.stringContaining(uri),
    });
  });

  it('publishes the artifact whose digest was promised', async () => {
    shop = await createEmulatedFunction(emulators.ministack);
    const environment = environmentOf(shop);
    const uri = await shop.upload('good.zip', shopSource('1'));
    const digest = `sha256:${createHash('sha256')
      .update(zipOf(shopSource('1')))
      .digest('hex')}`;

    const look = () => environment.provision({ uri, version, digest }, 'r1');

    await expect.poll(look, { timeout: 20_000 }).toMatchObject({ id: '1', version });
  });
});
