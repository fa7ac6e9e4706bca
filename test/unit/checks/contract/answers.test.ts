import { describe, expect, it } from 'vitest';
import { createAnswerJudge, judgeValue } from '../../../../lib/checks/contract/answers.ts';
import { readDocument } from '../../../../lib/checks/contract/document.ts';
import { questionsFor } from '../../../../lib/checks/contract/questions.ts';
import { shapeOf } from '../../../../lib/checks/contract/recorded.ts';
import type { Json } from '../../../../lib/release/json.ts';
import { type Source, shopDocument } from './shop-document.ts';

const json = 'application/json; charset=utf-8';
const mug = { id: 'mug', price: 12 };

/** What is wrong with an answer to an operation of the shop, as `place: what`. */
function wrong(
  body: unknown,
  {
    name = 'GET /products',
    status = 200,
    type = json,
    isCut = false,
    change = (_: Source) => {},
  } = {},
) {
  const source = shopDocument();
  change(source);
  const document = readDocument(source);
  const operation = document.operations.find((it) => it.name === name);
  if (!operation) throw new Error(`there is no ${name}`);
  const headers = new Headers(type ? { 'content-type': type } : {});
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const changes = createAnswerJudge(document).judge(operation, {
    ...{ status, headers, isCut, body: text },
  });
  return changes.map(({ at, says }) => `${at}: ${says}`);
}

describe('an answer', () => {
  it('is fine when it is as the document says, and more', () => {
    expect(wrong({ products: [mug, { ...mug, weight: 3 }], page: 1 })).toEqual([]);
    const closed = (it: Source) => {
      it.components.schemas.Product.additionalProperties = false;
    };
    expect(wrong({ products: [{ ...mug, weight: 3 }] }, { change: closed })).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['lacks a field', { products: [{ id: 'mug' }] }, 'products[].price: is missing'],
    [
      'has another type',
      { products: [mug, { ...mug, price: '12' }] },
      'products[].price: is string, was number',
    ],
    [
      'has an unknown value',
      { products: [{ ...mug, state: 'sold' }] },
      'products[].state: is "sold", which enum does not allow',
    ],
    [
      'is beyond a limit',
      { products: [{ ...mug, price: 0 }] },
      'products[].price: is 0, which exclusiveMinimum does not allow',
    ],
  ])('%s', (_, body, says) => {
    expect(wrong(body)[0]).toContain(`GET /products 200 ${says}`);
  });

  it('names a place once, however many elements are wrong', () => {
    const products = Array.from({ length: 500 }, () => ({ id: 'mug' }));
    expect(wrong({ products })).toEqual(['GET /products 200 products[].price: is missing']);
  });

  it('is of another kind', () => {
    expect(wrong('<html>', { type: 'text/html' })).toEqual([
      'GET /products 200: is text/html, was application/json',
    ]);
    expect(wrong({}, { type: '' })).toEqual([
      'GET /products 200: is of no type, was application/json',
    ]);
    expect(wrong('{')).toEqual(['GET /products 200: is no JSON, but says application/json']);
    expect(wrong([], { status: 404 })).toEqual(['GET /products 404: is a status that is new']);
  });

  it('may be a documented error, but not one of the server', () => {
    const change = (it: Source) => {
      it.paths['/products'].get.responses.default = {};
    };
    expect(wrong('', { status: 404, change })).toEqual([]);
    expect(wrong('', { status: 503, change })).toEqual([
      'GET /products 503: is an error of the server',
    ]);
  });

  it('is not looked into where there is no schema, or not all of it was read', () => {
    expect(wrong('{"products":[', { isCut: true })).toEqual([]);
    expect(wrong('anything', { name: 'POST /products/{id}/reviews', status: 201 })).toEqual([]);
    const change = (it: Source) => {
      it.paths['/products'].get.responses[200].content['text/*'] = { schema: { type: 'number' } };
    };
    expect(wrong('id,price', { type: 'text/csv', change })).toEqual([]);
  });

  it('fits one of several forms, or more', () => {
    const orders = (payment: unknown) => ({ orders: [{ payment }] });
    const options = { name: 'GET /account' };
    expect(wrong(orders({ card: '1' }), options)).toEqual([]);
    expect(wrong(orders({ card: '1', iban: '2' }), options)).toEqual([]);
    expect(wrong(orders({ cash: true }), options)).toEqual([
      'GET /account 200 orders[].payment: is {"cash":true}, which anyOf does not allow',
    ]);
  });

  it('is read as OpenAPI 3.0 means it, whatever else a schema says', () => {
    const change = (it: Source) => {
      const { properties, required } = it.components.schemas.Product;
      properties.price = { type: 'number', nullable: true, minimum: 0, exclusiveMinimum: true };
      properties.stock = { type: 'integer', maximum: 9, exclusiveMaximum: true };
      properties.state = { type: 'string', enum: ['new'], nullable: true };
      properties.since = { $ref: '#/components/schemas/Since', nullable: true };
      properties.badge = { type: 'string', pattern: '(' };
      properties.pin = { type: 'string', writeOnly: true };
      properties.like = { $ref: '#/components/schemas/Product' };
      properties.lost = { $ref: '#/components/schemas/Lost' };
      properties.deep = { $ref: '#/components/schemas/Since/nowhere' };
      properties.example = { not: {}, example: 1, $id: 'x' };
      it.components.schemas.Since = { type: 'string', enum: ['today'] };
      required.push('pin');
    };
    const nulls = { ...mug, price: null, state: null, since: null, example: 3, lost: 1, deep: 1 };
    expect(wrong({ products: [{ ...nulls, like: mug }] }, { change })).toEqual([]);
    expect(wrong({ products: [{ ...mug, price: 0 }] }, { change })).toHaveLength(1);
    expect(wrong({ products: [{ ...mug, stock: 9 }] }, { change })).toHaveLength(1);
    expect(wrong({ products: [{ ...mug, like: { id: 'mug' } }] }, { change })).toEqual([
      'GET /products 200 products[].like.price: is missing',
    ]);
  });

  it('keeps names as they are', () => {
    const schema = { properties: { 'a/b~c %d': { properties: { 'ü.x': { type: 'string' } } } } };
    const [change] = judgeValue({ 'a/b~c %d': { 'ü.x': 1 } }, schema, 'GET / 200');
    expect(change?.at).toBe('GET / 200 a/b~c %d.ü.x');
  });
});

