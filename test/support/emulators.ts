import { inject } from 'vitest';
import { type PackagedService, readPackaged } from '../../scripts/cloud/stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    emulators: { ministack: string; moto: string };
    service: { directory: string };
  }
}

/** Endpoints of the emulators that run beside the tests of `test/cloud`. */
export const emulators: { ministack: string; moto: string } = inject('emulators');

/** The service, packaged for emulators; whoever deploys it does not remove it. */
export function packagedService(): PackagedService {
  return readPackaged(inject('service').directory);
}
