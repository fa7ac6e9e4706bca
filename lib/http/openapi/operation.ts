import type {
  ZodOpenApiLinksObject,
  ZodOpenApiOperationObject,
  ZodOpenApiRequestBodyObject,
  ZodOpenApiResponseObject,
} from 'zod-openapi';
import { isAllowed, type Permission, roles } from '../../release/access.ts';
import { manifestBodySchema } from '../api.ts';
import type { AnyRoute } from '../route.ts';
import { answerSchemas } from './answers.ts';
import { examples } from './examples.ts';
import { actorHeader, parametersOf } from './parameters.ts';
import { errorsOf, refusalsOf } from './refusals.ts';
import { anySecurity } from './security.ts';

/** A route of the API as the document describes it. */
export function operationOf(route: AnyRoute): ZodOpenApiOperationObject {
  const status = route.status ?? 200;
  return {
    operationId: route.id,
    summary: route.summary,
    description: whoMay(route),
    tags: [tagOf(route.path)],
    security: anySecurity,
    'x-verdigris-permission': route.access.permission,
    ...(route.errors && { 'x-verdigris-errors': route.errors }),
    requestParams: {
      path: parametersOf(route.path),
      ...(route.query && { query: route.query }),
      header: actorHeader,
    },
    ...(route.body && { requestBody: requestBodyOf(route) }),
    responses: { [`${status}`]: successOf(route), ...refusalsOf(errorsOf(route)) },
  };
}

/** What a path is about: `/api/releases/{id}/approve` is about releases. */
export function tagOf(path: string): string {
  return path.split('/')[2] ?? '';
}

/** The roles that may do this, in words. */
function whoMay({ access: { permission, of } }: AnyRoute): string {
  const who = rolesThatMay(permission).join(', ');
  if (of !== 'some') return `For ${who} of the service.`;
  return `For ${who} of any service; what one may not see is left out.`;
}

function rolesThatMay(permission: Permission): string[] {
  return roles.filter((role) => isAllowed([{ role, services: '*' }], permission, null));
}

function requestBodyOf({ id, body }: AnyRoute): ZodOpenApiRequestBodyObject {
  const example = examples[id]?.body;
  return {
    required: !body?.safeParse({}).success,
    content: {
      'application/json': {
        schema: body === manifestBodySchema ? { $ref: '#/components/schemas/Manifest' } : body,
        ...(example !== undefined && { example }),
      },
    },
  };
}

function successOf({ id, answer, headers = {} }: AnyRoute): ZodOpenApiResponseObject {
  const example = examples[id]?.answer;
  const links = linksOf(answer);
  return {
    description: 'Done, or under way',
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, description]) => [
        name,
        { description, required: true, schema: { type: 'string' } },
      ]),
    ),
    content: {
      'application/json': {
        schema: answerSchemas[answer],
        ...(example !== undefined && { example }),
      },
    },
    ...(links && { links }),
  };
}

/** What can be done with the release that an answer is about. */
function linksOf(answer: AnyRoute['answer']): ZodOpenApiLinksObject | undefined {
  if (answer !== 'ReleaseStatus') return undefined;
  const id = { id: '$response.body#/releaseId' };
  const service = { service: '$response.body#/service' };
  return {
    look: { operationId: 'getRelease', parameters: id },
    approve: { operationId: 'approveRelease', parameters: id },
    reject: { operationId: 'rejectRelease', parameters: id },
    rollback: { operationId: 'rollbackRelease', parameters: id },
    resume: { operationId: 'resumeRelease', parameters: id },
    diagnose: { operationId: 'diagnoseService', parameters: service },
  };
}