describe('the shape of a recorded answer', () => {
  const wrongWith = (recorded: Json, value: Json) =>
    judgeValue(value, shapeOf(recorded), 'it').map(({ at, says }) => `${at} ${says}`);

  it('is in every answer like it', () => {
    const recorded = {
      products: [mug, { ...mug, price: 18.5, badge: null }],
      total: 2,
      next: null,
    };
    expect(wrongWith(recorded, recorded)).toEqual([]);
    expect(wrongWith(recorded, { products: [], total: 0.5, next: 'page', more: 1 })).toEqual([]);
    expect(wrongWith(recorded, { products: [{ id: 'a', price: 1 }], total: 1, next: 1 })).toEqual(
      [],
    );
    expect(wrongWith({ list: [] }, { list: [1, 'a'] })).toEqual([]);
    expect(wrongWith([null], [null, 1])).toEqual([]);
    expect(wrongWith({ a: [1, 'x', null] }, { a: [null, 'y'] })).toEqual([]);
  });

  it('is missed by what has lost a field or changed a type', () => {
    const recorded = { products: [mug, { id: 'tote', price: 1, badge: 'new' }], open: true };
    expect(wrongWith(recorded, { products: [{ id: 'mug' }], open: true })).toEqual([
      'it products[].price is missing',
    ]);
    expect(wrongWith(recorded, { products: [{ ...mug, price: '12' }], open: 'yes' })).toEqual([
      'it products[].price is string, was number',
      'it open is string, was boolean',
    ]);
    expect(wrongWith(recorded, [])).toEqual(['it is array, was object']);
  });

  it('of endless depth ends', () => {
    let value: Json = 1;
    for (let depth = 0; depth < 1000; depth += 1) value = [value];
    expect(wrongWith(value, [[[['x']]]])).toEqual(['it [][][][] is string, was array']);
  });
});

describe('what can be asked', () => {
  const ask = (change: (document: Source) => void, options = {}) => {
    const source = shopDocument();
    change(source);
    const defaults = { values: {}, skip: [], hasCredentials: false };
    const { asked, left } = questionsFor(readDocument(source), { ...defaults, ...options });
    return {
      asked: asked.map(({ target, headers }) => [target, headers]),
      left: left.map(({ operation, why }) => `${operation}: ${why}`),
    };
  };

  it('are reads that anybody may do', () => {
    expect(ask(() => {})).toEqual({
      asked: [['/products', {}]],
      left: ['GET /account: it needs credentials'],
    });
    expect(ask(() => {}, { hasCredentials: true, skip: ['GET /products'] })).toEqual({
      asked: [['/account', {}]],
      left: ['GET /products: the manifest skips it'],
    });
  });

  it('are those whose parameters have values', () => {
    const change = (it: Source) => {
      const parameters = [
        { in: 'query', name: 'q', required: true },
        { in: 'query', name: 'page' },
        { in: 'header', name: 'X-Shop', required: true },
      ];
      it.paths = { '/shops/{shop}/find/{id}': { get: { parameters, responses: {} } } };
    };
    const path = '/shops/{shop}/find/{id}';
    const given = { shop: 'a b', id: 7, q: 'x&y', 'x-shop': 'main' };
    expect(ask(change, { values: { [path]: given } }).asked).toEqual([
      ['/shops/a%20b/find/7?q=x%26y', { 'x-shop': 'main' }],
    ]);
    const { q: _, ...others } = given;
    expect(ask(change, { values: { [path]: others } }).left).toEqual([
      `GET ${path}: it needs a value for q`,
    ]);
    expect(ask(change).left).toEqual([`GET ${path}: it needs a value for shop`]);
  });

  it('are none that never end or need cookies', () => {
    const change = (it: Source) => {
      const events = { 200: { content: { 'text/event-stream': {} } } };
      it.paths = {
        '/events': { get: { responses: events } },
        '/live': { get: { responses: { 101: {}, 426: {} } } },
        '/me': { get: { parameters: [{ in: 'cookie', name: 'a', required: true }] } },
      };
    };
    expect(ask(change).left).toEqual([
      'GET /events: its answer never ends',
      'GET /live: its answer never ends',
      'GET /me: it needs a cookie',
    ]);
  });

  it('are no more than fifty', () => {
    const { asked, left } = ask((it) => {
      for (let n = 0; n < 60; n += 1) it.paths[`/${n}`] = { get: { responses: {} } };
    });
    expect([asked.length, left.length]).toEqual([50, 12]);
    expect(left.at(-1)).toContain('50 are enough');
  });
});
