import type { Access } from '../http/access-rules.ts';
import { createIdentity, type Identity } from '../http/auth/identity.ts';
import { createSharedToken } from '../http/auth/shared-token.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../release/logger.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { systemClock } from './clock.ts';
import type { LocalConfig } from './local-config.ts';

/** What only the running conductor knows. */
export interface LocalIdentityDeps {
  access: Access;
  ledger: Ledger;
  log: Logger;
  secrets: Secrets;
  /** The shared one. */
  token: string;
}

/** Who asks on this machine. It listens without TLS; what stands before it may add that. */
export function createLocalIdentity(
  { publicUrl, requestsPerSecond }: LocalConfig,
  { token, ...deps }: LocalIdentityDeps,
): Identity {
  return createIdentity({
    ...deps,
    sharedToken: createSharedToken(token),
    clock: systemClock,
    publicUrl,
    isSecure: publicUrl?.startsWith('https:') ?? false,
    requestsPerSecond,
  });
}
