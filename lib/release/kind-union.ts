import { z } from 'zod';
import type { KindSchema } from './manifest.ts';

/** What a part of the manifest may be: an object whose `kind` is one of these. */
export function kindUnion(kinds: readonly KindSchema[]) {
  const [first, ...rest] = kinds.map((entry) => entry.schema);
  if (!first) return z.never();
  return z.discriminatedUnion('kind', [first, ...rest] as unknown as readonly [
    z.core.$ZodTypeDiscriminable,
    ...z.core.$ZodTypeDiscriminable[],
  ]);
}
