import type { z } from 'zod';
import { VerdigrisError } from '../release/errors.ts';
import { describeIssues } from '../release/issues.ts';

/**
 * Checks a part of a request against its schema. `part` names it in the message when the path is
 * empty: `body`, `query`.
 * @throws RequestInvalidError with every issue: its path, the reason, the nearest valid name.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = describeIssues(result.error, value, schema);
  const lines = issues.map(({ path, reason }) => `${path || part}: ${reason}`);
  throw new VerdigrisError('RequestInvalidError', lines.join('\n'), { details: { issues } });
}
