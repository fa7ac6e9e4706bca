import { Parser } from 'htmlparser2';

/** What a page needs besides itself. */
export interface PageFiles {
  /** Paths and queries at the page's own address, each once, in the order of the page. */
  own: string[];
  /** How many are at other addresses. */
  elsewhere: number;
}

/** Kinds of links that a browser loads with the page. */
const loaded: ReadonlySet<string> = new Set([
  ...['stylesheet', 'icon', 'apple-touch-icon', 'mask-icon'],
  ...['manifest', 'preload', 'modulepreload'],
]);

/** Where elements name files. */
const attributesOf: Readonly<Record<string, readonly string[]>> = {
  script: ['src'],
  img: ['src', 'srcset'],
  source: ['src', 'srcset'],
  video: ['src', 'poster'],
  audio: ['src'],
  track: ['src'],
  embed: ['src'],
};

/**
 * The files that a page names itself. What its stylesheets and scripts load later is not among them.
 * @param pageUrl - absolute
 */
export function filesOf(html: string, pageUrl: string): PageFiles {
  const named: string[] = [];
  let base = pageUrl;
  const parser = new Parser({
    onopentag(element, attributes) {
      if (element === 'base' && base === pageUrl && attributes.href)
        base = URL.parse(attributes.href, pageUrl)?.href ?? pageUrl;
      for (const one of namedBy(element, attributes)) named.push(one);
    },
  });
  parser.write(html);
  parser.end();
  return sorted(named, base, new URL(pageUrl).origin);
}

type Attributes = Readonly<Record<string, string>>;

function namedBy(element: string, attributes: Attributes): string[] {
  if (element === 'link')
    return isLoaded(attributes) ? valuesOf(['href', 'imagesrcset'], attributes) : [];
  return valuesOf(attributesOf[element] ?? [], attributes);
}

function isLoaded({ rel = '' }: Attributes): boolean {
  return rel
    .toLowerCase()
    .split(/\s+/)
    .some((word) => loaded.has(word));
}

function valuesOf(names: readonly string[], attributes: Attributes): string[] {
  return names.flatMap((name) => {
    const value = attributes[name]?.trim() ?? '';
    if (value === '') return [];
    return name.endsWith('srcset') ? candidatesIn(value) : [value];
  });
}

/** The URLs of `small.png 1x, large.png 2x`; one of them may have commas inside, but not at its end. */
function candidatesIn(srcset: string): string[] {
  const urls: string[] = [];
  const url = /[^\s,]\S*/g;
  for (let found = url.exec(srcset); found; found = url.exec(srcset)) {
    const [text] = found;
    if (!text.endsWith(',')) {
      urls.push(text);
      const end = srcset.indexOf(',', url.lastIndex);
      if (end < 0) break;
      url.lastIndex = end;
    } else urls.push(withoutCommas(text));
  }
  return urls;
}

function withoutCommas(text: string): string {
  let end = text.length;
  while (text[end - 1] === ',') end -= 1;
  return text.slice(0, end);
}

function sorted(named: string[], base: string, origin: string): PageFiles {
  const urls = named.flatMap((one) => URL.parse(one, base) ?? []);
  const remote = urls.filter(({ protocol }) => protocol === 'http:' || protocol === 'https:');
  const own = remote.filter((url) => url.origin === origin);
  return {
    own: [...new Set(own.map(({ pathname, search }) => `${pathname}${search}`))],
    elsewhere: new Set(remote.filter((url) => url.origin !== origin).map(({ href }) => href)).size,
  };
}
