/** Directives that go by `default-src` where they are absent (CSP3, section 6.8.3). */
const fetchDirectives = [
  ...['child-src', 'connect-src', 'font-src', 'frame-src', 'img-src', 'manifest-src', 'media-src'],
  ...['object-src', 'script-src', 'script-src-elem', 'script-src-attr', 'style-src'],
  ...['style-src-elem', 'style-src-attr', 'worker-src'],
];
/** By whom else they go before that. */
const nearer: Record<string, string[]> = {
  'script-src-elem': ['script-src'],
  'script-src-attr': ['script-src'],
  'style-src-elem': ['style-src'],
  'style-src-attr': ['style-src'],
  'frame-src': ['child-src'],
  'worker-src': ['child-src', 'script-src'],
};
/** Lists of sources without a fallback. */
const listDirectives = ['base-uri', 'form-action', 'frame-ancestors'];
/** Directives that protect by being there. */
const plainDirectives = [
  ...['upgrade-insecure-requests', 'block-all-mixed-content', 'sandbox'],
  'require-trusted-types-for',
];

/** A policy by its directives, and the sources of each. */
export type ContentPolicy = ReadonlyMap<string, readonly string[]>;

/** The policies of a header; several are in force together, parted by commas. */
export function parsePolicies(header: string | null): ContentPolicy[] {
  const written = (header ?? '').split(',').map((it) => it.trim());
  return written.filter(Boolean).map(parsePolicy);
}

function parsePolicy(text: string): ContentPolicy {
  const directives = new Map<string, string[]>();
  for (const part of text.split(';')) {
    const [name, ...sources] = part.trim().split(/\s+/);
    const key = name?.toLowerCase();
    // The first of one name counts.
    if (key && !directives.has(key))
      directives.set(
        key,
        sources.map((it) => it.toLowerCase()),
      );
  }
  return directives;
}

/** In what green's policies hold back less than blue's, one line each; none when they hold back as much. */
export function weakened(
  blue: readonly ContentPolicy[],
  green: readonly ContentPolicy[],
): string[] {
  const found = blue.map((policy) => {
    const changes = green.map((other) => changesBetween(policy, other));
    // One of green's policies that is as strict will do.
    return changes.toSorted((one, other) => one.length - other.length)[0] ?? ['is gone'];
  });
  return [...new Set(found.flat())];
}

function changesBetween(blue: ContentPolicy, green: ContentPolicy): string[] {
  const lists = [...fetchDirectives, ...listDirectives];
  const isNamed = (name: string) => blue.has(name) || green.has(name);
  return [
    ...lists.filter(isNamed).flatMap((name) => listChange(name, blue, green)),
    ...defaultChange(blue, green),
    ...plainDirectives
      .filter((name) => blue.has(name) && !green.has(name))
      .map((name) => `${name} is gone`),
  ];
}

/** What nobody names goes by `default-src`. */
function defaultChange(blue: ContentPolicy, green: ContentPolicy): string[] {
  const [before, after] = [blue.get('default-src'), green.get('default-src')];
  return difference('default-src', before ?? null, after ?? null);
}

function listChange(name: string, blue: ContentPolicy, green: ContentPolicy): string[] {
  return difference(name, sourcesOf(name, blue), sourcesOf(name, green));
}

/** The sources that count for a directive; null where nothing is held back. */
function sourcesOf(name: string, policy: ContentPolicy): readonly string[] | null {
  const fallbacks = fetchDirectives.includes(name) ? [...(nearer[name] ?? []), 'default-src'] : [];
  const found = [name, ...fallbacks].find((key) => policy.has(key));
  return found === undefined ? null : (policy.get(found) ?? []);
}

function difference(
  name: string,
  before: readonly string[] | null,
  after: readonly string[] | null,
): string[] {
  if (before === null) return [];
  if (after === null) return [`${name} is gone`];
  const added = after.filter((source) => !isIncluded(source, before));
  return added.length > 0 ? [`${name} also allows ${added.join(' ')}`] : [];
}

/** What makes a policy stricter, or allows one very script only. */
const harmless = /^'(?:none|strict-dynamic|report-sample|nonce-.*|sha\d+-.*)'$/;
/** Schemes that `*` stands for (CSP3, section 6.7.2.8). */
const anyScheme = ['http:', 'https:', 'ws:', 'wss:'];

function isIncluded(source: string, sources: readonly string[]): boolean {
  if (harmless.test(source) || sources.includes(source)) return true;
  if (source.startsWith("'")) return false;
  if (source.endsWith(':')) return sources.includes('*') && anyScheme.includes(source);
  return sources.some((outer) => outer === '*' || hostCovers(outer, source));
}

/** `*.shop.example` has `www.shop.example`, and `https:` has `https://anything`. */
function hostCovers(outer: string, inner: string): boolean {
  if (outer.endsWith(':')) return inner.startsWith(`${outer}//`);
  const bare = (text: string) => text.replace(/^https?:\/\//, '');
  return bare(outer).startsWith('*.') && bare(inner).endsWith(bare(outer).slice(1));
}
