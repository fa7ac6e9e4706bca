import { z } from 'zod';
import { type Grant, roles } from '../../../release/access.ts';
import type { CreatedTokenAnswer, SessionAnswer, TokenAnswer, TokensAnswer } from '../../api.ts';
import { exactly } from '../exactly.ts';
import { time, who } from './parts.ts';

const grant = exactly<Grant>()(
  z
    .strictObject({
      role: z.enum(roles).describe('What somebody may be for a service'),
      services: z
        .union([z.literal('*'), z.array(z.string()).readonly()])
        .describe('For which services; `*` stands for all'),
    })
    .meta({ id: 'Grant', description: 'A role, for some services or for all' }),
);

const keys = {
  id: z.string().describe('Public; also a part of the token itself'),
  name: z.string().describe('What it is for, and the name that events carry'),
  grants: z.array(grant).describe('What its bearer may do'),
  createdBy: who.describe('Who made it'),
  createdAt: time.describe('When it was made'),
  expiresAt: time.nullable().describe('Null for one that does not expire'),
  revokedAt: time.nullable().describe('Since when it counts no longer'),
  revokedBy: who.nullable().describe('Who saw to that'),
};

/** `DELETE /api/tokens/{id}` */
export const token = exactly<TokenAnswer>()(
  z
    .strictObject(keys)
    .meta({ id: 'Token', description: 'A token of a machine, without what it is made of' }),
);

/** `GET /api/tokens` */
export const tokens = exactly<TokensAnswer>()(
  z.strictObject({ tokens: z.array(token).describe('Newest first') }).meta({ id: 'Tokens' }),
);

/** `POST /api/tokens` */
export const createdToken = exactly<CreatedTokenAnswer>()(
  z
    .strictObject({
      ...keys,
      token: z.string().describe('The token: shown once, and nobody can look it up again'),
    })
    .meta({ id: 'CreatedToken', description: 'A new token' }),
);

/** `GET /api/session` */
export const session = exactly<SessionAnswer>()(
  z
    .strictObject({
      actor: who.describe('The name that events and approvals carry'),
      via: z
        .enum(['shared-token', 'api-token', 'session', 'oidc', 'aws'])
        .describe('How this request showed who makes it'),
      grants: z.array(grant).readonly().describe('What they may do'),
      signIn: z
        .strictObject({
          with: z.enum(['shared-token', 'api-token', 'oidc']).describe('How they signed in'),
          expiresAt: time.describe('Until when that counts'),
        })
        .nullable()
        .describe('Of a browser that has signed in; null for everybody else'),
      stream: z.boolean().describe('Whether `GET /api/stream` is there'),
    })
    .meta({ id: 'Session', description: 'Who is asking, and what they may do' }),
);
