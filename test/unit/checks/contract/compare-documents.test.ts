import { describe, expect, it } from 'vitest';
import { compareDocuments } from '../../../../lib/checks/contract/compare-documents.ts';
import { readDocument } from '../../../../lib/checks/contract/document.ts';
import { type Source, shopDocument } from './shop-document.ts';

/** What breaks, as `place: what`, when this is changed in the shop's document. */
function broken(change: (document: Source) => void, before: (document: Source) => void = () => {}) {
  const was = shopDocument();
  before(was);
  const is = structuredClone(was);
  change(is);
  const { changes } = compareDocuments(readDocument(was), readDocument(is));
  return changes.map(({ at, says }) => `${at}: ${says}`);
}

const product = (document: Source) => document.components.schemas.Product;
const review = (document: Source) => document.components.schemas.NewReview;
const order = (document: Source) => document.components.schemas.Order;

describe('what breaks nobody', () => {
  it.each<[string, (document: Source) => void]>([
    ['nothing', () => {}],
    ['a new path', (it) => (it.paths['/news'] = { get: { responses: { 200: {} } } })],
    ['a new method', (it) => (it.paths['/products'].post = { responses: {} })],
    ['a new field of an answer', (it) => (product(it).properties.weight = { type: 'number' })],
    [
      'a new optional field of a request',
      (it) => (review(it).properties.name = { type: 'string' }),
    ],
    ['a field of a request that may be missing', (it) => review(it).required.shift()],
    ['a field of an answer that is always there', (it) => product(it).required.push('badge')],
    ['an answer that is narrower', (it) => (product(it).properties.price.type = 'integer')],
    ['a request that is wider', (it) => (review(it).properties.stars.maximum = 10)],
    ['one more value of a request', (it) => review(it).properties.mood.enum.push('sad')],
    ['one value less in an answer', (it) => product(it).properties.state.enum.pop()],
    ['another name of a parameter in a path', renameParameter],
    ['a new optional parameter', (it) => it.paths['/products'].get.parameters.push(page())],
    ['a request that needs no body any more', (it) => (reviews(it).requestBody.required = false)],
    ['one more status', (it) => (reviews(it).responses[202] = {})],
    ['an error that is gone', (it) => delete reviews(it).responses[404]],
    ['words', (it) => (product(it).description = 'What we sell')],
    ['nobody has to log in any more', (it) => delete it.paths['/account'].get.security],
    ['one more way to log in', (it) => it.paths['/account'].get.security.push({ basic: [] })],
    ['a reference in place of what it leads to', (it) => inline(it)],
    ['the same field in parts', splitProduct],
  ])('%s', (_, change) => {
    expect(broken(change)).toEqual([]);
  });

  it('is what only requests or only answers have, in the other', () => {
    const readOnly = (it: Source) => {
      review(it).properties.id = { type: 'string', readOnly: true };
      review(it).required.push('id');
    };
    const writeOnly = (it: Source) => delete product(it).properties.pin;
    const hasPin = (it: Source) => {
      product(it).properties.pin = { type: 'string', writeOnly: true };
    };
    expect(broken(readOnly)).toEqual([]);
    expect(broken(writeOnly, hasPin)).toEqual([]);
  });

  it('is a number that takes more', () => {
    const format = (name: string) => (it: Source) => {
      review(it).properties.stars.format = name;
    };
    expect(broken(format('int64'), format('int32'))).toEqual([]);
    expect(broken(format('int32'), format('int64'))).toEqual([
      'POST /products/{id}/reviews request stars: needs format int32, took int64',
    ]);
  });
});

