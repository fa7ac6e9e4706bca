import type { ApiToken } from '../../ledger/ledger.ts';
import type { Grant } from '../../release/access.ts';
import { isoTime } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { EventType } from '../../release/events.ts';
import { formatDuration } from '../../release/quantities.ts';
import type { Ports } from '../ports.ts';
import { digestOf } from './digest.ts';

/** A token that somebody asks for. */
export interface TokenRequest {
  name: string;
  grants: Grant[];
  /** Seconds until it expires; null for never. */
  expiresInSeconds: number | null;
}

/** Makes a token. It is in the answer and nowhere else. See `Operations.createToken`. */
export async function createToken(
  { name, grants, expiresInSeconds }: TokenRequest,
  by: string,
  ports: Ports,
): Promise<{ token: string; record: ApiToken }> {
  const now = ports.clock.now();
  const id = ports.ids.next();
  const token = `vgt_${id}_${ports.ids.next()}${ports.ids.next()}`;
  const record: ApiToken = {
    id,
    name,
    hash: await digestOf(token, 64),
    grants,
    createdBy: by,
    createdAt: isoTime(now),
    expiresAt: expiresInSeconds === null ? null : isoTime(now + expiresInSeconds * 1000),
    revokedAt: null,
    revokedBy: null,
  };
  await ports.ledger.putToken(record);
  const life = expiresInSeconds === null ? 'for good' : `for ${formatDuration(expiresInSeconds)}`;
  await tell('Token Created', record, by, `${describe(record)} ${life}`, ports);
  return { token, record };
}

/** Makes a token count no longer. @throws TokenUnknownError */
export async function revokeToken(id: string, by: string, ports: Ports): Promise<ApiToken> {
  const record = await ports.ledger.revokeToken(id, by, isoTime(ports.clock.now()));
  if (!record) throw new VerdigrisError('TokenUnknownError', `there is no token "${id}"`);
  await tell('Token Revoked', record, record.revokedBy ?? by, describe(record), ports);
  return record;
}

function describe({ name, grants }: ApiToken): string {
  const words = grants.map(({ role, services }) =>
    services === '*' ? `${role} of all services` : `${role} of ${services.join(', ')}`,
  );
  return `token ${name} (${words.join('; ')})`;
}

async function tell(type: EventType, record: ApiToken, by: string, summary: string, ports: Ports) {
  const { id, name, grants } = record;
  await ports.ledger.appendEvent({
    id: `*#${type === 'Token Created' ? 'token' : 'token-revoked'}-${id}`,
    type,
    releaseId: null,
    service: '*',
    at: isoTime(ports.clock.now()),
    by,
    summary,
    data: {
      id,
      name,
      grants: grants.map(({ role, services }) => ({
        role,
        services: services === '*' ? '*' : [...services],
      })),
    },
  });
}
