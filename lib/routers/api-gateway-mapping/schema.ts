import { z } from 'zod';

const modes = ['mapping', 'stage-variable', 'canary'] as const;
type ModeName = (typeof modes)[number];

/** Longest key of a stage variable (developerguide/limits), without what {@link labelOf} puts before it. */
const variablePattern = /^[A-Za-z0-9_]{1,54}$/;

const apiId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'needs the id of an API, such as a1b2c3d4e5')
  .optional();

const stage = z
  .string()
  .regex(
    /^(\$default|[A-Za-z0-9_-]{1,128})$/,
    'needs the name of a stage, such as prod or $default',
  )
  .optional();

/** Which keys go with each mode: the first list is needed, the second is allowed. */
const keysOf: Record<ModeName, { needed: readonly Key[]; allowed: readonly Key[] }> = {
  mapping: { needed: ['domainName'], allowed: ['mappingKey', 'endpoint'] },
  'stage-variable': { needed: ['apiId', 'stage', 'variable'], allowed: [] },
  canary: { needed: ['apiId', 'stage'], allowed: [] },
};

const keys = ['domainName', 'mappingKey', 'endpoint', 'apiId', 'stage', 'variable'] as const;
type Key = (typeof keys)[number];

/** The manifest's part: one mode, and the keys that go with it. */
export const apiGatewayMappingSchema = z
  .strictObject({
    kind: z.literal('api-gateway-mapping'),
    mode: z
      .enum(modes)
      .default('mapping')
      .describe(
        'What is changed: where a custom domain leads, a variable of a stage, or the canary of a REST stage',
      ),
    domainName: z
      .string()
      .regex(
        /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/,
        'needs a domain name in lower case, without https://',
      )
      .optional()
      .describe('The custom domain, in mode mapping; it exists already'),
    mappingKey: z
      .string()
      .regex(/^[A-Za-z0-9$\-_.+!*'()/]{0,300}$/, "needs a path of letters, digits and $-_.+!*'()/")
      .refine((key) => !/^\/|\/$|\/\//.test(key), 'needs a path without / at its ends')
      .optional()
      .describe('The path below the domain, in mode mapping; the whole domain if absent'),
    endpoint: z
      .enum(['regional', 'edge'])
      .optional()
      .describe('Kind of the custom domain, in mode mapping; regional if absent'),
    apiId: apiId.describe(
      'The API, in modes stage-variable (HTTP, WebSocket or REST) and canary (REST)',
    ),
    stage: stage.describe(
      'The stage of that API; in mode canary made by the first release if it is not there',
    ),
    variable: z
      .string()
      .regex(variablePattern, 'needs the name of a stage variable: 1 to 54 of A-Z a-z 0-9 _')
      .optional()
      .describe('The variable by which integrations find the backend, in mode stage-variable'),
  })
  .superRefine((value, context) => {
    const { needed, allowed } = keysOf[value.mode];
    for (const key of keys) {
      const isThere = value[key] !== undefined;
      if (needed.includes(key) && !isThere) {
        const message = `is needed in mode ${value.mode}`;
        context.addIssue({ code: 'custom', path: [key], message });
      }
      if (isThere && !needed.includes(key) && !allowed.includes(key)) {
        const fitting = [...needed, ...allowed].join(', ');
        const message = `means nothing in mode ${value.mode}, which has ${fitting}; leave it out`;
        context.addIssue({ code: 'custom', path: [key], message });
      }
    }
    if (value.endpoint === 'edge' && value.mappingKey?.includes('/')) {
      const message = 'has more than one level, which needs a regional domain';
      context.addIssue({ code: 'custom', path: ['mappingKey'], message });
    }
  });

/** Where a custom domain, or a path of it, is mapped. */
export interface MappingPlace {
  domainName: string;
  /** Empty for the whole domain. */
  mappingKey: string;
}

/** A stage of an API. */
export interface StagePlace {
  apiId: string;
  stage: string;
}

/** The manifest's part, by mode. */
export type ApiGatewayConfig =
  | ({ mode: 'mapping'; endpoint: 'regional' | 'edge' } & MappingPlace)
  | ({ mode: 'stage-variable'; variable: string } & StagePlace)
  | ({ mode: 'canary' } & StagePlace);

/** @throws ZodError when it is not valid against {@link apiGatewayMappingSchema}. */
export function parseConfig(written: unknown): ApiGatewayConfig {
  const {
    mode,
    domainName = '',
    mappingKey = '',
    endpoint = 'regional',
    apiId = '',
    stage = '',
    variable = '',
  } = apiGatewayMappingSchema.parse(written);
  if (mode === 'mapping') return { mode, domainName, mappingKey, endpoint };
  return mode === 'canary' ? { mode, apiId, stage } : { mode, apiId, stage, variable };
}
