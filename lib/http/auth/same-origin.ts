import type { AuthRequest } from '../authenticate.ts';

/**
 * Why a request with a cookie does not come from our own pages, or null. Browsers say where a request
 * comes from (https://www.w3.org/TR/fetch-metadata/) and send a header of our own name to another
 * site only if that site has agreed, which this one never does. SameSite=Strict is the first line;
 * this holds where a sibling of our domain is somebody else's.
 */
export function refusalOfOrigin(request: AuthRequest, publicUrl: string | null): string | null {
  const isSafe = ['GET', 'HEAD'].includes(request.method);
  if (!isSafe && request.header('x-verdigris-console') !== '1') {
    return 'X-Verdigris-Console: 1 is missing';
  }
  return foreignOrigin(request, publicUrl);
}

/** What in a request says that another site's page has made it, or null. */
export function foreignOrigin(
  { header }: Pick<AuthRequest, 'header'>,
  publicUrl: string | null,
): string | null {
  const site = header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'Sec-Fetch-Site';
  const origin = header('origin');
  if (origin === undefined) return null;
  const host = URL.canParse(origin) ? new URL(origin).host : null;
  const own = [header('host'), publicUrl ? new URL(publicUrl).host : undefined];
  return host !== null && own.includes(host) ? null : 'Origin';
}
