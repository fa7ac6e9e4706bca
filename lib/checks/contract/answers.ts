import { type OutputUnit, type Schema as PlainSchema, Validator } from '@cfworker/json-schema';
import type { Json, JsonObject } from '../../release/json.ts';
import { parseJson } from '../body-expectation.ts';
import type { CheckResponse } from '../requests.ts';
import { contentFor, responseFor } from './compare-documents.ts';
import type { Change } from './compare-schemas.ts';
import {
  type ApiDocument,
  isJsonType,
  mediaTypeOf,
  type Operation,
  objectOf,
  schemaOf,
} from './document.ts';
import { plainSchema } from './plain-schema.ts';

/** What of an answer is looked at. */
export type Answer = Pick<CheckResponse, 'status' | 'headers' | 'body' | 'isCut'>;

/** Holds answers against schemas. */
export interface AnswerJudge {
  /** What an answer to an operation has that its document does not. */
  judge(operation: Operation, answer: Answer): Change[];
}

/** What a schema is not met by, of which there may be hundreds in one list. */
const mostChanges = 50;

/**
 * Holds answers against a document. More fields than it names are fine, and values may fit more than one
 * of several alternatives: whoever knows blue's document can live with either.
 */
export function createAnswerJudge(document: ApiDocument): AnswerJudge {
  const $defs = definitionsOf(document);
  return {
    judge(operation, answer) {
      const where = `${operation.name} ${answer.status}`;
      const contents = responseFor(operation, String(answer.status));
      if (!contents || answer.status >= 500)
        return [
          { at: where, says: contents ? 'is an error of the server' : 'is a status that is new' },
        ];
      const type = mediaTypeOf(answer.headers.get('content-type') ?? '');
      if (contents.size === 0 || (type === '' && answer.body === '')) return [];
      const schema = contentFor(contents, type);
      if (schema === undefined)
        return [
          {
            at: where,
            says: `is ${type || 'of no type'}, was ${[...contents.keys()].join(' or ')}`,
          },
        ];
      if (!isJsonType(type) || answer.isCut) return [];
      const value = parseJson(answer.body) as Json | undefined;
      if (value === undefined) return [{ at: where, says: `is no JSON, but says ${type}` }];
      return judgeValue(value, { allOf: [plainSchema(schema, document)], $defs }, where);
    },
  };
}

/** What a value has that its schema does not: at `where`, and the path from there. */
export function judgeValue(value: Json, schema: JsonObject, where: string): Change[] {
  const validator = new Validator(schema as PlainSchema, '2020-12', false);
  const changes = essential(validator.validate(value).errors).map((error) =>
    toChange(error, value, where),
  );
  const distinct = new Map(changes.map((change) => [`${change.at} ${change.says}`, change]));
  return [...distinct.values()].slice(0, mostChanges);
}

/** Keywords that only say that something below them is not met. */
const containers = [
  'properties',
  'additionalProperties',
  'items',
  'allOf',
  '$ref',
  'patternProperties',
];

/** Of alternatives none of which fits, only that; of all else, what is wrong where it is wrong. */
function essential(errors: OutputUnit[]): OutputUnit[] {
  const alternatives = errors.filter(({ keyword }) => keyword === 'anyOf');
  const isWithin = (error: OutputUnit) =>
    alternatives.some(
      (one) => one !== error && error.keywordLocation.startsWith(`${one.keywordLocation}/`),
    );
  return errors.filter((error) => !containers.includes(error.keyword) && !isWithin(error));
}

function toChange(found: OutputUnit, whole: Json, where: string): Change {
  const names = found.instanceLocation.split('/').slice(1).map(unescapeName);
  const missing = missingName(found);
  const path = pathOf(missing === null ? names : [...names, missing], whole);
  const says = missing === null ? inWords(found, valueAt(whole, names)) : 'is missing';
  const at = path === '' ? where : `${where} ${path}`;
  return { at, says, ...(isAboutOneValue(found) ? {} : { rule: found.keyword }) };
}

/** Whether what came is what is wrong: another name that is not in a list is another fault. */
function isAboutOneValue({ keyword }: OutputUnit): boolean {
  return ['required', 'type', 'enum', 'const'].includes(keyword);
}

function missingName({ keyword, error }: OutputUnit): string | null {
  return keyword === 'required' ? (/required property "(.*)"\.$/s.exec(error)?.[1] ?? null) : null;
}

/** What came, and the keyword that does not let it. */
function inWords({ keyword, error }: OutputUnit, value: Json | undefined): string {
  const [, type, expected] =
    /^Instance type "(.+)" is invalid\. Expected "(.+)"\./.exec(error) ?? [];
  if (type) return `is ${type}, was ${expected?.replaceAll('", "', ' or ')}`;
  const text = JSON.stringify(value) ?? 'nothing';
  const came = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return `is ${came}, which ${keyword} does not allow`;
}

/** `products[].price`: where it is, whichever element of a list it was. */
function pathOf(names: string[], whole: Json): string {
  let value: Json | undefined = whole;
  let path = '';
  for (const name of names) {
    const isList: boolean = Array.isArray(value);
    path += isList ? '[]' : `${path === '' ? '' : '.'}${name}`;
    value = valueAt(value, [name]);
  }
  return path;
}

function valueAt(whole: Json | undefined, names: string[]): Json | undefined {
  return names.reduce<Json | undefined>(
    (value, name) =>
      typeof value === 'object' && value !== null ? (value as JsonObject)[name] : undefined,
    whole,
  );
}

function unescapeName(name: string): string {
  const plain = name.replaceAll('~1', '/').replaceAll('~0', '~');
  return decodeURI(plain);
}

function definitionsOf(document: ApiDocument): JsonObject {
  const schemas = Object.entries(objectOf(objectOf(document.root.components).schemas));
  return Object.fromEntries(
    schemas.map(([name, one]) => [name, plainSchema(schemaOf(one), document)]),
  );
}
