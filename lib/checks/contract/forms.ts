import type { Json, JsonObject } from '../../release/json.ts';
import { listOf, objectOf, type Schema, schemaOf } from './document.ts';

/** What JSON values are, and `any` where a schema does not say. */
export type FormType =
  | 'any'
  | 'null'
  | 'boolean'
  | 'object'
  | 'array'
  | 'number'
  | 'integer'
  | 'string';

/** Limits that make a schema narrower as they grow, and those that do as they shrink. */
export const lowerLimits = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'] as const;
export const upperLimits = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'] as const;
export type Limit = (typeof lowerLimits)[number] | (typeof upperLimits)[number];

/** One form that a value may have: of one type, and without alternatives in it. */
export interface Form {
  type: FormType;
  /** Those that it may be; null for all of its type. */
  values: Json[] | null;
  properties: ReadonlyMap<string, Schema>;
  required: ReadonlySet<string>;
  /** What properties without a name must be: `false` where there may be none. */
  others: Schema;
  items: Schema;
  limits: Partial<Record<Limit, number>>;
  format: string | null;
  pattern: string | null;
}

/** A form before its type is decided. */
interface Draft extends Omit<Form, 'type'> {
  /** Null for any. */
  types: FormType[] | null;
}

/** So many alternatives are told apart; of more the first ones. */
const mostForms = 64;
/** Schemas that contain themselves without an end take anything. */
const deepest = 8;

const anything: Draft = {
  types: null,
  values: null,
  properties: new Map(),
  required: new Set(),
  others: true,
  items: true,
  limits: {},
  format: null,
  pattern: null,
};

/**
 * Every form that a value of a schema may have: references looked up, `allOf` put together, alternatives
 * and types told apart. None where nothing fits. `not`, `if` and `prefixItems` are not looked at.
 */
export function formsOf(schema: Schema, resolve: (schema: Schema) => Schema): Form[] {
  return draftsOf(schema, resolve, 0).flatMap(byType).slice(0, mostForms);
}

function draftsOf(written: Schema, resolve: (schema: Schema) => Schema, depth: number): Draft[] {
  const schema = resolve(written);
  if (schema === false) return [];
  if (schema === true || depth > deepest) return [anything];
  const within = (one: Json) => draftsOf(schemaOf(one), resolve, depth + 1);
  const all = listOf(schema.allOf).map(within);
  const alternatives = [schema.anyOf, schema.oneOf]
    .map(listOf)
    .filter((list) => list.length > 0)
    .map((list) => list.flatMap(within));
  const whole = [...all, ...alternatives].reduce(
    (drafts, parts) =>
      drafts.flatMap((draft) => parts.map((part) => joined(draft, part))).slice(0, mostForms),
    [ownDraft(schema)],
  );
  // OpenAPI 3.0 says it beside the reference or the type that it widens.
  return schema.nullable === true ? [...whole, { ...anything, types: ['null'] }] : whole;
}

/** What a schema says itself. */
function ownDraft(schema: JsonObject): Draft {
  const { format, pattern } = schema;
  return {
    types: typesOf(schema),
    values: valuesOf(schema),
    properties: new Map(
      Object.entries(objectOf(schema.properties)).map(([name, one]) => [name, schemaOf(one)]),
    ),
    required: new Set(listOf(schema.required).map(String)),
    others: schemaOf(schema.additionalProperties ?? schema.unevaluatedProperties),
    items: schemaOf(schema.items),
    limits: limitsOf(schema),
    format: typeof format === 'string' ? format : null,
    pattern: typeof pattern === 'string' ? pattern : null,
  };
}

function typesOf(schema: JsonObject): FormType[] | null {
  const said = [schema.type ?? []].flat().map((type) => String(type) as FormType);
  if (said.length > 0) return said;
  const values = valuesOf(schema);
  if (values) return [...new Set(values.map(typeOf))];
  // Many documents leave it out where it is plain.
  if (schema.properties !== undefined || schema.required !== undefined) return ['object'];
  return schema.items === undefined ? null : ['array'];
}

function valuesOf(schema: JsonObject): Json[] | null {
  if (schema.const !== undefined) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : null;
}

/** Of OpenAPI 3.0, where `exclusiveMinimum: true` says how `minimum` is meant, too. */
function limitsOf(schema: JsonObject): Draft['limits'] {
  const limits: Draft['limits'] = {};
  for (const name of [...lowerLimits, ...upperLimits]) {
    const value = schema[name];
    if (typeof value === 'number') limits[name] = value;
  }
  if (schema.exclusiveMinimum === true) move(limits, 'minimum', 'exclusiveMinimum');
  if (schema.exclusiveMaximum === true) move(limits, 'maximum', 'exclusiveMaximum');
  return limits;
}

function move(limits: Draft['limits'], from: Limit, to: Limit): void {
  const value = limits[from];
  delete limits[from];
  if (value !== undefined) limits[to] = value;
}

/** What a value is called in a schema. */
export function typeOf(value: Json): FormType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as FormType;
}

/** What satisfies both. */
function joined(left: Draft, right: Draft): Draft {
  const both = [...right.properties].map(([name, one]): [string, Schema] => {
    const other = left.properties.get(name);
    return [name, other === undefined ? one : { allOf: [other, one] }];
  });
  return {
    types: commonTypes(left.types, right.types),
    values: commonValues(left.values, right.values),
    properties: new Map([...left.properties, ...both]),
    required: new Set([...left.required, ...right.required]),
    others: bothOf(left.others, right.others),
    items: bothOf(left.items, right.items),
    limits: tightest(left.limits, right.limits),
    format: right.format ?? left.format,
    pattern: right.pattern ?? left.pattern,
  };
}

function bothOf(left: Schema, right: Schema): Schema {
  if (isOpen(left)) return right;
  if (isOpen(right)) return left;
  return left === false || right === false ? false : { allOf: [left, right] };
}

/** Whether a schema says nothing. */
export function isOpen(schema: Schema): boolean {
  return schema === true || (schema !== false && Object.keys(schema).length === 0);
}

function commonTypes(left: FormType[] | null, right: FormType[] | null): FormType[] | null {
  if (!left || !right) return left ?? right;
  const narrow = (types: FormType[], others: FormType[]) =>
    types.filter((type) => includesType(others, type));
  return [...new Set([...narrow(left, right), ...narrow(right, left)])];
}

/** Whether values of a type are among those of others: every integer is a number. */
export function includesType(types: readonly FormType[], type: FormType): boolean {
  return types.includes(type) || (type === 'integer' && types.includes('number'));
}

function commonValues(left: Json[] | null, right: Json[] | null): Json[] | null {
  if (!left || !right) return left ?? right;
  const known = new Set(right.map((value) => JSON.stringify(value)));
  return left.filter((value) => known.has(JSON.stringify(value)));
}

function tightest(left: Draft['limits'], right: Draft['limits']): Draft['limits'] {
  const limits = { ...left, ...right };
  for (const name of lowerLimits) {
    if (left[name] !== undefined && right[name] !== undefined)
      limits[name] = Math.max(left[name], right[name]);
  }
  for (const name of upperLimits) {
    if (left[name] !== undefined && right[name] !== undefined)
      limits[name] = Math.min(left[name], right[name]);
  }
  return limits;
}

function byType({ types, values, ...rest }: Draft): Form[] {
  if (!types) return [{ ...rest, values, type: 'any' }];
  return types.flatMap((type) => {
    const own = values?.filter((value) => includesType([type], typeOf(value))) ?? null;
    return own?.length === 0 ? [] : [{ ...rest, values: own, type }];
  });
}
