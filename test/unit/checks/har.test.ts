import { describe, expect, it } from 'vitest';
import { readHar } from '../../../lib/checks/har.ts';
import { recordedSteps } from '../../../lib/checks/journey/recorded-steps.ts';
import { harOf } from '../../support/har.ts';

const read = (entries: Parameters<typeof harOf>[0]) => readHar(harOf(entries), 'shop.har');

describe('a HAR file', () => {
  it('is read as what was asked and what came', () => {
    expect(
      read([
        {
          ...{ method: 'POST', path: '/login?next=1', body: 'user=ada', status: 302 },
          headers: { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: 'a=1' },
          location: 'https://shop.example.com/cart',
        },
        { path: '/cart', json: { items: [] } },
      ]),
    ).toEqual([
      {
        ...{ method: 'POST', path: '/login?next=1', body: 'user=ada', status: 302 },
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        ...{ location: '/cart', answer: null },
      },
      {
        ...{ method: 'GET', path: '/cart', body: undefined, status: 200, headers: {} },
        ...{ location: null, answer: '{"items":[]}' },
      },
    ]);
  });

  it('has no scripts, images, streams, preflights, other hosts and broken requests in it', () => {
    const recorded = read([
      { path: '/' },
      { path: '/app.js', type: 'text/javascript' },
      { path: '/logo.svg', type: 'image/svg+xml' },
      { path: '/events', type: 'text/event-stream' },
      { path: '/style', resourceType: 'stylesheet' },
      { path: '/api', method: 'OPTIONS' },
      { path: '/gone', status: 0 },
      { path: '/pixel', origin: 'https://tracker.example' },
      { path: '/api', resourceType: 'fetch', status: 304 },
    ]);
    expect(recorded.map(({ path, status }) => [path, status])).toEqual([
      ['/', 200],
      ['/api', 200],
    ]);
  });

  it('keeps what a request said and drops what the browser added', () => {
    const headers = {
      ...{ ':authority': 'shop', Host: 'shop', 'If-None-Match': 'x', 'Sec-Fetch-Mode': 'cors' },
      ...{ Accept: 'application/json', 'X-CSRF': 'y', Authorization: 'Bearer z' },
    };
    expect(read([{ path: '/', headers }])[0]?.headers).toEqual({
      ...{ accept: 'application/json', 'x-csrf': 'y', authorization: 'Bearer z' },
    });
  });

  it('reads forms by their fields and answers in base64', () => {
    const [one] = read([{ path: '/', method: 'POST', params: { a: 'b c' }, base64: '{"d":1}' }]);
    expect(one).toMatchObject({ body: 'a=b+c', answer: '{"d":1}' });
  });

  it.each([
    ['not JSON', 'is no HAR file'],
    ['{"log":{}}', 'is no HAR file'],
    ['{"log":{"entries":[]}}', 'has no request in it'],
  ])('is refused when it is %s', (text, reason) => {
    expect(() => readHar(text, 'shop.har')).toThrow(`shop.har ${reason}`);
  });
});

describe('the steps of a recording', () => {
  it('send back what the answers of today have given', () => {
    const steps = recordedSteps(
      read([
        {
          path: '/login',
          method: 'POST',
          body: '{"user":"adalovelace"}',
          json: { token: 'tok-123456', user: 'adalovelace' },
        },
        { path: '/me', headers: { authorization: 'Bearer tok-123456' } },
        { path: '/orders', method: 'POST', status: 201, json: { order: { id: 48_151 } } },
        { path: '/orders/48151', json: { user: 'adalovelace' } },
        { path: '/orders/48151/lines' },
      ]),
    );
    expect(steps.map(({ path, headers, capture }) => ({ path, headers, capture }))).toEqual([
      { path: '/login', headers: {}, capture: { step1value1: { json: 'token' } } },
      { path: '/me', headers: { authorization: 'Bearer {step1value1}' }, capture: {} },
      { path: '/orders', headers: {}, capture: { step3value1: { json: 'order.id' } } },
      { path: '/orders/{step3value1}', headers: {}, capture: {} },
      { path: '/orders/{step3value1}/lines', headers: {}, capture: {} },
    ]);
    expect(steps[2]).toMatchObject({ name: 'POST /orders', expect: { status: 201 } });
  });

  it('follow redirects to where they lead now', () => {
    const steps = recordedSteps(
      read([
        { path: '/checkout', method: 'POST', status: 303, location: '/orders/1' },
        { path: '/orders/1' },
      ]),
    );
    expect(steps[1]).toMatchObject({ name: 'GET /orders/1', path: '{location}' });
  });

  it('leave out credentials that nobody has given', () => {
    const headers = { authorization: 'Bearer old', accept: '*/*' };
    expect(recordedSteps(read([{ path: '/', headers }]))[0]?.headers).toEqual({ accept: '*/*' });
  });

  it('change bodies, too, and nothing that the client had sent first', () => {
    const steps = recordedSteps(
      read([
        { path: '/search?q=screwdriver', json: { of: 'screwdriver', cursor: 'c-00000001' } },
        { path: '/next', method: 'POST', body: '{"q":"screwdriver","cursor":"c-00000001"}' },
      ]),
    );
    expect(steps[1]?.content).toEqual({ text: '{"q":"screwdriver","cursor":"{step1value1}"}' });
  });
});
