const anyOrigin = 'https://conductor.invalid';

/**
 * Where a browser goes after it has signed in: a path of our own, whatever was asked for. Read as a
 * browser reads it, which takes `//host`, `/\host` and a tab between two slashes for another host.
 */
export function returnPath(asked: string | undefined): string {
  if (!asked?.startsWith('/') || asked.length > 500) return '/';
  const url = URL.canParse(asked, anyOrigin) ? new URL(asked, anyOrigin) : undefined;
  if (url?.origin !== anyOrigin || url.pathname.startsWith('//')) return '/';
  // Not the fragment: a token can stand in it, and somebody else's would sign in somebody else.
  return `${url.pathname}${url.search}`;
}
