import type { ApiDocument, Operation } from './document.ts';

/** Path to name to value, as the manifest gives them: `{ /products/{id}: { id: mug } }`. */
export type Values = Readonly<Record<string, Given>>;

type Given = Readonly<Record<string, string | number | boolean>>;

/** A request that changes nothing. */
export interface Question {
  operation: Operation;
  /** Path and query. */
  target: string;
  /** What the operation itself asks to be in headers. */
  headers: Record<string, string>;
}

/** What can be asked, and what not with the reason. */
export interface Questions {
  asked: Question[];
  left: { operation: string; why: string }[];
}

/** What says which operations may be asked. */
export interface QuestionOptions {
  values: Values;
  /** `GET /events` */
  skip: readonly string[];
  /** Whether requests carry something that proves who asks. */
  hasCredentials: boolean;
}

/** So many are asked; more would be a load. */
const mostQuestions = 50;

/** Of a document's operations those that can be asked without changing anything. */
export function questionsFor({ operations }: ApiDocument, options: QuestionOptions): Questions {
  const questions: Questions = { asked: [], left: [] };
  for (const operation of operations.filter(({ method }) => method === 'GET')) {
    const found = questionFor(operation, options);
    const isTooMany = questions.asked.length >= mostQuestions;
    if (typeof found !== 'string' && !isTooMany) questions.asked.push(found);
    else {
      const why = typeof found === 'string' ? found : `${mostQuestions} are enough`;
      questions.left.push({ operation: operation.name, why });
    }
  }
  return questions;
}

/** The question, or why there is none. */
function questionFor(operation: Operation, options: QuestionOptions): Question | string {
  const { values, skip, hasCredentials } = options;
  if (skip.includes(operation.name)) return 'the manifest skips it';
  const isOpen = operation.security.some((credentials) => credentials.size === 0);
  if (!isOpen && !hasCredentials) return 'it needs credentials';
  if (isStream(operation)) return 'its answer never ends';
  const given = values[operation.path] ?? {};
  if (operation.parameters.some((one) => one.isRequired && one.in === 'cookie'))
    return 'it needs a cookie';
  const missing = neededBy(operation).find((name) => given[name] === undefined);
  if (missing !== undefined) return `it needs a value for ${missing}`;
  return {
    operation,
    target: targetOf(operation, given),
    headers: valuesIn('header', operation, given),
  };
}

/** Every parameter without which the operation can't be asked, also one that only its path names. */
function neededBy({ path, parameters }: Operation): string[] {
  const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
  const required = parameters.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return [...new Set([...inPath, ...required])];
}

/** Server-sent events, and a connection that becomes another one. */
function isStream({ responses }: Operation): boolean {
  const successes = [...responses].filter(([status]) => /^[12]/.test(status));
  return (
    successes.length > 0 &&
    successes.every(([status, contents]) => status === '101' || contents.has('text/event-stream'))
  );
}

function targetOf({ path, parameters }: Operation, given: Given): string {
  const filled = path.replaceAll(/\{([^}]*)\}/g, (_, name: string) =>
    encodeURIComponent(String(given[name])),
  );
  const query = new URLSearchParams(valuesIn('query', { parameters }, given)).toString();
  return query === '' ? filled : `${filled}?${query}`;
}

function valuesIn(
  place: string,
  { parameters }: Pick<Operation, 'parameters'>,
  given: Given,
): Record<string, string> {
  const named = parameters.filter(({ in: where, name }) => where === place && name in given);
  return Object.fromEntries(named.map(({ name }) => [name, String(given[name])]));
}
