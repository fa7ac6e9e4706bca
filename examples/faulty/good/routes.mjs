/** Which handler answers what. A handler gets `{request, response, url, params}` and gives an answer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logIn, showAccount } from './account.mjs';
import { json, Refusal } from './answers.mjs';
import { showAsset } from './assets.mjs';
import { changeCart, checkOut, showCart } from './cart.mjs';
import { showProduct, showProducts } from './catalogue.mjs';
import { config } from './config.mjs';
import { streamEvents } from './events.mjs';
import { probe, showSecrets } from './internal.mjs';
import { explainLive } from './live.mjs';
import { showMetrics } from './metrics.mjs';
import { showPage } from './page.mjs';
import { addReview } from './reviews.mjs';

const openapi = JSON.parse(readFileSync(join(import.meta.dirname, 'openapi.json'), 'utf8'));

const table = [
  ['GET', '/', showPage],
  ['GET', '/healthz', async () => json({ status: 'ok', version: config.version })],
  ['GET', '/openapi.json', async () => json(openapi)],
  ['GET', '/assets/{name}', showAsset],
  ['GET', '/products', showProducts],
  ['GET', '/products/{id}', showProduct],
  ['POST', '/products/{id}/reviews', addReview],
  ['POST', '/login', logIn],
  ['GET', '/account', showAccount],
  ['GET', '/cart', showCart],
  ['POST', '/cart', changeCart],
  ['POST', '/checkout', checkOut],
  ['GET', '/events', streamEvents],
  ['GET', '/live', explainLive],
  ['GET', '/metrics', showMetrics],
  ['GET', '/internal/probe', probe],
  ['GET', '/internal/secrets', showSecrets],
].map(([method, route, handle]) => ({ method, route, handle, pattern: patternOf(route) }));

function patternOf(route) {
  return new RegExp(`^${route.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}

/** `{route, handle, params}` for a request; what is not there gets a handler that says so. */
export function findRoute(method, pathname) {
  const matches = table.flatMap((it) => {
    const found = it.pattern.exec(pathname);
    return found ? [{ ...it, params: decoded(found.groups ?? {}) }] : [];
  });
  const wanted = method === 'HEAD' ? 'GET' : method;
  return matches.find((it) => it.method === wanted) ?? missing(matches.map((it) => it.method));
}

function missing(methods) {
  const refusal =
    methods.length === 0
      ? new Refusal(404, 'there is nothing here')
      : new Refusal(405, 'not with this method', { allow: methods.join(', ') });
  const handle = async () => {
    throw refusal;
  };
  return { route: 'none', handle, params: {} };
}

function decoded(groups) {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(value)]));
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
