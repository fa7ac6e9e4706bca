import { VerdigrisError } from '../release/errors.ts';
import type { Json } from '../release/json.ts';

/** Deeper than any manifest, shallower than any stack. */
const maxDepth = 32;
/** More than any manifest has: a bound on the walk. */
const maxValues = 50_000;

/**
 * Makes sure that a parsed body is plain JSON data that every later step can walk, copy and print:
 * not nested beyond 32 levels, no circles, no key that could reach a prototype, only finite numbers.
 * Walks without recursion, depth first, so that a circle ends at the depth limit.
 *
 * @throws RequestInvalidError naming the path.
 */
export function assertPlainData(root: unknown): asserts root is Json {
  const open: Place[] = [{ value: root, path: '', depth: 0 }];
  let seen = 0;
  for (let place = open.pop(); place; place = open.pop()) {
    seen += 1;
    if (seen > maxValues) throw refused('', `has more than ${maxValues} values`);
    assertScalar(place);
    open.push(...inside(place));
  }
}

interface Place {
  value: unknown;
  path: string;
  depth: number;
}

function assertScalar({ value, path }: Place): void {
  if (value === null || ['string', 'boolean', 'object'].includes(typeof value)) return;
  if (Number.isFinite(value)) return;
  throw refused(path, `${String(value)} is not a value that JSON has`);
}

function inside({ value, path, depth }: Place): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  if (depth >= maxDepth) {
    throw refused(path.slice(0, 80), `is nested deeper than ${maxDepth} levels`);
  }
  return Object.entries(value).map(([key, entry]) => {
    if (key === '__proto__') throw refused(path, 'has a key "__proto__", which is not allowed');
    const step = Array.isArray(value) ? `[${key}]` : `${path && '.'}${key}`;
    return { value: entry, path: path + step, depth: depth + 1 };
  });
}

function refused(path: string, reason: string): VerdigrisError {
  return new VerdigrisError('RequestInvalidError', `${path || 'body'}: ${reason}`);
}
