import { z } from 'zod';
import { freezeScopeSchema, releaseIdSchema, serviceNameSchema, tokenIdSchema } from '../api.ts';

/** What may stand in a path, by the collection before it and its own name: `/api/releases/{id}`. */
const pathParameters: Record<string, z.ZodType> = {
  'services/{service}': serviceNameSchema.meta({
    description: 'Name of a service',
    example: 'storefront',
  }),
  'releases/{id}': releaseIdSchema.meta({
    description: 'Id of a release',
    example: 'storefront-v2-4f1c9a2e',
  }),
  'freezes/{scope}': freezeScopeSchema.meta({
    description: 'Name of a service, or `*` for all',
    example: 'storefront',
  }),
  'tokens/{id}': tokenIdSchema.meta({ description: 'Id of a token', example: '4f1c9a2e7b30' }),
};

/** The parameters of a path. @throws Error for one that is not described here. */
export function parametersOf(path: string): z.ZodObject {
  const found = [...path.matchAll(/([^/]+\/\{(\w+)\})/g)];
  const shape = found.map(([, place = '', name = '']) => {
    const schema = pathParameters[place];
    if (!schema) throw new Error(`lib/http/openapi/parameters.ts does not know ${place}`);
    return [name, schema];
  });
  return z.object(Object.fromEntries(shape));
}

/** Header of every request that somebody is asked for: who it is, where one token has many owners. */
export const actorHeader = z.object({
  'x-verdigris-actor': z.string().optional().meta({
    description: 'Who asks, as events name them; believed of whoever has the shared token',
    example: 'grace',
  }),
});
