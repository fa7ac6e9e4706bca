/**
 * Names and positions from the root of a JSON value; `*` stands for any of them. A list's `length` is a
 * name of it.
 */
export type JsonPath = readonly string[];

/** One value of several, and where it was found. */
export interface Found {
  path: JsonPath;
  value: unknown;
}

/** `["a name"]`, `[0]`, `[*]`, or what stands between dots. */
const part = /\[\s*(?:"([^"]*)"|'([^']*)'|(\*|\d+))\s*\]|([^.[\]]+)/g;

/**
 * `products.0.name`, `products[0].name`, `$.products[*].name` and `["a.b"].c` as a path. `$` is the root,
 * with or without it.
 */
export function parsePath(text: string): string[] {
  const rest = text.replace(/^\$(?=$|[.[])/, '');
  return [...rest.matchAll(part)].map(([, double, single, inside, plain]) => {
    return double ?? single ?? inside ?? plain ?? '';
  });
}

/** A path as people write it: `products.0.name`. */
export function pathText(path: JsonPath): string {
  const parts = path.map((name) => (/[.[\]"]/.test(name) ? `[${JSON.stringify(name)}]` : name));
  return parts.join('.').replaceAll('.[', '[') || '$';
}

/** Whether a path can lead to several values. */
export function isPattern(path: JsonPath): boolean {
  return path.includes('*');
}

/** Every value to which a path leads, in their order; none where it leads nowhere. */
export function valuesAt(root: unknown, path: JsonPath): Found[] {
  return path.reduce<Found[]>(
    (found, name) => found.flatMap((one) => stepInto(one, name)),
    [{ path: [], value: root }],
  );
}

function stepInto({ path, value }: Found, name: string): Found[] {
  if (typeof value !== 'object' || value === null) return [];
  const names = name === '*' ? Object.keys(value) : Object.hasOwn(value, name) ? [name] : [];
  const values = value as Record<string, unknown>;
  return names.map((own) => ({ path: [...path, own], value: values[own] }));
}

/** Whether a path is the pattern's or lies below it. `**` at its beginning stands for any way down. */
export function covers(pattern: JsonPath, path: JsonPath): boolean {
  if (pattern[0] === '**') {
    const rest = pattern.slice(1);
    return path.some((_, at) => covers(rest, path.slice(at)));
  }
  return (
    pattern.length <= path.length && pattern.every((name, at) => name === '*' || name === path[at])
  );
}
