import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { refusalsOf } from './refusals.ts';
import { anySecurity } from './security.ts';
import { facts } from './shapes/parts.ts';
import { health } from './shapes/plain.ts';

/** Doors for programs that are not in the list of routes, described by hand. */
export const doors: ZodOpenApiPathsObject = {
  '/healthz': {
    get: {
      operationId: 'health',
      summary: 'Whether the conductor answers, and its versions',
      tags: ['conductor'],
      security: [],
      responses: {
        200: { description: 'It does', content: { 'application/json': { schema: health } } },
      },
    },
  },
  '/api/openapi.json': {
    get: {
      operationId: 'openApi',
      summary: 'This document',
      tags: ['conductor'],
      security: [],
      responses: {
        200: {
          description: 'An OpenAPI 3.1 document',
          content: { 'application/json': { schema: facts } },
        },
      },
    },
  },
  '/api/stream': {
    get: {
      operationId: 'stream',
      summary: 'What changes, as it happens: server-sent events, which do not end',
      description:
        'Events `change` with `{ service, releaseId }`, of services that the caller may read, and `beat` ' +
        'every 15 seconds. On AWS there is none: ask `GET /api/releases/{id}` again instead.',
      tags: ['conductor'],
      security: anySecurity,
      responses: {
        200: {
          description: 'Until either side hangs up',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
        ...refusalsOf([
          'UnauthorizedError',
          'ForbiddenError',
          'RouteUnknownError',
          'RateLimitedError',
          'InternalError',
        ]),
      },
    },
  },
  '/api/schema': {
    get: {
      operationId: 'manifestSchema',
      summary: 'The JSON schema of manifests, for editors',
      tags: ['conductor'],
      security: anySecurity,
      responses: {
        200: {
          description: 'JSON schema, draft 2020-12',
          content: { 'application/json': { schema: facts } },
        },
        ...refusalsOf(['UnauthorizedError', 'RateLimitedError', 'InternalError']),
      },
    },
  },
};
