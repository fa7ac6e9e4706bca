import type { TestProject } from 'vitest/node';
import { startMinistack, startMoto } from '../../scripts/cloud/emulators.ts';
import type {} from './emulators.ts'; // declares what is provided

/** Starts the emulators once for the whole tier, and ends them after it. */
export default async function setup({ provide }: TestProject) {
  const [ministack, moto] = await Promise.all([startMinistack(), startMoto()]);
  provide('emulators', { ministack: ministack.url, moto: moto.url });
  return async () => {
    await Promise.all([ministack.stop(), moto.stop()]);
  };
}
