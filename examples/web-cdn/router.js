// A CloudFront function (cloudfront-js-2.0) for viewer requests. It reads which environments are live from
// the key value store that Verdigris writes (router: { kind: cloudfront-origin, mode: key-value-store }),
// and sends each request to the origin of one of them. Without a route that can be read, requests go to
// the distribution's own origin.
import cf from 'cloudfront';

/** `router.key` of the manifest, or the service's name. */
const key = 'storefront';
/** Visitors with this cookie stay on one side by its value, all others by their IP address. */
const stickyCookie = 'session';
/** Tells the origin its side, and keeps versions apart in the cache where the cache policy includes it. */
const sideHeader = 'x-verdigris-environment';

const store = cf.kvs();

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it.
async function handler(event) {
  const request = event.request;
  delete request.headers[sideHeader];
  const route = await readRoute();
  const side = route ? sideFor(route.weights, placeOf(event)) : undefined;
  const origin = side === undefined ? undefined : route.origins[side];
  if (!origin) return request;
  cf.updateRequestOrigin(originOf(origin));
  request.headers[sideHeader] = { value: side };
  return request;
}

async function readRoute() {
  try {
    return await store.get(key, { format: 'json' });
  } catch (error) {
    console.log(`no route: ${error}`);
    return null;
  }
}

/** Whatever is not said stays as the distribution's own origin has it. */
function originOf(origin) {
  const changes = { domainName: origin.domainName };
  if (origin.originPath !== undefined) changes.originPath = origin.originPath;
  return changes;
}

/**
 * The side at this place from 0 to 99. Two sides keep their order from step to step, so that whoever is on
 * the one that grows stays there.
 */
function sideFor(weights, place) {
  const sides = Object.keys(weights);
  let end = 0;
  for (let i = 0; i < sides.length; i += 1) {
    end += weights[sides[i]];
    if (place < end) return sides[i];
  }
  return undefined;
}

/** A visitor's place: the same one each time. */
function placeOf(event) {
  const cookie = event.request.cookies[stickyCookie];
  return hashOf(cookie ? cookie.value : event.viewer.ip) % 100;
}

/** FNV-1a, 32 bits, mixed once more: its last digits alone are not even. */
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
