import type { ZodOpenApiObject } from 'zod-openapi';

type SecuritySchemes = NonNullable<NonNullable<ZodOpenApiObject['components']>['securitySchemes']>;

/** The ways to say who asks. A conductor takes those that it is configured for. */
export const securitySchemes: SecuritySchemes = {
  token: {
    type: 'http',
    scheme: 'bearer',
    description:
      'The shared token, a token of one’s own (`vgt_…`), or one of the identity provider',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'verdigris',
    description:
      'Of a browser that has signed in; `__Host-verdigris` over https. What changes something also needs `X-Verdigris-Console: 1`',
  },
  aws: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'An AWS caller’s signature (version 4) for `execute-api`, checked by API Gateway',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
};

/** Any one of them will do. */
export const anySecurity = Object.keys(securitySchemes).map((name) => ({ [name]: [] }));
