import type { EnvironmentRef } from '../release/document.ts';

/** What stands in place of an environment's own name. */
export const itself = '{environment}';

/**
 * Takes an environment's own name out of a text, so that the same thing reads the same on both sides. A
 * number, such as a version's, is left: it would be found in all sorts of things.
 */
export function nameless({ id }: Pick<EnvironmentRef, 'id'>): (text: string) => string {
  const isName = id.length > 3 && /[^\d.]/.test(id);
  return (text) => (isName ? text.replaceAll(id, itself) : text);
}
