/** What the address bar says. Deep links are pasted into chat: their form does not change. */
export type Place =
  | { page: 'services' }
  | { page: 'service'; service: string }
  | { page: 'release'; releaseId: string }
  | { page: 'unknown'; path: string };

/** The place that a path names. */
export function placeOf(path: string): Place {
  const parts = path.split('/').filter((part) => part !== '');
  const [kind, id] = parts;
  if (parts.length === 0) return { page: 'services' };
  if (parts.length === 1 && isHome(kind)) return { page: 'services' };
  if (parts.length !== 2 || id === undefined) return { page: 'unknown', path };
  const name = decoded(id);
  if (kind === 'services' && name) return { page: 'service', service: name };
  if (kind === 'releases' && name) return { page: 'release', releaseId: name };
  return { page: 'unknown', path };
}

/** The path of a service's page. */
export function servicePath(service: string): string {
  return `/services/${encodeURIComponent(service)}`;
}

/** The path of a release's page. */
export function releasePath(releaseId: string): string {
  return `/releases/${encodeURIComponent(releaseId)}`;
}

/**
 * The token that a sign-in link carries behind the `#`, where no server and no log sees it.
 * Null where there is none.
 */
export function tokenInHash(hash: string): string | null {
  const match = /^#token=([^&]+)$/.exec(hash);
  return match?.[1] ? decoded(match[1]) : null;
}

/** What a click on a link needs of its event and of the link, to be followed without loading a page. */
export interface LinkClick {
  button: number;
  hasModifier: boolean;
  isPrevented: boolean;
  /** The link's own; null where the click was on no link. */
  href: string | null;
  target: string | null;
  hasDownload: boolean;
}

/** The path to go to within the console, or null where the browser should do as it always does. */
export function pathOfClick(click: LinkClick, origin: string): string | null {
  const { button, hasModifier, isPrevented, href, target, hasDownload } = click;
  if (button !== 0 || hasModifier || isPrevented || hasDownload || !href) return null;
  if (target && target !== '_self') return null;
  const url = URL.canParse(href, origin) ? new URL(href, origin) : null;
  if (!url || url.origin !== origin || url.hash) return null;
  return placeOf(url.pathname).page === 'unknown' ? null : url.pathname;
}

/** `/signin` is for people who are not signed in; those who are have nothing to do there. */
function isHome(part: string | undefined): boolean {
  return part === 'services' || part === 'signin';
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
