/** A document that a test may change anywhere. */
// biome-ignore lint/suspicious/noExplicitAny: a document is JSON of any shape, and tests break it on purpose
export type Source = any;

/** The OpenAPI document of a small shop. */
export function shopDocument(): Source {
  return {
    openapi: '3.1.0',
    info: { title: 'Shop', version: '1' },
    paths: {
      '/products': {
        get: {
          parameters: [{ in: 'query', name: 'sort', schema: { type: 'string' } }],
          responses: {
            200: answer({
              type: 'object',
              required: ['products'],
              properties: {
                products: { type: 'array', items: { $ref: '#/components/schemas/Product' } },
              },
            }),
          },
        },
      },
      '/products/{id}/reviews': {
        parameters: [{ in: 'path', name: 'id', required: true, schema: { type: 'string' } }],
        post: {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/NewReview' } } },
          },
          responses: { 201: {}, 404: {} },
        },
      },
      '/account': {
        get: {
          security: [{ bearer: [] }, { session: [] }],
          responses: {
            200: answer({
              type: 'object',
              properties: {
                orders: { type: 'array', items: { $ref: '#/components/schemas/Order' } },
              },
            }),
          },
        },
      },
    },
    components: {
      schemas: {
        Product: {
          type: 'object',
          required: ['id', 'price'],
          properties: {
            id: { type: 'string' },
            price: { type: 'number', exclusiveMinimum: 0 },
            badge: { type: 'string' },
            stock: { type: 'integer' },
            since: { type: 'string', format: 'date' },
            state: { enum: ['new', 'used'] },
          },
        },
        NewReview: {
          type: 'object',
          required: ['stars', 'text'],
          properties: {
            stars: { type: 'integer', minimum: 1, maximum: 5 },
            text: { type: ['string', 'null'], maxLength: 1000 },
            mood: { type: 'string', enum: ['angry', 'glad'] },
          },
        },
        Order: {
          type: 'object',
          properties: {
            extras: { type: 'object', additionalProperties: { type: 'string' } },
            payment: {
              oneOf: [
                { type: 'object', required: ['card'], properties: { card: { type: 'string' } } },
                { type: 'object', required: ['iban'], properties: { iban: { type: 'string' } } },
              ],
            },
          },
        },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'session' },
        basic: { type: 'http', scheme: 'basic' },
      },
    },
  };
}

function answer(schema: object) {
  return { content: { 'application/json': { schema } } };
}
