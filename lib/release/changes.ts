import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** One thing that is different. Null on a side where it is not there. */
export interface Change {
  /** As in a manifest: `watch.interval`, `notify[0].topic`, `checks.http.timeout`. */
  path: string;
  before: Json;
  after: Json;
}

/**
 * What is different between two values, as few and as deep as it can be said. What is null and what is
 * not there are the same. Lists of plain values are compared as a whole, lists of objects one by one.
 */
export function changesBetween(before: Json, after: Json, path = ''): Change[] {
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = new Set([...Object.keys(after), ...Object.keys(before)]);
    return [...keys].flatMap((key) =>
      changesBetween(ownValue(before, key), ownValue(after, key), pathTo(path, key)),
    );
  }
  if (isListOfObjects(before) && isListOfObjects(after)) {
    const longer = before.length > after.length ? before : after;
    return longer.flatMap((_, i) =>
      changesBetween(before[i] ?? null, after[i] ?? null, `${path}[${i}]`),
    );
  }
  return isSame(before, after) ? [] : [{ path, before, after }];
}

function isListOfObjects(value: Json): value is JsonObject[] {
  return Array.isArray(value) && value.length > 0 && value.every(isJsonObject);
}

function ownValue(object: JsonObject, key: string): Json {
  return Object.hasOwn(object, key) ? (object[key] ?? null) : null;
}

function pathTo(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function isSame(one: Json, other: Json): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, i) => isSame(item, other[i] ?? null));
  }
  if (isJsonObject(one) && isJsonObject(other)) return changesBetween(one, other).length === 0;
  return one === other;
}