describe('what breaks clients in answers', () => {
  it.each<[string, (document: Source) => void, string]>([
    ['a path', (it) => delete it.paths['/account'], 'GET /account: is gone'],
    ['a method', (it) => delete it.paths['/products'].get, 'GET /products: is gone'],
    [
      'a status',
      (it) => {
        const { responses } = reviews(it);
        responses[200] = responses[201];
        delete responses[201];
      },
      'POST /products/{id}/reviews 201: is gone',
    ],
    [
      'a field',
      (it) => delete product(it).properties.price,
      'GET /products 200 products[].price: is gone',
    ],
    [
      'an optional field',
      (it) => delete product(it).properties.badge,
      'GET /products 200 products[].badge: is gone',
    ],
    [
      'a field that may be missing',
      (it) => product(it).required.pop(),
      'GET /products 200 products[].price: may be missing now',
    ],
    [
      'another type',
      (it) => (product(it).properties.price = { type: 'string' }),
      'GET /products 200 products[].price: is a string, was a number',
    ],
    [
      'a wider number',
      (it) => (product(it).properties.stock.type = 'number'),
      'GET /products 200 products[].stock: is a number, was an integer',
    ],
    [
      'null',
      (it) => (product(it).properties.price.type = ['number', 'null']),
      'GET /products 200 products[].price: may be null now, was a number',
    ],
    [
      'null, as an alternative',
      (it) => (product(it).properties.price = { anyOf: [{ type: 'number' }, { type: 'null' }] }),
      'GET /products 200 products[].price: may be null now, was a number',
    ],
    [
      'one more value',
      (it) => product(it).properties.state.enum.push('sold'),
      'GET /products 200 products[].state: may be "sold" now, was only "new", "used"',
    ],
    [
      'any value',
      (it) => delete product(it).properties.state.enum,
      'GET /products 200 products[].state: is anything, was a string',
    ],
    [
      'any text',
      (it) => (product(it).properties.state = { type: 'string' }),
      'GET /products 200 products[].state: may be anything now, was only "new", "used"',
    ],
    [
      'another format',
      (it) => (product(it).properties.since.format = 'date-time'),
      'GET /products 200 products[].since: has format date-time, had date',
    ],
    [
      'another media type',
      (it) => {
        const { content } = it.paths['/account'].get.responses[200];
        content['text/plain'] = content['application/json'];
        delete content['application/json'];
      },
      'GET /account 200: is application/json no longer',
    ],
    [
      'no body',
      (it) => delete it.paths['/account'].get.responses[200].content,
      'GET /account 200: has no application/json any more',
    ],
    [
      'a form that is new',
      (it) => order(it).properties.payment.oneOf.push({ type: 'object', properties: {} }),
      'GET /account 200 orders[].payment.card: is gone',
    ],
    [
      'values of a map',
      (it) => (order(it).properties.extras.additionalProperties = { type: 'boolean' }),
      'GET /account 200 orders[].extras.*: is a boolean, was a string',
    ],
  ])('%s', (_, change, says) => {
    expect(broken(change)).toContain(says);
  });
});

describe('what breaks clients in requests', () => {
  const where = 'POST /products/{id}/reviews';
  it.each<[string, (document: Source) => void, string]>([
    [
      'a new field that is required',
      (it) => {
        review(it).properties.author = { type: 'string' };
        review(it).required.push('author');
      },
      `${where} request author: is new and required`,
    ],
    [
      'an old field that is required',
      (it) => review(it).required.push('mood'),
      `${where} request mood: is required now`,
    ],
    [
      'another type',
      (it) => (review(it).properties.stars = { type: 'string' }),
      `${where} request stars: takes a string, took an integer`,
    ],
    [
      'a type less',
      (it) => (review(it).properties.text.type = 'string'),
      `${where} request text: takes null no longer, only a string`,
    ],
    [
      'a value less',
      (it) => review(it).properties.mood.enum.pop(),
      `${where} request mood: takes "glad" no longer`,
    ],
    [
      'only some values',
      (it) => (review(it).properties.text.enum = ['a', 'b', 'c', 'd', 'e', 'f']),
      `${where} request text: takes only "a", "b", "c", "d", "e" and 1 more now, took anything`,
    ],
    [
      'a limit that is lower',
      (it) => (review(it).properties.stars.maximum = 3),
      `${where} request stars: has maximum 3 now, had 5`,
    ],
    [
      'a limit that is new',
      (it) => (review(it).properties.text.minLength = 10),
      `${where} request text: has minLength 10 now, had none`,
    ],
    [
      'a pattern',
      (it) => (review(it).properties.text.pattern = '^A'),
      `${where} request text: must match /^A/ now, took any`,
    ],
    [
      'a field that is refused',
      (it) => {
        delete review(it).properties.mood;
        review(it).additionalProperties = false;
      },
      `${where} request mood: is not taken any more`,
    ],
    [
      'fields without a name',
      (it) => (review(it).additionalProperties = false),
      `${where} request: takes no other properties any more`,
    ],
    [
      'a new parameter that is required',
      (it) => it.paths['/products'].get.parameters.push({ ...page(), required: true }),
      'GET /products parameter query.page: is new and required',
    ],
    [
      'a parameter that is required now',
      (it) => (it.paths['/products'].get.parameters[0].required = true),
      'GET /products parameter query.sort: is required now',
    ],
    [
      'another type of a parameter',
      (it) => (it.paths['/products'].get.parameters[0].schema = { type: 'integer' }),
      'GET /products parameter query.sort: takes an integer, took a string',
    ],
    [
      'a body where there was none',
      (it) => (it.paths['/account'].get.requestBody = { required: true, content: {} }),
      'GET /account request: is new and required',
    ],
    [
      'another media type',
      (it) => {
        const { content } = reviews(it).requestBody;
        content['application/xml'] = content['application/json'];
        delete content['application/json'];
      },
      `${where} request: takes application/json no longer`,
    ],
    [
      'logging in',
      (it) => (it.paths['/products'].get.security = [{ bearer: [] }]),
      'GET /products security: needs bearer, took anybody',
    ],
    [
      'logging in everywhere',
      (it) => (it.security = [{ bearer: ['read'] }]),
      'GET /products security: needs bearer read, took anybody',
    ],
    [
      'a way to log in that is gone',
      (it) => it.paths['/account'].get.security.pop(),
      'GET /account security: no longer takes session, needs bearer',
    ],
    [
      'a way to log in that has changed',
      (it) => (it.components.securitySchemes.bearer.scheme = 'basic'),
      'GET /account security: no longer takes bearer, needs bearer or session',
    ],
  ])('%s', (_, change, says) => {
    expect(broken(change)).toContain(says);
  });

  it('is a body that may not be missing any more', () => {
    const optional = (it: Source) => {
      reviews(it).requestBody.required = false;
    };
    const required = (it: Source) => {
      reviews(it).requestBody.required = true;
    };
    expect(broken(required, optional)).toEqual([`${where} request: is required now`]);
  });
});

