import { VerdigrisError } from '../release/errors.ts';
import type { Json } from '../release/json.ts';
import { yamlLimitBytes } from './api.ts';
import { assertPlainData } from './plain-data.ts';

const yamlTypes: ReadonlySet<string> = new Set([
  'application/yaml',
  'application/x-yaml',
  'text/yaml',
]);

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
  if (type !== 'application/json') throw wrongType(type, 'application/json');
  return plain(parseJson(text));
}

/**
 * Reads a manifest, as JSON or YAML.
 * @throws RequestInvalidError for another content type, malformed text (with line and column where
 * they are known) or data that is not plain.
 * @throws RequestTooLargeError for YAML of more than {@link yamlLimitBytes}.
 */
export async function parseManifestBody(raw: RawBody): Promise<Json> {
  const type = mediaType(raw.contentType);
  if (yamlTypes.has(type)) return plain(await parseYaml(raw.text));
  if (type !== 'application/json') throw wrongType(type, 'application/json or application/yaml');
  return plain(parseJson(raw.text));
}

function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function wrongType(given: string, wanted: string): VerdigrisError {
  const found = given === '' ? 'there is no content type' : `"${given}" is not understood here`;
  return new VerdigrisError('RequestInvalidError', `Content-Type: ${found}; send ${wanted}`);
}

function plain(value: unknown): Json {
  assertPlainData(value);
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const where = cause instanceof Error ? cause.message : 'malformed';
    throw new VerdigrisError('RequestInvalidError', `body: is not valid JSON: ${where}`, { cause });
  }
}

/** The YAML library is loaded when the first YAML body comes. */
async function parseYaml(text: string): Promise<unknown> {
  if (Buffer.byteLength(text) > yamlLimitBytes) {
    throw new VerdigrisError(
      'RequestTooLargeError',
      `body: is larger than ${yamlLimitBytes} bytes, which is all that fits of YAML`,
    );
  }
  const { parse, YAMLParseError } = await import('yaml');
  try {
    return parse(text, { prettyErrors: true, logLevel: 'error', maxAliasCount: 100 });
  } catch (cause) {
    const reason =
      cause instanceof YAMLParseError
        ? cause.message.split('\n', 1)[0]
        : 'it is nested too deeply or expands too far';
    throw new VerdigrisError('RequestInvalidError', `body: is not valid YAML: ${reason}`, {
      cause,
    });
  }
}
