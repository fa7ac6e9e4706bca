import type { Finding } from '../findings.ts';
import { parsePolicies, weakened } from './content-policy.ts';

/** Compares one header: what is weaker on green, in words; null for nothing. */
type Comparison = (blue: Headers, green: Headers) => string | null;

/** A page from which nobody expects requests. */
export const strangeOrigin = 'https://verdigris.invalid';

const comparisons: Record<string, Comparison> = {
  'strict-transport-security': compareTransport,
  'content-security-policy': compareContentPolicy,
  'x-content-type-options': ranked('x-content-type-options', ['nosniff']),
  'x-frame-options': compareFraming,
  'referrer-policy': compareReferrers,
  'permissions-policy': comparePermissions,
  'cross-origin-opener-policy': ranked('cross-origin-opener-policy', [
    ...['same-origin-allow-popups', 'noopener-allow-popups', 'same-origin'],
  ]),
  'cross-origin-embedder-policy': ranked('cross-origin-embedder-policy', [
    ...['credentialless', 'require-corp'],
  ]),
  'cross-origin-resource-policy': ranked('cross-origin-resource-policy', [
    ...['same-site', 'same-origin'],
  ]),
};

/** What headers of green protect less than blue's. @param asked Such as `GET /`. */
export function weakerHeaders(blue: Headers, green: Headers, asked: string): Finding[] {
  return Object.entries(comparisons).flatMap(([name, compare]) => {
    const change = compare(blue, green);
    if (change === null) return [];
    return [finding(`headers.${name}`, `${name} ${change} (${asked})`)];
  });
}

/** What green tells of its programs and blue does not. */
export function tellingHeaders(blue: Headers, green: Headers, asked: string): Finding[] {
  return ['server', 'x-powered-by', 'x-aspnet-version'].flatMap((name) => {
    const [before, after] = [blue.get(name) ?? '', green.get(name) ?? ''];
    const isTelling = /\d+\.\d+/.test(after) && !/\d+\.\d+/.test(before);
    if (!isTelling) return [];
    const says = `${name} tells a version: ${after.slice(0, 60)} (${asked})`;
    return [{ path: `headers.${name}`, verdict: 'warn' as const, says }];
  });
}

/** Whether pages of strangers may read more of green than of blue; both were asked by {@link strangeOrigin}. */
export function widerSharing(blue: Headers, green: Headers, asked: string): Finding[] {
  const [before, after] = [sharing(blue), sharing(green)];
  if (after <= before) return [];
  const how = ['', 'without cookies', 'with cookies'][after];
  const says = `any page may read answers of green ${how}: access-control-allow-origin is ${green.get('access-control-allow-origin')} (${asked})`;
  return [finding('headers.access-control-allow-origin', says)];
}

function sharing(headers: Headers): number {
  const origin = headers.get('access-control-allow-origin');
  if (origin !== '*' && origin !== strangeOrigin && origin !== 'null') return 0;
  // A browser shares nothing with cookies under `*`.
  const hasCookies = headers.get('access-control-allow-credentials') === 'true' && origin !== '*';
  return hasCookies ? 2 : 1;
}

function finding(path: string, says: string): Finding {
  return { path, verdict: 'fail', says };
}

/** A header whose values are one stricter than the other; anything else is as if it were absent. */
function ranked(name: string, values: readonly string[]): Comparison {
  const rank = (headers: Headers) => values.indexOf((headers.get(name) ?? '').trim().toLowerCase());
  return (blue, green) =>
    rank(green) >= rank(blue) ? null : instead(blue.get(name), green.get(name));
}

function instead(before: string | null, after: string | null): string {
  return after === null ? 'is gone' : `is ${clipped(after)} instead of ${clipped(before ?? '')}`;
}

function clipped(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** RFC 6797, section 6.1. */
function compareTransport(blue: Headers, green: Headers): string | null {
  const name = 'strict-transport-security';
  const [before, after] = [parseTransport(blue.get(name)), parseTransport(green.get(name))];
  if (before.maxAge === 0) return null;
  if (after.maxAge === 0) return instead(blue.get(name), green.get(name));
  if (after.maxAge < before.maxAge)
    return `has max-age=${after.maxAge} instead of ${before.maxAge}`;
  const lost = ['includesubdomains', 'preload'].filter(
    (word) => before.words.has(word) && !after.words.has(word),
  );
  return lost.length > 0 ? `lacks ${lost.join(' and ')}` : null;
}

function parseTransport(header: string | null): { maxAge: number; words: Set<string> } {
  const words = new Set(
    (header ?? '')
      .toLowerCase()
      .split(';')
      .map((word) => word.trim()),
  );
  const age = [...words]
    .find((word) => word.startsWith('max-age='))
    ?.slice(8)
    .replaceAll('"', '');
  return { maxAge: Number(age ?? 0) || 0, words };
}

function compareContentPolicy(blue: Headers, green: Headers): string | null {
  const name = 'content-security-policy';
  const changes = weakened(parsePolicies(blue.get(name)), parsePolicies(green.get(name)));
  return changes.length > 0 ? changes.join(', ') : null;
}

/** `frame-ancestors` takes its place where both are there (CSP3, section 6.4.2). */
function compareFraming(blue: Headers, green: Headers): string | null {
  const policies = parsePolicies(green.get('content-security-policy'));
  if (policies.some((policy) => policy.has('frame-ancestors'))) return null;
  return ranked('x-frame-options', ['sameorigin', 'deny'])(blue, green);
}

/** From what tells most to what tells least (W3C Referrer Policy, section 3). */
const referrerPolicies = [
  ...['unsafe-url', 'no-referrer-when-downgrade', 'origin-when-cross-origin', 'origin'],
  ...['strict-origin-when-cross-origin', 'strict-origin', 'same-origin', 'no-referrer'],
];
/** What browsers do without one. */
const usualReferrers = 'strict-origin-when-cross-origin';

function compareReferrers(blue: Headers, green: Headers): string | null {
  const [before, after] = [referrersOf(blue), referrersOf(green)];
  if (referrerPolicies.indexOf(after) >= referrerPolicies.indexOf(before)) return null;
  return `is ${after} instead of ${before}`;
}

/** The last one that is known counts. */
function referrersOf(headers: Headers): string {
  const words = (headers.get('referrer-policy') ?? '').toLowerCase().split(',');
  return words.map((word) => word.trim()).findLast(isReferrerPolicy) ?? usualReferrers;
}

const isReferrerPolicy = (word: string) => referrerPolicies.includes(word);

function comparePermissions(blue: Headers, green: Headers): string | null {
  const after = parseFeatures(green.get('permissions-policy'));
  const wider = [...parseFeatures(blue.get('permissions-policy'))].flatMap(([feature, allowed]) => {
    if (allowed.includes('*')) return [];
    const now = after.get(feature);
    if (now === undefined) return [`${feature} is no longer held back`];
    const added = now.filter((who) => !allowed.includes(who));
    return added.length > 0 ? [`${feature} is also for ${added.join(' ')}`] : [];
  });
  return wider.length > 0 ? wider.join(', ') : null;
}

/** `camera=(), geolocation=(self "https://maps.example")`. */
function parseFeatures(header: string | null): Map<string, string[]> {
  const found = (header ?? '').matchAll(/([a-z-]+)\s*=\s*(?:\(([^)]*)\)|([^\s,()]+))/gi);
  return new Map(
    [...found].map(([, feature = '', list, single]) => [
      feature.toLowerCase(),
      (list ?? single ?? '').split(/\s+/).filter(Boolean),
    ]),
  );
}