describe('documents', () => {
  it('that contain themselves and each other are compared to an end', () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
    const entangled = (it: Source) => {
      const links = names.map((name) => [name, { $ref: `#/components/schemas/${name}` }]);
      for (const name of names)
        it.components.schemas[name] = { allOf: [{ properties: Object.fromEntries(links) }] };
      it.components.schemas.Endless = { allOf: [{ $ref: '#/components/schemas/Endless' }] };
      it.components.schemas.Circle = { $ref: '#/components/schemas/Circle' };
      for (const name of ['A', 'Product', 'Endless', 'Circle'])
        product(it).properties[name.toLowerCase()] = { $ref: `#/components/schemas/${name}` };
    };
    const change = (it: Source) => {
      product(it).properties.price.type = 'string';
      it.components.schemas.H.required = ['A'];
      it.components.schemas.G = { type: 'string' };
    };
    const found = broken(change, entangled);
    expect(found).toContain('GET /products 200 products[].price: is a string, was a number');
    expect(found).toContain('GET /products 200 products[].a.G: is a string, was an object');
    expect(found.length).toBeLessThan(60);
  });

  it('name every place of a schema that stands in several', () => {
    const twice = (it: Source) => {
      const reference = { $ref: '#/components/schemas/Product' };
      it.components.schemas.Order.properties.gift = reference;
      it.components.schemas.Order.properties.best = { ...reference };
    };
    expect(broken((it) => delete product(it).properties.price, twice)).toEqual([
      'GET /products 200 products[].price: is gone',
      'GET /account 200 orders[].gift.price: is gone',
      'GET /account 200 orders[].best.price: is gone',
    ]);
  });

  it('count what they keep and what is new', () => {
    const is = shopDocument();
    is.paths['/news'] = { get: { responses: {} } };
    const { kept, added } = compareDocuments(readDocument(shopDocument()), readDocument(is));
    expect(kept).toEqual(['GET /products', 'POST /products/{id}/reviews', 'GET /account']);
    expect(added).toEqual(['GET /news']);
  });

  it('of OpenAPI 3.0 say null and exclusive limits in their own way', () => {
    const old = (it: Source) => {
      it.openapi = '3.0.3';
      product(it).properties.price = { type: 'number', nullable: true };
      review(it).properties.stars = { type: 'integer', minimum: 0, exclusiveMinimum: true };
    };
    const change = (it: Source) => {
      product(it).properties.price.nullable = false;
      delete review(it).properties.stars.exclusiveMinimum;
    };
    expect(broken(change, old)).toContain(
      'POST /products/{id}/reviews request stars: has minimum 0 now, had none',
    );
    const back = (it: Source) => {
      product(it).properties.price.nullable = true;
    };
    const before = (it: Source) => {
      product(it).properties.price = { type: 'number' };
    };
    expect(broken(back, before)).toEqual([
      'GET /products 200 products[].price: may be null now, was a number',
    ]);
  });

  it.each([
    [{}, 'it says no version'],
    [{ swagger: '2.0' }, 'this one is of 2.0'],
    [[], 'it says no version'],
    ['text', 'it says no version'],
  ])('of another kind are refused: %j', (source, says) => {
    expect(() => readDocument(source)).toThrow(says);
  });

  it('may be full of nonsense', () => {
    const document = readDocument({
      openapi: '3.1.0',
      paths: {
        '/a': null,
        '/b': { get: { parameters: [null, { $ref: '#/no%where' }], responses: { 200: 'x' } } },
        '/c': { post: { requestBody: { $ref: 'other.yml#/x' }, security: 'none', responses: [] } },
      },
    });
    expect(document.operations.map(({ name }) => name)).toEqual(['GET /b', 'POST /c']);
    expect(compareDocuments(document, document).changes).toEqual([]);
  });
});

function reviews(document: Source): Source {
  return document.paths['/products/{id}/reviews'].post;
}

function page(): Source {
  return { in: 'query', name: 'page', schema: { type: 'integer' } };
}

function renameParameter(document: Source): void {
  const item = document.paths['/products/{id}/reviews'];
  delete document.paths['/products/{id}/reviews'];
  item.parameters[0].name = 'sku';
  document.paths['/products/{sku}/reviews'] = item;
}

function inline(document: Source): void {
  reviews(document).requestBody.content['application/json'].schema = review(document);
}

function splitProduct(document: Source): void {
  const { properties, required, ...rest } = product(document);
  const { price, ...others } = properties;
  document.components.schemas.Product = {
    ...rest,
    allOf: [
      { properties: others, required: required.filter((name: string) => name !== 'price') },
      { properties: { price }, required: ['price'] },
    ],
  };
}
