import { createEnvironment } from '../../lib/environments/index.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { listenHealthily } from '../support/healthy-server.ts';
import { realClock, realTimers } from '../unit/environments/process-harness.ts';
import { environmentContract } from './environment.contract.ts';

environmentContract('prebuilt', async () => {
  const server = await listenHealthily();
  const artifact = (uri: string, address: string) => ({
    uri,
    version: '1.0.0',
    environment: { id: uri, address, attributes: { targetGroupArn: `arn:${uri}` } },
  });
  const config = { kind: 'prebuilt', healthPath: '/healthz', needs: ['targetGroupArn'] };
  const deps = { clock: realClock, timers: realTimers, log: silentLogger };
  return {
    environment: createEnvironment(config, 'shop', deps),
    artifact: artifact('shop-a', server.address),
    missingArtifact: { uri: 'missing', version: '1.0.0' },
    brokenArtifact: artifact('shop-b', `${server.address}/broken`),
    secret: 'swordfish-4711',
    stop: server.close,
  };
});
