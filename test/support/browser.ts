/** As much of a browser as a sign-in needs: it keeps cookies by host and path, and follows redirects. */
export interface Browser {
  /** Follows redirects until there are none, or one leads to `stopAt`, whatever its query. */
  visit(url: string, init?: RequestInit, stopAt?: string): Promise<Visited>;
  cookies: ReadonlyMap<string, string>;
}

/** Where a visit ended. */
export interface Visited {
  url: string;
  status: number;
  text: string;
  headers: Headers;
}

/** An empty one. */
export function createBrowser(): Browser {
  const cookies = new Map<string, string>();

  async function visit(url: string, init: RequestInit = {}, stopAt?: string): Promise<Visited> {
    const cookie = cookiesFor(new URL(url), cookies);
    const headers = { ...(init.headers as Record<string, string>), ...(cookie ? { cookie } : {}) };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) keep(line, new URL(url), cookies);
    const location = answer.headers.get('location');
    const next = location ? new URL(location, url).href : null;
    if (!next || next.split('?')[0] === stopAt) {
      return {
        url: next ?? url,
        status: answer.status,
        text: await answer.text(),
        headers: answer.headers,
      };
    }
    return visit(next, {}, stopAt);
  }

  return { visit, cookies };
}

function keep(line: string, url: URL, cookies: Map<string, string>): void {
  const [pair = '', ...attributes] = line.split(';').map((it) => it.trim());
  const path = attributes.find((it) => /^path=/i.test(it))?.slice(5) ?? '/';
  const [name = ''] = pair.split('=');
  const key = `${url.host} ${path} ${name}`;
  if (attributes.some((it) => /^max-age=0$/i.test(it) || /^expires=thu, 01 jan 1970/i.test(it))) {
    cookies.delete(key);
  } else cookies.set(key, pair);
}

function cookiesFor(url: URL, cookies: ReadonlyMap<string, string>): string {
  const fitting = [...cookies].filter(([key]) => {
    const [host, path = '/'] = key.split(' ');
    return host === url.host && url.pathname.startsWith(path);
  });
  return fitting.map(([, pair]) => pair).join('; ');
}
