import { type Change, compareSchemas } from './compare-schemas.ts';
import {
  type ApiDocument,
  type Contents,
  type Credentials,
  isJsonType,
  type Operation,
  objectOf,
  type Parameter,
  type Schema,
} from './document.ts';

/** Two documents, as they are compared. */
export interface Comparison {
  /** What breaks, in the order of blue's document. */
  changes: Change[];
  /** Names of operations that both have. */
  kept: string[];
  /** Names of those that only green has. */
  added: string[];
}

interface Sides {
  blue: ApiDocument;
  green: ApiDocument;
}

/** What of blue's document green does not keep. Whatever green adds breaks nothing. */
export function compareDocuments(blue: ApiDocument, green: ApiDocument): Comparison {
  const sides = { blue, green };
  const pairs = blue.operations.map((was) => ({ was, is: counterpart(was, green) }));
  const matched = new Set(pairs.map(({ is }) => is));
  return {
    changes: pairs.flatMap(({ was, is }) =>
      is ? compareOperation(was, is, sides) : [{ at: was.name, says: 'is gone' }],
    ),
    kept: pairs.flatMap(({ was, is }) => (is ? [was.name] : [])),
    added: green.operations.filter((one) => !matched.has(one)).map(({ name }) => name),
  };
}

/** The same operation in another document, whatever its path's parameters are called there. */
function counterpart(operation: Operation, { operations }: ApiDocument): Operation | undefined {
  const shape = shapeOf(operation);
  return operations.find((one) => shapeOf(one) === shape);
}

function shapeOf({ method, path }: Operation): string {
  return `${method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`;
}

function compareOperation(was: Operation, is: Operation, sides: Sides): Change[] {
  return [
    ...compareSecurity(was, is, sides),
    ...compareParameters(was, is, sides),
    ...compareBody(was, is, sides),
    ...compareResponses(was, is, sides),
  ];
}

/** Whoever could ask blue has to be able to ask green. */
function compareSecurity(was: Operation, is: Operation, sides: Sides): Change[] {
  const lost = was.security.filter(
    (credentials) => !is.security.some((one) => isEnough(credentials, one, sides)),
  );
  const [first] = lost;
  if (!first) return [];
  const demand = is.security.map(named).join(' or ');
  const says =
    first.size === 0
      ? `needs ${demand}, took anybody`
      : `no longer takes ${named(first)}, needs ${demand}`;
  return [{ at: `${was.name} security`, says }];
}

function isEnough(shown: Credentials, asked: Credentials, sides: Sides): boolean {
  return [...asked].every(([scheme, scopes]) => {
    const own = shown.get(scheme);
    if (!own || schemeOf(sides.blue, scheme) !== schemeOf(sides.green, scheme)) return false;
    return scopes.every((scope) => own.includes(scope));
  });
}

/** What a client has to do for a scheme, as text. */
function schemeOf({ root }: ApiDocument, name: string): string {
  const schemes = objectOf(objectOf(root.components).securitySchemes);
  const {
    type = null,
    in: place = null,
    name: key = null,
    scheme = null,
  } = objectOf(schemes[name]);
  return JSON.stringify([type, place, key, scheme]).toLowerCase();
}

function named(credentials: Credentials): string {
  const parts = [...credentials].map(([scheme, scopes]) => [scheme, ...scopes].join(' '));
  return parts.join(' and ') || 'nothing';
}

function compareParameters(was: Operation, is: Operation, { blue, green }: Sides): Change[] {
  const renamed = renamedPathParameters(was, is);
  const nameOf = (one: Parameter) => (one.in === 'path' ? renamed.get(one.name) : one.name);
  const before = new Map(was.parameters.map((one) => [`${one.in} ${nameOf(one)}`, one]));
  return is.parameters.flatMap((own) => {
    const other = before.get(`${own.in} ${own.name}`);
    const where = `${was.name} parameter ${own.in}.${other?.name ?? own.name}`;
    const demand = demandOf(own, other);
    const changes = demand ? [{ at: where, says: demand }] : [];
    if (!other) return changes;
    const from = { schema: other.schema, resolve: blue.resolve };
    const to = { schema: own.schema, resolve: green.resolve };
    return [...changes, ...compareSchemas(from, to, 'request', where)];
  });
}

function demandOf(own: Parameter, other: Parameter | undefined): string | null {
  if (!own.isRequired || own.in === 'path' || other?.isRequired) return null;
  return other ? 'is required now' : 'is new and required';
}

/** Parameters of a path go by their place in it: blue's names to green's. */
function renamedPathParameters(was: Operation, is: Operation): Map<string, string> {
  const namesIn = ({ path }: Operation) =>
    [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
  const names = namesIn(is);
  return new Map(namesIn(was).map((name, index) => [name, names[index] ?? name]));
}

function compareBody(was: Operation, is: Operation, sides: Sides): Change[] {
  const where = `${was.name} request`;
  if (!is.body) return [];
  if (!was.body) {
    return is.body.isRequired ? [{ at: where, says: 'is new and required' }] : [];
  }
  const isStricter = is.body.isRequired && !was.body.isRequired;
  const stricter = isStricter ? [{ at: where, says: 'is required now' }] : [];
  return [
    ...stricter,
    ...compareContents(was.body.contents, is.body.contents, 'request', where, sides),
  ];
}

/** Errors that green does not tell of any more break nobody; what a success was, does. */
function compareResponses(was: Operation, is: Operation, sides: Sides): Change[] {
  return [...was.responses].flatMap(([status, contents]) => {
    const where = `${was.name} ${status}`;
    const own = responseFor(is, status);
    if (own) return compareContents(contents, own, 'answer', where, sides);
    return /^[123]/.test(status) ? [{ at: where, says: 'is gone' }] : [];
  });
}

/** What an operation says of a status: itself, its range (`2XX`), or `default`. */
export function responseFor({ responses }: Operation, status: string): Contents | undefined {
  return responses.get(status) ?? responses.get(`${status[0]}XX`) ?? responses.get('default');
}

function compareContents(
  was: Contents,
  is: Contents,
  direction: 'request' | 'answer',
  where: string,
  { blue, green }: Sides,
): Change[] {
  return [...was].flatMap(([type, schema]) => {
    const place = isJsonType(type) ? where : `${where} ${type}`;
    const own = contentFor(is, type);
    if (own === undefined) {
      const says = direction === 'answer' ? `is ${type} no longer` : `takes ${type} no longer`;
      return [{ at: place, says: is.size === 0 ? `has no ${type} any more` : says }];
    }
    const from = { schema, resolve: blue.resolve };
    return compareSchemas(from, { schema: own, resolve: green.resolve }, direction, place);
  });
}

/** The schema for a media type, also where it stands in a range such as `text/*`. */
export function contentFor(contents: Contents, type: string): Schema | undefined {
  const range = `${type.split('/')[0]}/*`;
  return contents.get(type) ?? contents.get(range) ?? contents.get('*/*');
}
