import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    emulators: { ministack: string; moto: string };
  }
}

/** Endpoints of the emulators that run beside the tests of `test/cloud`. */
export const emulators: { ministack: string; moto: string } = inject('emulators');
