import type { CreateTokenRequest, TokenAnswer } from '../../lib/http/api.ts';
import { usageError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import type { Session } from '../session.ts';
import { renderTable } from '../table.ts';

type GrantRequest = CreateTokenRequest['grants'][number];

/** Options of `verdigris token create`. */
export interface TokenOptions {
  role: string[];
  service?: string[];
  expires?: string;
}

/** Makes a token for a machine and prints it, this once. */
export async function createToken(
  session: Session,
  name: string,
  { role, service, expires }: TokenOptions,
): Promise<number> {
  const created = await session.api.createToken({
    name,
    grants: role.map((it) => ({ role: it as GrantRequest['role'], services: service ?? '*' })),
    ...(expires !== undefined && { expiresIn: expires === 'never' ? null : expires }),
  });
  session.show(created, [
    created.token,
    `  ${describeGrants(created)}, ${describeEnd(created)}; it is shown this once`,
  ]);
  return exitCodes.done;
}

/** Shows every token that the caller may give away. */
export async function listTokens(session: Session): Promise<number> {
  const { tokens } = await session.api.tokens();
  const rows = tokens.map((token) => [
    token.id,
    token.name,
    describeGrants(token),
    describeEnd(token),
    token.createdBy,
  ]);
  const lines =
    rows.length > 0
      ? renderTable([['id', 'name', 'may', 'until', 'made by'], ...rows])
      : ['there is none; make one with: verdigris token create NAME --role releaser'];
  session.show({ tokens }, lines);
  return exitCodes.done;
}

/** Makes a token count no longer, by its id or its name. */
export async function revokeToken(session: Session, idOrName: string): Promise<number> {
  const { tokens } = await session.api.tokens();
  const byName = tokens.find((it) => it.name === idOrName && it.revokedAt === null);
  const found = tokens.find((it) => it.id === idOrName) ?? byName;
  if (!found && !/^[a-z0-9]{12,40}$/.test(idOrName)) {
    throw usageError(`there is no token "${idOrName}"; \`verdigris token list\` shows them`);
  }
  const revoked = await session.api.revokeToken(found?.id ?? idOrName);
  session.show(revoked, [`✔ ${revoked.name} (${revoked.id}) no longer counts`]);
  return exitCodes.done;
}

function describeGrants({ grants }: Pick<TokenAnswer, 'grants'>): string {
  return grants
    .map(({ role, services }) => `${role} of ${services === '*' ? '*' : services.join(', ')}`)
    .join('; ');
}

function describeEnd({ expiresAt, revokedAt }: Pick<TokenAnswer, 'expiresAt' | 'revokedAt'>) {
  if (revokedAt !== null) return `revoked ${revokedAt.slice(0, 10)}`;
  return expiresAt === null ? 'for good' : `until ${expiresAt.slice(0, 10)}`;
}
