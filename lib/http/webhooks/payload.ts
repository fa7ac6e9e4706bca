import type { z } from 'zod';
import { VerdigrisError } from '../../release/errors.ts';
import type { Json } from '../../release/json.ts';
import { assertPlainData } from '../plain-data.ts';
import { validate } from '../validate.ts';
import type { WebhookRequest } from './webhook.ts';

/**
 * The JSON of a body, whatever its content type calls it.
 * @throws RequestInvalidError for what is not UTF-8, not JSON, or not plain data.
 */
export function readPayload({ body, header }: WebhookRequest): Json {
  if (/^application\/x-www-form-urlencoded/i.test(header('content-type') ?? '')) {
    throw invalid('Content-Type: is a form; have the webhook send application/json');
  }
  const value = parse(decode(body));
  assertPlainData(value);
  return value;
}

/** The same, as far as a schema describes it. @throws RequestInvalidError with every issue. */
export function readPayloadAs<Schema extends z.ZodType>(
  schema: Schema,
  request: WebhookRequest,
): z.output<Schema> {
  return validate(schema, readPayload(request), 'body');
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw invalid('body: is not valid UTF-8', cause);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid('body: is not valid JSON', cause);
  }
}

function invalid(message: string, cause?: unknown): VerdigrisError {
  return new VerdigrisError('RequestInvalidError', message, { cause });
}
