import type { Json, JsonObject } from '../../release/json.ts';
import { type ApiDocument, listOf, objectOf, type Schema, schemaOf } from './document.ts';

/** Where a document keeps its schemas, and where a plain one does. */
const kept = '#/components/schemas/';
const here = '#/$defs/';

/** Said of a schema, not of values, or of what makes a value no longer fit when something is added. */
const silent: ReadonlySet<string> = new Set([
  ...['$id', 'id', '$schema', '$anchor', '$dynamicRef', '$dynamicAnchor'],
  ...['nullable', 'discriminator', 'xml', 'externalDocs', 'example', 'examples', 'default'],
  ...['not', 'if', 'then', 'else', 'dependentSchemas', 'propertyNames', 'maxProperties'],
]);
/**
 * What would be held against an answer in more time than there is: an expression that a document has, or
 * some of the forms, may take for ever with a text that is meant for it, and all else stands still then.
 * Elements that have to differ are each compared with every other one.
 */
const tooLong: ReadonlySet<string> = new Set(['pattern', 'patternProperties', 'uniqueItems']);
/** Forms that are told in one go. */
const quickForms: ReadonlySet<string> = new Set([
  'date',
  'time',
  'date-time',
  'uuid',
  'ipv4',
  'ipv6',
]);
const ofSchemas: ReadonlySet<string> = new Set(['properties']);
const ofLists: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'prefixItems']);

/**
 * A schema of an OpenAPI document as one of JSON Schema 2020-12, for answers: it takes fields without a
 * name and values that fit more than one alternative, and its references lead into `$defs`.
 */
export function plainSchema(schema: Schema, document: ApiDocument): Schema {
  if (typeof schema === 'boolean') return schema;
  const entries = Object.entries(schema).flatMap(([keyword, value]) =>
    silent.has(keyword) || tooLong.has(keyword)
      ? []
      : plainKeyword(keyword, value, schema, document),
  );
  return withNull(schema, Object.fromEntries(entries));
}

type Entry = [string, Json];

function plainKeyword(
  keyword: string,
  value: Json,
  schema: JsonObject,
  document: ApiDocument,
): Entry[] {
  const plain = (one: Json) => plainSchema(schemaOf(one), document);
  if (keyword === '$ref') return plainReference(String(value), document);
  // Of both, values have to fit one of each.
  if (keyword === 'oneOf') return schema.anyOf ? [] : [['anyOf', listOf(value).map(plain)]];
  if (ofLists.has(keyword)) return [[keyword, listOf(value).map(plain)]];
  if (ofSchemas.has(keyword)) {
    const named = Object.entries(objectOf(value)).map(([name, one]): Entry => [name, plain(one)]);
    return [[keyword, Object.fromEntries(named)]];
  }
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties')
    // Which fields are additional, nobody knows without the patterns of names.
    return value === false || schema.patternProperties ? [] : [[keyword, plain(value)]];
  if (keyword === 'items') return [[keyword, plain(value)]];
  if (keyword === 'required') return [[keyword, answered(listOf(value), schema)]];
  if (keyword === 'format') return quickForms.has(String(value)) ? [[keyword, value]] : [];
  return plainLimit(keyword, value, schema);
}

/** OpenAPI 3.0 has `exclusiveMinimum: true` beside `minimum`. */
function plainLimit(keyword: string, value: Json, schema: JsonObject): Entry[] {
  if (typeof value === 'boolean' && keyword.startsWith('exclusiveM')) return [];
  if (keyword === 'minimum' && schema.exclusiveMinimum === true)
    return [['exclusiveMinimum', value]];
  if (keyword === 'maximum' && schema.exclusiveMaximum === true)
    return [['exclusiveMaximum', value]];
  return [[keyword, value]];
}

/** A reference that leads to no schema of the document, or into one, takes anything. */
function plainReference(reference: string, { root }: ApiDocument): Entry[] {
  const name = reference.startsWith(kept) ? reference.slice(kept.length) : '';
  const isKnown = Object.hasOwn(objectOf(objectOf(root.components).schemas), name);
  return isKnown ? [['$ref', `${here}${name}`]] : [];
}

/** What only requests have is in no answer. */
function answered(required: Json[], { properties }: JsonObject): Json[] {
  const known = objectOf(properties);
  return required.filter((name) => objectOf(known[String(name)]).writeOnly !== true);
}

function withNull(schema: JsonObject, plain: JsonObject): Schema {
  if (schema.nullable !== true) return plain;
  if (typeof plain.type !== 'string') return { anyOf: [plain, { type: 'null' }] };
  const values = Array.isArray(plain.enum) ? { enum: [...plain.enum, null] } : {};
  return { ...plain, ...values, type: [plain.type, 'null'] };
}
