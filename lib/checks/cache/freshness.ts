/**
 * For how many seconds a cache on the way may give an answer without asking again (RFC 9111, section 4.2):
 * the longest of what browsers and shared caches are allowed, with the time in which what is stale may
 * still be given (RFC 5861). 0 where nothing is said.
 */
export function freshSeconds(headers: Headers): number {
  const directives = directivesIn(headers.get('cache-control') ?? '');
  if (directives.has('no-store') || directives.get('no-cache') === '') return 0;
  const ages = ['max-age', 's-maxage'].flatMap((name) => secondsOf(directives.get(name)));
  if (ages.length === 0) return secondsUntilExpiry(headers);
  const [stale = 0] = secondsOf(directives.get('stale-while-revalidate'));
  return Math.max(...ages) + stale;
}

/** Names in lower case to values without quotes, empty where there are none. */
function directivesIn(text: string): Map<string, string> {
  const found = text.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;]*)))?/g);
  return new Map(
    [...found].map(([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? '']),
  );
}

function secondsOf(text: string | undefined): number[] {
  return text !== undefined && /^\d{1,10}$/.test(text) ? [Number(text)] : [];
}

/** What is not a date has passed already, as `0` that many servers send. */
function secondsUntilExpiry(headers: Headers): number {
  const expires = Date.parse(headers.get('expires') ?? '');
  const date = Date.parse(headers.get('date') ?? '');
  const seconds = Math.round((expires - date) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}
