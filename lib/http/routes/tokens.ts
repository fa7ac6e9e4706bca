import type { Grant } from '../../release/access.ts';
import { VerdigrisError } from '../../release/errors.ts';
import {
  type CreatedTokenAnswer,
  createTokenSchema,
  type TokenAnswer,
  type TokensAnswer,
  tokenIdSchema,
} from '../api.ts';
import { presentToken } from '../present.ts';
import { type AnyRoute, type Call, defineRoute } from '../route.ts';

/** Tokens of machines. Who makes one gives away a part of what they may do, and no more. */
export const tokenRoutes: readonly AnyRoute[] = [
  defineRoute({
    method: 'get',
    path: '/api/tokens',
    id: 'listTokens',
    summary: 'Tokens of machines, newest first, without what they are made of',
    access: { permission: 'operate', of: 'some' },
    answer: 'Tokens',
    async handle({ operations, can }) {
      const tokens = await operations.listTokens();
      const visible = tokens.filter(({ grants }) => mayGive(grants, can));
      return { body: { tokens: visible.map(presentToken) } satisfies TokensAnswer };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/tokens',
    id: 'createToken',
    summary: 'Make a token for a machine; this answer is the only place that has it',
    access: { permission: 'operate', of: 'some' },
    body: createTokenSchema,
    answer: 'CreatedToken',
    status: 201,
    headers: { Location: 'Where the token can be revoked' },
    errors: ['ForbiddenError', 'ReleaseStateError'],
    async handle({ body, principal, operations, can }) {
      const { name, grants, expiresIn } = body;
      if (!mayGive(grants, can)) throw tooMuch(principal.actor);
      const request = { name, grants, expiresInSeconds: expiresIn };
      const { token, record } = await operations.createToken(request, principal.actor);
      const answer: CreatedTokenAnswer = { ...presentToken(record), token };
      return { status: 201, body: answer, headers: { Location: `/api/tokens/${record.id}` } };
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/api/tokens/{id}',
    id: 'revokeToken',
    summary: 'Make a token count no longer',
    access: { permission: 'operate', of: 'some' },
    answer: 'Token',
    errors: ['TokenUnknownError'],
    async handle({ params, principal, operations, can }) {
      const id = tokenId({ params });
      const found = (await operations.listTokens()).find((token) => token.id === id);
      if (!found) throw unknown(id);
      if (!mayGive(found.grants, can)) throw tooMuch(principal.actor);
      const revoked = await operations.revokeToken(id, principal.actor);
      return { body: presentToken(revoked) satisfies TokenAnswer };
    },
  }),
];

type Can = Call<unknown, unknown>['can'];

/** Whether somebody operates everything that a token is for. */
function mayGive(grants: readonly Grant[], can: Can): boolean {
  const services: (string | null)[] = grants.flatMap((grant): (string | null)[] =>
    grant.services === '*' ? [null] : [...grant.services],
  );
  return services.every((service) => can('operate', service));
}

function tokenId({ params }: Pick<Call<unknown, unknown>, 'params'>): string {
  const id = params.id ?? '';
  if (tokenIdSchema.safeParse(id).success) return id;
  throw unknown(id.slice(0, 40));
}

function unknown(id: string): VerdigrisError {
  return new VerdigrisError('TokenUnknownError', `there is no token "${id}"`);
}

function tooMuch(actor: string): VerdigrisError {
  return new VerdigrisError(
    'ForbiddenError',
    `${actor} may not do this: it needs the role operator for everything that the token is for`,
  );
}
