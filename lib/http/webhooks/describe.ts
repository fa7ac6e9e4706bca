import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { serviceNameSchema, startReleaseSchema } from '../api.ts';
import { refusalsOf } from '../openapi/refusals.ts';
import { errorAnswer } from '../openapi/shapes/plain.ts';

/** What shows who signed it; see the kind `artifact`. */
export const webhookSecurity = {
  signature: {
    type: 'apiKey' as const,
    in: 'header' as const,
    name: 'X-Verdigris-Signature',
    description:
      '`v1=` and the hex HMAC-SHA256 of `timestamp.delivery.body` with a secret that a manifest names',
  },
};

const headers = z.object({
  'x-verdigris-timestamp': z
    .string()
    .regex(/^\d{1,12}$/)
    .meta({ description: 'When it was signed: seconds since 1970', example: '1772366400' }),
  'x-verdigris-delivery': z
    .string()
    .regex(/^[A-Za-z0-9_:-]{1,128}$/)
    .meta({ description: 'The same for the same delivery', example: 'run-4711' }),
});

const taken = z
  .strictObject({
    releases: z
      .array(z.strictObject({ service: z.string(), releaseId: z.string() }))
      .describe('Releases that were started, by this delivery or by an earlier one of the same id'),
    refused: z
      .array(z.strictObject({ service: z.string(), error: errorAnswer.shape.error }))
      .describe('Releases that are on record as refused'),
    reason: z.string().nullable().describe('Why there is nothing to do'),
  })
  .meta({ id: 'WebhookTaken', description: 'What came of a webhook' });

/**
 * The webhook that programs sign themselves, for the API's document. What GitHub, GitLab, Docker Hub and
 * Harbor send to doors beside it is theirs to describe.
 */
export const webhookDoors: ZodOpenApiPathsObject = {
  '/webhooks/artifact': { post: told('tellArtifact') },
  '/webhooks/artifact/{service}': {
    post: told('tellArtifactOfService', {
      path: z.object({ service: serviceNameSchema.meta({ example: 'storefront' }) }),
    }),
  },
};

function told(operationId: string, params: { path?: z.ZodObject } = {}): ZodOpenApiOperationObject {
  return {
    operationId,
    summary: 'Tell of an artifact; the same delivery starts one release, however often it comes',
    tags: ['webhooks'],
    security: [{ signature: [] }],
    requestParams: { ...params, header: headers },
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: startReleaseSchema,
          example: {
            service: 'storefront',
            artifact: { uri: 's3://artifacts/storefront/v2.zip', version: 'v2' },
          },
        },
      },
    },
    responses: {
      202: {
        description: 'Taken: what came of it',
        content: { 'application/json': { schema: taken } },
      },
      ...refusalsOf([
        'UnauthorizedError',
        'RequestInvalidError',
        'ArtifactInvalidError',
        'DeliveryReplayedError',
        'ReleaseInProgressError',
        'ReleaseFrozenError',
        'ReleaseStateError',
        'RequestTooLargeError',
        'InternalError',
        'LedgerUnavailableError',
        'EngineUnavailableError',
        'SecretUnavailableError',
      ]),
    },
  };
}
