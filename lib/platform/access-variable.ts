import { type AccessConfig, parseAccess } from '../http/access-rules.ts';
import { VerdigrisError } from '../release/errors.ts';

const name = 'VERDIGRIS_ACCESS';

/**
 * Who may do what on AWS: the parameter `access` of serverless.yml, which packaging has already
 * checked once (lib/platform/aws/access.cjs).
 * @throws ConfigInvalidError with every path and reason.
 */
export function readAccess(variables: Readonly<Record<string, string | undefined>>): AccessConfig {
  return parseAccess(parseJson(variables[name] || '{}'), name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VerdigrisError('ConfigInvalidError', `${name}: is not JSON`, { cause });
  }
}
