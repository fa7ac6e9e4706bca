import { isJsonObject, type Json, type JsonObject } from '../../release/json.ts';
import { typeOf } from './forms.ts';

/** Fields of a recorded answer are looked at this deep. */
const deepest = 16;

/**
 * What answers like a recorded one have in common, as JSON Schema: every field that all elements of a list
 * have, of the types that they have there. Values may differ, and more fields may come. An empty list or
 * null says nothing about what else could stand there.
 */
export function shapeOf(value: Json): JsonObject {
  return shapeOfAll([value], 0);
}

function shapeOfAll(values: Json[], depth: number): JsonObject {
  if (depth > deepest) return {};
  const told = values.filter((value) => value !== null);
  if (told.length === 0) return {};
  const types = [...new Set(told.map(plainTypeOf))];
  const isNullable = told.length < values.length;
  return {
    type: isNullable ? [...types, 'null'] : types,
    ...shapeOfObjects(told.filter(isJsonObject), depth),
    ...shapeOfLists(told.filter(Array.isArray), depth),
  };
}

/** Whether a number is whole is chance in a recording. */
function plainTypeOf(value: Json): string {
  const type = typeOf(value);
  return type === 'integer' ? 'number' : type;
}

function shapeOfObjects(objects: JsonObject[], depth: number): JsonObject {
  if (objects.length === 0) return {};
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const valuesOf = (name: string) =>
    objects.flatMap((object) => (Object.hasOwn(object, name) ? [object[name] ?? null] : []));
  const properties = names.map((name) => [name, shapeOfAll(valuesOf(name), depth + 1)]);
  return {
    properties: Object.fromEntries(properties),
    required: names.filter((name) => objects.every((object) => Object.hasOwn(object, name))),
  };
}

function shapeOfLists(lists: Json[][], depth: number): JsonObject {
  const elements = lists.flat();
  return elements.length === 0 ? {} : { items: shapeOfAll(elements, depth + 1) };
}
