import { type Access, createAccess } from '../http/access-rules.ts';
import { createIdentity, type Identity } from '../http/auth/identity.ts';
import type { Ports } from '../steps/ports.ts';
import { readAccess } from './access-variable.ts';
import type { ContainerDeps } from './lambda-container.ts';
import { createRotatingAuth } from './rotating-auth.ts';

/**
 * Who asks on AWS, and what the rules give them. Ledger and secrets are opened when a credential needs them.
 * @throws ConfigInvalidError when `VERDIGRIS_ACCESS` is not what it should be.
 */
export function createAwsIdentity(
  ports: Ports,
  { readToken, secrets, variables }: Pick<ContainerDeps, 'readToken' | 'secrets' | 'variables'>,
): { identity: Identity; access: Access } {
  const { clock, log } = ports;
  const access = createAccess(readAccess(variables));
  const identity = createIdentity({
    sharedToken: createRotatingAuth({ readToken, clock, log }),
    access,
    ledger: { getToken: (id) => ports.ledger.getToken(id) },
    secrets: { read: (name, options) => secrets().read(name, options) },
    clock,
    log,
    publicUrl: variables.VERDIGRIS_CONSOLE_URL?.replace(/\/+$/, '') || null,
    isSecure: true,
  });
  return { identity, access };
}
