import type { SessionAnswer } from '../api.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

/** Who the caller is, and what they may do. */
export const sessionRoutes: readonly AnyRoute[] = [
  defineRoute({
    method: 'get',
    path: '/api/session',
    id: 'getSession',
    summary: 'Who is asking, and what they may do',
    access: { permission: 'read', of: 'some' },
    answer: 'Session',
    async handle({ principal, offers }) {
      const { actor, via, grants, session: signIn = null } = principal;
      const body: SessionAnswer = { actor, via, grants, signIn, stream: offers.stream };
      return { body };
    },
  }),
];
