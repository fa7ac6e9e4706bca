/**
 * Storefront v2 as a Lambda function behind an HTTP API (payload 2.0).
 * Sells a lamp as well. Good: it goes live and stays.
 */
const version = 'v2';
const products = [
  { id: 'mug', name: 'Enamel mug', price: 12 },
  { id: 'tote', name: 'Canvas tote', price: 18 },
  { id: 'lamp', name: 'Desk lamp', price: 49 },
];

const routes = {
  '/healthz': () => ({ status: 'ok', version }),
  '/products': () => products,
  '/cart': () => ({ items: [] }),
};

export async function handler({ rawPath = '/products' }) {
  const route = routes[rawPath];
  if (!route) return answer(404, { error: `no page ${rawPath}` });
  return answer(200, route());
}

function answer(statusCode, body) {
  const headers = { 'content-type': 'application/json', 'x-storefront-version': version };
  return { statusCode, headers, body: JSON.stringify(body) };
}
