import {
  type FreezesAnswer,
  freezeSchema,
  freezeScopeSchema,
  type UnfreezeAnswer,
} from '../api.ts';
import { type AnyRoute, type Call, defineRoute } from '../route.ts';
import { validate } from '../validate.ts';

/** Freezes: times in which no release may start. */
export const freezeRoutes: readonly AnyRoute[] = [
  defineRoute({
    method: 'get',
    path: '/api/freezes',
    id: 'listFreezes',
    summary: 'What is frozen, by whom and why',
    access: { permission: 'read', of: 'some' },
    answer: 'Freezes',
    async handle({ operations, can }) {
      const freezes = await operations.listFreezes();
      const isShown = (scope: string) => scope === '*' || can('read', scope);
      const body: FreezesAnswer = { freezes: freezes.filter(({ scope }) => isShown(scope)) };
      return { body };
    },
  }),
  defineRoute({
    method: 'put',
    path: '/api/freezes/{scope}',
    id: 'freeze',
    summary: 'Let no release of a service start, or of any with *',
    access: { permission: 'operate', of: frozenService },
    body: freezeSchema,
    answer: 'Freeze',
    errors: ['ServiceUnknownError'],
    async handle({ params, body, principal, operations }) {
      return { body: await operations.freeze(scopeOf({ params }), body.reason, principal.actor) };
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/api/freezes/{scope}',
    id: 'unfreeze',
    summary: 'Lift a freeze',
    access: { permission: 'operate', of: frozenService },
    answer: 'Unfreeze',
    async handle({ params, principal, operations }) {
      const scope = scopeOf({ params });
      const lifted = await operations.unfreeze(scope, principal.actor);
      return { body: { scope, lifted } satisfies UnfreezeAnswer };
    },
  }),
];

type About = Pick<Call<unknown, unknown>, 'params'>;

function scopeOf({ params }: About): string {
  return validate(freezeScopeSchema, params.scope, 'scope');
}

/** Freezing everything takes somebody who may do so for every service. */
function frozenService(about: About): string | null {
  const scope = scopeOf(about);
  return scope === '*' ? null : scope;
}
