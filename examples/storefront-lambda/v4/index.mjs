/**
 * Storefront v4 as a Lambda function behind an HTTP API (payload 2.0).
 * Has lost its products. Its check fails, and it never sees a user.
 */
const version = 'v4';
const products = [];

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
