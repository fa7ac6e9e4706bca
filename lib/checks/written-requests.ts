import { z } from 'zod';
import type { Json, JsonObject } from '../release/json.ts';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import { bodyExpectation, unmetBody } from './body-expectation.ts';

/** A path and query of a service, as a manifest has it. */
export const servicePath = z
  .string()
  .regex(/^\/[^\s]*$/, 'needs a path that starts with /, such as /healthz');

const secretPlace = z.strictObject({
  secret: z
    .string()
    .regex(secretNamePattern, 'needs the name of a secret, not the secret itself')
    .refine(isForOthers, notForOthers)
    .describe('Name of the secret whose value stands here'),
});

/** Text, or `{ secret: name }` in the place of text that nobody should read in a manifest. */
export const textOrSecret = z.union([z.string(), secretPlace], {
  error: 'needs text, or { secret: name }',
});

/** Headers of a request that is written in a manifest. */
export const writtenHeaders = z.record(z.string().min(1), textOrSecret);

/** JSON of a request that is written in a manifest, with secrets in any place. */
export const writtenJson = z.json().superRefine((value, { addIssue }) => {
  for (const place of secretPlacesIn(value)) {
    const issue = secretPlace.safeParse(place).error?.issues[0];
    if (issue) addIssue({ code: 'custom', message: `secret ${place.secret}: ${issue.message}` });
  }
});

function secretPlacesIn(value: Json): { secret: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  if (!Array.isArray(value) && isSecretPlace(value)) return [value];
  return Object.values(value).flatMap((part) => secretPlacesIn(part));
}

const statusCode = z.int().min(100).max(599);

/** What an answer must be like. */
export const answerExpectation = z.strictObject({
  status: z
    .union([statusCode, z.array(statusCode).min(1)], {
      error: 'needs a status such as 200, or a list such as [200, 204]',
    })
    .default(200)
    .describe('One of these'),
  bodyIncludes: bodyExpectation.bodyIncludes.describe('Text that the body contains'),
  bodyMatches: bodyExpectation.bodyMatches.describe('A regular expression'),
  json: bodyExpectation.json.describe('Dotted path to the value it must have'),
});
export type AnswerExpectation = z.output<typeof answerExpectation>;

/** The first expectation that an answer does not meet, with what came instead; null when all do. */
export function unmetAnswer(
  expect: AnswerExpectation,
  { status, body }: { status: number; body: string },
): string | null {
  return unmetStatus(expect, status) ?? unmetBody(expect, body);
}

/** The same for a status alone. */
export function unmetStatus(
  expect: Pick<AnswerExpectation, 'status'>,
  status: number,
): string | null {
  const wanted = [expect.status].flat();
  return wanted.includes(status) ? null : `status ${status} instead of ${wanted.join(' or ')}`;
}

/** Gives the value of a secret of the conductor. */
export type ReadSecret = (name: string) => Promise<string>;

/**
 * The same value with secrets in the places of `{ secret: name }`, however deep.
 * @throws whatever `read` throws.
 */
export async function withSecrets(value: Json, read: ReadSecret): Promise<Json> {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map((part) => withSecrets(part, read)));
  if (isSecretPlace(value)) return read(value.secret);
  return objectWithSecrets(value, read);
}

async function objectWithSecrets(value: JsonObject, read: ReadSecret): Promise<JsonObject> {
  const parts = Object.entries(value).map(
    async ([key, part]) => [key, await withSecrets(part, read)] as const,
  );
  return Object.fromEntries(await Promise.all(parts));
}

/**
 * The same for headers.
 * @throws whatever `read` throws.
 */
export async function headersWithSecrets(
  headers: z.output<typeof writtenHeaders>,
  read: ReadSecret,
): Promise<Record<string, string>> {
  const parts = Object.entries(headers).map(
    async ([name, text]) =>
      [name, typeof text === 'string' ? text : await read(text.secret)] as const,
  );
  return Object.fromEntries(await Promise.all(parts));
}

function isSecretPlace(value: JsonObject): value is { secret: string } {
  return Object.keys(value).length === 1 && typeof value.secret === 'string';
}
