import type { Json, JsonObject } from '../../release/json.ts';

/** A schema as a document has it; `true` takes anything, `false` nothing. */
export type Schema = JsonObject | boolean;

/** A parameter of an operation. */
export interface Parameter {
  in: string;
  name: string;
  isRequired: boolean;
  schema: Schema;
}

/** A body in each media type that it may have, in lower case and without parameters. */
export type Contents = ReadonlyMap<string, Schema>;

/** One alternative of how a request may prove who it is: scheme to its scopes. None for nobody. */
export type Credentials = ReadonlyMap<string, readonly string[]>;

/** One operation, with everything that its document says elsewhere already looked up. */
export interface Operation {
  /** `GET /products/{id}` */
  name: string;
  method: string;
  path: string;
  parameters: Parameter[];
  /** Null where requests have none. */
  body: { isRequired: boolean; contents: Contents } | null;
  /** By status as it is written: `200`, `4XX`, `default`. */
  responses: ReadonlyMap<string, Contents>;
  /** Whoever satisfies one of them may ask. */
  security: Credentials[];
}

/** An OpenAPI document of version 3. */
export interface ApiDocument {
  root: JsonObject;
  operations: Operation[];
  /**
   * What a `$ref` leads to, and whatever is no reference as it is. A reference into another file, or to
   * nothing, takes anything.
   */
  resolve(schema: Schema): Schema;
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
/** A chain of references that is longer leads in a circle. */
const longestChain = 32;

/**
 * Reads a document.
 * @throws Error saying what it is instead.
 */
export function readDocument(source: unknown): ApiDocument {
  const root = objectOf(source as Json);
  const version = root.openapi ?? root.swagger;
  if (typeof root.openapi !== 'string' || !root.openapi.startsWith('3.')) {
    const instead = version === undefined ? 'it says no version' : `this one is of ${version}`;
    throw new Error(`it is no OpenAPI document of version 3: ${instead}`);
  }
  const resolve = (schema: Schema) => follow(root, schema);
  return { root, operations: operationsOf(root, resolve), resolve };
}

type Resolve = ApiDocument['resolve'];

function follow(root: JsonObject, schema: Schema): Schema {
  let found: Schema = schema;
  for (let steps = 0; steps < longestChain; steps += 1) {
    if (typeof found === 'boolean' || typeof found.$ref !== 'string') return found;
    const { $ref, ...beside } = found;
    const target = schemaOf(at(root, $ref));
    // OpenAPI 3.1 lets keywords stand beside a reference.
    const isAlone = Object.keys(beside).every((key) => key === 'description' || key === 'summary');
    found = isAlone ? target : { ...beside, allOf: [target, ...listOf(beside.allOf)] };
  }
  return true;
}

/** The value at a local pointer such as `#/components/schemas/Product`, undefined where there is none. */
function at(root: JsonObject, pointer: string): Json | undefined {
  if (!pointer.startsWith('#/')) return undefined;
  const names = pointer.slice(2).split('/').map(unescapePointer);
  return names.reduce<Json | undefined>((value, name) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      return undefined;
    return (value as JsonObject)[name];
  }, root);
}

/** A name in a pointer, RFC 6901, in a URI. */
function unescapePointer(name: string): string {
  const plain = name.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

function operationsOf(root: JsonObject, resolve: Resolve): Operation[] {
  return Object.entries(objectOf(root.paths)).flatMap(([path, written]) => {
    const item = resolved(written, resolve);
    const shared = listOf(item.parameters);
    return methods
      .filter((method) => Object.hasOwn(item, method))
      .map((method) => toOperation(root, path, method, objectOf(item[method]), shared, resolve));
  });
}

function toOperation(
  root: JsonObject,
  path: string,
  method: string,
  written: JsonObject,
  shared: Json[],
  resolve: Resolve,
): Operation {
  const name = `${method.toUpperCase()} ${path}`;
  const body = written.requestBody === undefined ? null : resolved(written.requestBody, resolve);
  const responses = Object.entries(objectOf(written.responses));
  return {
    name,
    method: method.toUpperCase(),
    path,
    parameters: parametersOf([...shared, ...listOf(written.parameters)], resolve),
    body: body && { isRequired: body.required === true, contents: contentsOf(body) },
    responses: new Map(
      responses.map(([status, answer]) => [
        status.toUpperCase() === 'DEFAULT' ? 'default' : status.toUpperCase(),
        contentsOf(resolved(answer, resolve)),
      ]),
    ),
    security: securityOf(written.security ?? root.security),
  };
}

/** Those of an operation win over those of its path. */
function parametersOf(written: Json[], resolve: Resolve): Parameter[] {
  const found = written.map((one) => toParameter(resolved(one, resolve)));
  return [...new Map(found.map((one) => [`${one.in} ${one.name}`, one])).values()];
}

function toParameter(written: JsonObject): Parameter {
  const place = String(written.in);
  const name = String(written.name);
  const [content] = [...contentsOf(written).values()];
  return {
    in: place,
    // Header names know no case.
    name: place === 'header' ? name.toLowerCase() : name,
    isRequired: written.required === true,
    schema: content ?? schemaOf(written.schema),
  };
}

function contentsOf({ content }: JsonObject): Contents {
  const entries = Object.entries(objectOf(content));
  return new Map(
    entries.map(([type, media]) => [mediaTypeOf(type), schemaOf(objectOf(media).schema)]),
  );
}

/** `Application/JSON; charset=utf-8` as `application/json`. */
export function mediaTypeOf(written: string): string {
  return (written.split(';')[0] ?? '').trim().toLowerCase();
}

/** Whether a media type is JSON, by its name or its suffix (RFC 6839). */
export function isJsonType(type: string): boolean {
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json');
}

function securityOf(written: Json | undefined): Credentials[] {
  const alternatives = listOf(written).map((one) => {
    const entries = Object.entries(objectOf(one));
    return new Map(entries.map(([scheme, scopes]) => [scheme, listOf(scopes).map(String)]));
  });
  return alternatives.length > 0 ? alternatives : [new Map()];
}

function resolved(value: Json, resolve: Resolve): JsonObject {
  const found = resolve(objectOf(value));
  return typeof found === 'boolean' ? {} : found;
}

/** An object, or an empty one in place of anything else. */
export function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

/** A list, or an empty one in place of anything else. */
export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

/** A schema, or one that takes anything in place of anything else. */
export function schemaOf(value: Json | undefined): Schema {
  return typeof value === 'boolean' ? value : objectOf(value);
}
