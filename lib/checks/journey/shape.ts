import { isJsonObject } from '../../release/json.ts';
import { covers, type JsonPath, pathText } from '../json-paths.ts';

/** What a JSON value is made of: everything that was seen in one place. */
interface Shape {
  /** Of what it may be, null aside: that says that there is nothing, not what it would be. */
  types: Set<string>;
  /** Keys of objects, and whether all of them had it. */
  keys: Map<string, { shape: Shape; isAlways: boolean }>;
  /** What lists have in them; null while they are empty. */
  items: Shape | null;
}

/** How far JSON may differ and still be of one structure. */
export interface ShapeRules {
  allowAdded: boolean;
  ignore: readonly JsonPath[];
}

/**
 * In what the structure of green's JSON is unlike blue's, one line each: a key that is missing, one too
 * many, another type. Values make no difference, nor do empty lists, null, and how many there are of a
 * thing: they go by what happened before.
 */
export function shapeDifferences(blue: unknown, green: unknown, rules: ShapeRules): string[] {
  return compare(shapeOf([blue]), shapeOf([green]), [], rules);
}

function shapeOf(values: readonly unknown[]): Shape {
  const there = values.filter((value) => value !== null);
  const objects = there.filter(isJsonObject);
  const lists = there.filter((value) => Array.isArray(value)).flat();
  const names = new Set(objects.flatMap((object) => Object.keys(object)));
  const keys = [...names].map((name) => {
    const having = objects.filter((object) => Object.hasOwn(object, name));
    const shape = shapeOf(having.map((object) => object[name]));
    return [name, { shape, isAlways: having.length === objects.length }] as const;
  });
  return {
    types: new Set(there.map(typeOf)),
    keys: new Map(keys),
    items: lists.length > 0 ? shapeOf(lists) : null,
  };
}

function compare(blue: Shape, green: Shape, path: JsonPath, rules: ShapeRules): string[] {
  if (rules.ignore.some((pattern) => covers(pattern, path))) return [];
  if (isOther(blue.types, green.types))
    return [`${pathText(path)} is ${words(green)} instead of ${words(blue)}`];
  const below = [...blue.keys].flatMap(([name, { shape, isAlways }]) => {
    const own = green.keys.get(name);
    if (own) return compare(shape, own.shape, [...path, name], rules);
    const isMissing = isAlways && green.types.has('an object');
    return isMissing ? lineAt([...path, name], 'is missing', rules) : [];
  });
  const items =
    blue.items && green.items ? compare(blue.items, green.items, [...path, '*'], rules) : [];
  return [...below, ...items, ...(rules.allowAdded ? [] : addedTo(blue, green, path, rules))];
}

function isOther(blue: Set<string>, green: Set<string>): boolean {
  return blue.size > 0 && green.size > 0 && ![...blue].some((type) => green.has(type));
}

function addedTo(blue: Shape, green: Shape, path: JsonPath, rules: ShapeRules): string[] {
  if (!blue.types.has('an object')) return [];
  const added = [...green.keys.keys()].filter((name) => !blue.keys.has(name));
  return added.flatMap((name) => lineAt([...path, name], 'is there, and not on blue', rules));
}

function lineAt(path: JsonPath, what: string, { ignore }: ShapeRules): string[] {
  return ignore.some((pattern) => covers(pattern, path)) ? [] : [`${pathText(path)} ${what}`];
}

function words({ types }: Shape): string {
  return [...types].join(' or ');
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return (
    { string: 'text', number: 'a number', boolean: 'true or false' }[String(typeof value)] ?? ''
  );
}
