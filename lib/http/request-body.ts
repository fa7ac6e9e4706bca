import { VerdigrisError } from '../release/errors.ts';
import type { Json } from '../release/json.ts';
import { assertPlainData } from './plain-data.ts';

/** A request's body and what it says about itself. */
export interface RawBody {
  text: string;
  /** The Content-Type header as it came. */
  contentType: string | undefined;
}

/**
 * Reads a JSON body. An empty one is an empty object.
 * @throws RequestInvalidError for another content type, malformed JSON or data that is not plain.
 */
export function parseJsonBody({ text, contentType }: RawBody): Json {
  if (text.trim() === '') return {};
  const type = mediaType(contentType);
  if (type !== 'application/json') throw wrongType(type);
  const value = parseJson(text);
  assertPlainData(value);
  return value;
}

function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** A YAML parser would be a third of the Lambda function; who writes YAML has one anyway. */
function wrongType(given: string): VerdigrisError {
  const found = given === '' ? 'there is no content type' : `"${given}" is not understood here`;
  const hint = given.includes('yaml') ? '; `verdigris apply FILE` turns YAML into it' : '';
  return new VerdigrisError(
    'RequestInvalidError',
    `Content-Type: ${found}; send application/json${hint}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const where = cause instanceof Error ? cause.message : 'malformed';
    throw new VerdigrisError('RequestInvalidError', `body: is not valid JSON: ${where}`, { cause });
  }
}
