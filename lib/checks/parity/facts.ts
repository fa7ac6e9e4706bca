import type { EnvironmentRef } from '../../release/document.ts';
import type { Json, JsonObject } from '../../release/json.ts';
import { nameless } from '../own-name.ts';
import { matcherOf } from '../path-patterns.ts';

/** A fact by itself: `memoryMb`, `variables.PORT`, `layers[0]`, `containers.web.cpu`. */
export type Facts = ReadonlyMap<string, Fact>;
export type Fact = string | number | boolean;

/** Of a list in which something can be missing or be too much, but which has no order, a member is there. */
export const isThere = true;

/** Lists whose order counts; every other one is a set. */
const indexed = /(?:^|\.)layers$/;
/** Lists that are only understood as a whole. */
const whole = /(?:^|\.)(?:command|entryPoint)$/;

/**
 * The facts of an environment one by one, without those that it says are its own alone (`ownFacts`), and
 * with its own name taken out of what they say. What is null is not there.
 */
export function flatten(facts: JsonObject, ref: Pick<EnvironmentRef, 'id'>): Facts {
  const { ownFacts, ...rest } = facts;
  const own = [ownFacts ?? []].flat().map((pattern) => matcherOf(String(pattern)));
  const isShared = ([path]: [string, Fact]) => !own.some((matches) => matches(path));
  return new Map(entriesOf(rest, '', nameless(ref)).filter(isShared));
}

type Edit = (text: string) => string;

function entriesOf(value: Json, path: string, edit: Edit): [string, Fact][] {
  if (value === null) return [];
  if (Array.isArray(value)) return entriesOfList(value, path, edit);
  if (typeof value !== 'object') return [[path, typeof value === 'string' ? edit(value) : value]];
  return Object.entries(value).flatMap(([key, part]) =>
    entriesOf(part, path === '' ? key : `${path}.${edit(key)}`, edit),
  );
}

function entriesOfList(list: Json[], path: string, edit: Edit): [string, Fact][] {
  if (whole.test(path)) return [[path, edit(list.map(textOf).join(' '))]];
  if (indexed.test(path)) return list.map((it, index) => [`${path}[${index}]`, edit(textOf(it))]);
  return list.map((it) => [`${path}.${edit(textOf(it))}`, isThere]);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
