import { describe, expect, it } from 'vitest';
import { createEnvironment } from '../../lib/environments/index.ts';
import type { EnvironmentRef } from '../../lib/release/document.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createFakeEnvironment } from '../support/fakes/environment.ts';
import { createFakeLambda } from '../support/fakes/lambda.ts';
import { openWorkshop, realClock, realTimers } from '../unit/environments/process-harness.ts';
import { environmentContract } from './environment.contract.ts';

const version = '1.0.0';
const secret = 'swordfish-4711';

environmentContract('fake', async () => ({
  environment: createFakeEnvironment({
    readyAfterCalls: 2,
    retireAfterCalls: 1,
    missingUris: ['missing'],
    brokenUris: ['broken'],
  }),
  artifact: { uri: 'good', version },
  missingArtifact: { uri: 'missing', version },
  brokenArtifact: { uri: 'broken', version },
  secret,
  stop: async () => {},
}));

environmentContract('process', async () => {
  const workshop = await openWorkshop();
  const supervisor = workshop.supervisor('contract');
  const config = {
    kind: 'process',
    command: 'node server.mjs',
    healthPath: '/healthz',
    warm: ['/'],
    env: { API_KEY: secret },
  };
  const deps = { clock: realClock, timers: realTimers, log: silentLogger, supervisor };
  await workshop.app('good');
  await workshop.app('broken', { 'server.mjs': 'console.error("no database"); process.exit(1);' });
  return {
    environment: createEnvironment(config, 'shop', deps),
    artifact: { uri: 'good', version },
    missingArtifact: { uri: 'missing', version },
    brokenArtifact: { uri: 'broken', version },
    secret,
    stop: () => workshop.close(),
  };
});

environmentContract('lambda-version', async () => {
  const fake = createFakeLambda({ secret });
  fake.busyReads = 1;
  fake.pendingReads = 1;
  fake.store.set('s3://artifacts/good.zip', { content: 'good' });
  fake.store.set('s3://artifacts/broken.zip', { content: 'broken', failsWith: 'no image' });
  const config = {
    kind: 'lambda-version',
    functionName: fake.functionName,
    warm: [{ payload: { path: '/' }, count: 2 }],
  };
  const { lambda } = fake;
  const deps = { clock: realClock, timers: realTimers, log: silentLogger, lambda };
  return {
    environment: createEnvironment(config, 'shop', deps),
    artifact: { uri: 's3://artifacts/good.zip', version },
    missingArtifact: { uri: 's3://artifacts/missing.zip', version },
    brokenArtifact: { uri: 's3://artifacts/broken.zip', version },
    secret,
    mayBeBusy: true,
    stop: async () => {},
  };
});

describe('the faults of the fake environment', () => {
  it('can refuse, fail and resist, and be healed again', async () => {
    const environment = createFakeEnvironment({ refuseWith: new Error('throttled') });
    const artifact = { uri: 'good', version };
    await expect(environment.provision(artifact, 'r1')).rejects.toThrow('throttled');
    environment.faults.refuseWith = null;
    const ref = (await environment.provision(artifact, 'r1')) as EnvironmentRef;
    environment.faults.failWith = 'no memory';
    expect(await environment.status(ref)).toMatchObject({ state: 'failed', reason: 'no memory' });
    environment.faults.retireFailsWith = new Error('busy');
    await expect(environment.retire(ref)).rejects.toThrow('busy');
    environment.faults.retireFailsWith = null;
    await environment.retire(ref);
    expect(environment).toMatchObject({ provisioned: [ref.id], retired: [ref.id] });
  });
});
