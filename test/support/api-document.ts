import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { createApiDocument } from '../../lib/http/openapi/document.ts';
import { manifestJsonSchema } from '../../lib/platform/manifest-schema.ts';

/** As much of an OpenAPI document as tests look at. */
export interface ApiDocument {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

/** An operation of the document. */
export interface Operation {
  operationId: string;
  security: unknown[];
  parameters?: { in: string; name: string; schema: object; example?: unknown }[];
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: object; example?: unknown }>;
  };
  responses: Record<string, Answer | { $ref: string }>;
}

interface Answer {
  description: string;
  headers?: Record<string, { required?: boolean }>;
  content: Record<string, { schema: object; example?: unknown }>;
  links?: Record<string, { operationId: string; parameters: Record<string, string> }>;
}

/** The document as the conductor serves it. */
export const apiDocument = createApiDocument({
  version: '0.0.0-test',
  manifestSchema: manifestJsonSchema(),
}) as unknown as ApiDocument;

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'api', ...apiDocument });

const validators = new Map<object, ValidateFunction>();

/** What is wrong with a value that should fit a schema of the document; empty when it fits. */
export function misfits(schema: object, value: unknown): string[] {
  let validate = validators.get(schema);
  if (!validate) {
    validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')));
    validators.set(schema, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The operation that a request is for, or undefined where the document has none. */
export function operationFor(method: string, path: string): Operation | undefined {
  const parts = path.split('/');
  const [, item] =
    Object.entries(apiDocument.paths).find(([template]) => isFor(template.split('/'), parts)) ?? [];
  return item?.[method.toLowerCase()];
}

function isFor(template: string[], parts: string[]): boolean {
  const fits = (part: string, i: number) => part.startsWith('{') || part === parts[i];
  return template.length === parts.length && template.every(fits);
}

/** An answer of the document, wherever it is written. */
export function answerOf(operation: Operation, status: number | string): Answer | undefined {
  const found = operation.responses[status];
  if (!found || !('$ref' in found)) return found;
  return apiDocument.components.responses?.[found.$ref.split('/').at(-1) ?? ''] as Answer;
}

/**
 * Makes sure that an answer is one that the document describes: its status, headers, type and body. What
 * is asked of a path or with a method that the document does not have is nobody's promise.
 * @throws Error naming the request and everything that differs.
 */
export async function assertDocumented(
  { method, path }: { method: string; path: string },
  answer: Response,
): Promise<void> {
  const operation = operationFor(method, path);
  if (!operation) return;
  if (isDocumentedStream(operation, answer)) return;
  const differences = await differencesOf(operation, answer.clone());
  if (differences.length === 0) return;
  throw new Error(`${method} ${path} → ${answer.status}\n${differences.join('\n')}`);
}

/** An answer that does not end must not be read, nor copied: the copy would hold it open. */
function isDocumentedStream(operation: Operation, { status, headers }: Response): boolean {
  const type = headers.get('content-type')?.split(';')[0] ?? '';
  return type === 'text/event-stream' && answerOf(operation, status)?.content[type] !== undefined;
}

async function differencesOf(operation: Operation, answer: Response): Promise<string[]> {
  const described = answerOf(operation, answer.status);
  const text = await answer.text();
  if (!described) return [`the document has no such status: ${text.slice(0, 200)}`];
  const missing = Object.entries(described.headers ?? {})
    .filter(([name, { required }]) => required && !answer.headers.has(name))
    .map(([name]) => `the header ${name} is missing`);
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  const content = described.content[type];
  if (!content) return [...missing, `the document has no content of type ${type}`];
  const body: unknown = JSON.parse(text);
  return [...missing, ...misfits(content.schema, body), ...unexpectedError(described, body)];
}

/** An error that the answer of this status does not name. */
function unexpectedError({ description }: Answer, body: unknown): string[] {
  const name = (body as { error?: { name?: string } }).error?.name;
  return name === undefined || description.includes(`${name} (`)
    ? []
    : [`${name} is not announced`];
}

/** `fetch` that holds every answer to the document. */
export const documentedFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const answer = await fetch(input, init);
  const { pathname } = new URL(request.url);
  await assertDocumented({ method: request.method, path: pathname }, answer);
  return answer;
};
