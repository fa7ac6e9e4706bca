import type { TestProject } from 'vitest/node';
import { startMinistack, startMoto } from '../../scripts/cloud/emulators.ts';
import { packageService } from '../../scripts/cloud/stack.ts';
import type {} from './emulators.ts'; // declares what is provided

/**
 * Starts the emulators once for the whole tier and ends them after it. Packages the service once, too: the
 * tool does so in one folder of the project, where two at a time get in each other's way.
 */
export default async function setup({ provide }: TestProject) {
  const service = await packageService();
  const [ministack, moto] = await Promise.all([startMinistack(), startMoto()]);
  provide('emulators', { ministack: ministack.url, moto: moto.url });
  provide('service', { directory: service.directory });
  return async () => {
    service.remove();
    await Promise.all([ministack.stop(), moto.stop()]);
  };
}
