import { isJsonObject } from '../../release/json.ts';
import { covers, type JsonPath, pathText } from '../json-paths.ts';
import { areMoments, type BothSides, isSameText, similarityOf } from './words.ts';

/** An answer as it is compared. */
export interface Compared {
  status: number;
  /** Without parameters; empty when there was none. */
  contentType: string;
  /** Where it redirects to; null when it does not. */
  redirect: string | null;
  /** The body as JSON; undefined when it is none. */
  json: unknown;
  text: string;
}

/** One thing in which green's answer is unlike blue's. */
export interface Difference {
  /** What it is about: a part of the answer, and a path where that is JSON. */
  part: 'status' | 'content-type' | 'redirect' | 'text' | 'json';
  path: JsonPath;
  /** Whether it is a value only, and not what the answer is made of. */
  isValue: boolean;
  /** In words. */
  text: string;
}

/** What is no difference. */
export interface Rules {
  allowAdded: boolean;
  ignore: readonly JsonPath[];
  /** 0 to 1. */
  similarity: number;
}

/** More than these are not looked for in one answer. */
const mostDifferences = 200;
const longestValue = 40;

/** Everything in which green's answer is unlike blue's. Of answers with other statuses, that is all. */
export function differencesBetween(
  blue: Compared,
  green: Compared,
  rules: Rules,
  sides: BothSides,
): Difference[] {
  if (blue.status !== green.status)
    return [partly('status', `status ${green.status} instead of ${blue.status}`)];
  const found = [...typeDifference(blue, green), ...redirectDifference(blue, green, sides)];
  if (found.length > 0) return found;
  if (blue.json === undefined || green.json === undefined)
    return textDifference(blue.text, green.text, rules, sides);
  return compareJson({ blue: blue.json, green: green.json, path: [] }, { rules, sides }).slice(
    0,
    mostDifferences,
  );
}

/** Whether both are about the same. Positions in a list make no difference. */
export function isAbout(one: Difference, other: Difference): boolean {
  return one.part === other.part && covers(anywhere(other.path), anywhere(one.path));
}

function anywhere(path: JsonPath): string[] {
  return path.map((name) => (/^\d+$/.test(name) ? '*' : name));
}

function partly(part: Difference['part'], text: string): Difference {
  return { part, path: [], isValue: false, text };
}

function typeDifference(blue: Compared, green: Compared): Difference[] {
  if (blue.contentType === green.contentType) return [];
  const shown = (type: string) => type || 'none';
  const text = `content type ${shown(green.contentType)} instead of ${shown(blue.contentType)}`;
  return [partly('content-type', text)];
}

function redirectDifference(blue: Compared, green: Compared, sides: BothSides): Difference[] {
  if (isSameText(blue.redirect ?? '', green.redirect ?? '', sides)) return [];
  const to = (redirect: string | null) => (redirect === null ? 'none' : redirect);
  const text = `a redirect to ${to(green.redirect)} instead of ${to(blue.redirect)}`;
  return [partly('redirect', text)];
}

function textDifference(blue: string, green: string, rules: Rules, sides: BothSides): Difference[] {
  if (blue === green) return [];
  const similarity = similarityOf(blue, green, sides);
  if (similarity >= rules.similarity) return [];
  const percent = (share: number) => `${Math.floor(share * 100)}%`;
  const text = `${percent(similarity)} of the text is the same, less than ${percent(rules.similarity)}`;
  return [{ ...partly('text', text), isValue: true }];
}

interface Pair {
  blue: unknown;
  green: unknown;
  path: JsonPath;
}

interface Terms {
  rules: Rules;
  sides: BothSides;
}

function compareJson(pair: Pair, terms: Terms): Difference[] {
  const { blue, green, path } = pair;
  if (terms.rules.ignore.some((pattern) => covers(pattern, path))) return [];
  if (Array.isArray(blue) && Array.isArray(green)) return compareLists(blue, green, path, terms);
  if (isJsonObject(blue) && isJsonObject(green)) return compareObjects(blue, green, path, terms);
  if (isSameValue(blue, green, terms.sides)) return [];
  const [was, is] = [typeOf(blue), typeOf(green)];
  const isValue = was === is || blue === null || green === null;
  if (isValue) return [at(path, `is ${shown(green)} instead of ${shown(blue)}`, true)];
  return [at(path, `is ${is} (${shown(green)}) instead of ${was}`, false)];
}

function compareLists(
  blue: unknown[],
  green: unknown[],
  path: JsonPath,
  terms: Terms,
): Difference[] {
  if (blue.length !== green.length)
    return [at(path, `has ${green.length} items instead of ${blue.length}`, true)];
  return blue.flatMap((value, i) =>
    compareJson({ blue: value, green: green[i], path: [...path, String(i)] }, terms),
  );
}

function compareObjects(
  blue: Record<string, unknown>,
  green: Record<string, unknown>,
  path: JsonPath,
  terms: Terms,
): Difference[] {
  const names = [...new Set([...Object.keys(blue), ...Object.keys(green)])];
  return names.flatMap((name) => {
    const own = [...path, name];
    if (Object.hasOwn(blue, name) && Object.hasOwn(green, name))
      return compareJson({ blue: blue[name], green: green[name], path: own }, terms);
    if (terms.rules.ignore.some((pattern) => covers(pattern, own))) return [];
    if (Object.hasOwn(blue, name)) return [at(own, 'is missing', false)];
    return terms.rules.allowAdded ? [] : [at(own, 'is there, and not on blue', false)];
  });
}

function isSameValue(blue: unknown, green: unknown, sides: BothSides): boolean {
  if (blue === green) return true;
  if (typeof blue === 'string' && typeof green === 'string') return isSameText(blue, green, sides);
  return typeof blue === 'number' && typeof green === 'number' && areMoments(blue, green);
}

function at(path: JsonPath, what: string, isValue: boolean): Difference {
  return { part: 'json', path, isValue, text: `${pathText(path)} ${what}` };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const names: Record<string, string> = { string: 'text', number: 'a number', object: 'an object' };
  return names[typeof value] ?? 'true or false';
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
