import type { Json } from '../../release/json.ts';
import type { JourneyConfig, WrittenStep } from '../journey.ts';
import { fillIn, fillInJson, type Values } from '../placeholders.ts';
import { headersWithSecrets, type ReadSecret, withSecrets } from '../written-requests.ts';

/** A step with its secrets in it; its placeholders are filled when it is taken. */
export interface Step {
  name: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  content: Content;
  expect: WrittenStep['expect'];
  capture: WrittenStep['capture'];
}

/** A body, in the form in which placeholders can be filled without breaking it. */
type Content = { text: string } | { json: Json } | { form: Record<string, string> } | null;

/**
 * The steps of a manifest, with the values of their secrets.
 * @throws whatever `readSecret` throws.
 */
export function stepsOf(
  written: NonNullable<JourneyConfig['steps']>,
  readSecret: ReadSecret,
): Promise<Step[]> {
  return Promise.all(written.map((step) => stepOf(step, readSecret)));
}

async function stepOf(written: WrittenStep, readSecret: ReadSecret): Promise<Step> {
  const { method, path, expect, capture, name = `${method} ${path}` } = written;
  const headers = lowerCase(await headersWithSecrets(written.headers, readSecret));
  const content = await contentOf(written, readSecret);
  return { name, method, path, headers, content, expect, capture };
}

async function contentOf({ body, json, form }: WrittenStep, read: ReadSecret): Promise<Content> {
  if (json !== undefined) return { json: await withSecrets(json, read) };
  if (form !== undefined) return { form: await headersWithSecrets(form, read) };
  return body === undefined ? null : { text: body };
}

/** Names in lower case, so that one header is there once. */
export function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return Object.fromEntries(named);
}

/** What a step sends, with values in the places of its placeholders. */
export function requestOf({ method, path, headers, content }: Step, values: Values) {
  const { type, body } = bodyOf(content, values);
  return {
    method,
    path: fillIn(path, values),
    headers: { ...(type === null ? {} : { 'content-type': type }), ...fillInJson(headers, values) },
    body,
  };
}

function bodyOf(
  content: Content,
  values: Values,
): { type: string | null; body: string | undefined } {
  if (content === null) return { type: null, body: undefined };
  if ('text' in content) return { type: null, body: fillIn(content.text, values) };
  if ('json' in content)
    return { type: 'application/json', body: JSON.stringify(fillInJson(content.json, values)) };
  const fields = new URLSearchParams(fillInJson(content.form, values));
  return { type: 'application/x-www-form-urlencoded', body: fields.toString() };
}
