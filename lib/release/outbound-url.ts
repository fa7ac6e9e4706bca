import { z } from 'zod';

const loopback: ReadonlySet<string> = new Set(['localhost', '[::1]']);

/**
 * Schema of a URL that a manifest has the conductor call: whoever is called has to be who they say they are,
 * and nobody on the way reads it. This machine is its own way.
 */
export const outboundUrl = z.string().max(2048).refine(isOutbound, {
  error:
    'needs an https URL without a name or password in it; http is for this machine only (127.0.0.1, [::1], localhost)',
});

function isOutbound(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
  if (url.protocol === 'https:') return true;
  const isLocal = loopback.has(url.hostname) || /^127(?:\.\d{1,3}){3}$/.test(url.hostname);
  return url.protocol === 'http:' && isLocal;
}
