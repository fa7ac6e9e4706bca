import type { z } from 'zod';
import { tagPattern } from '../../../release/artifact-source.ts';
import { type Mapping, mappingIssues, mappingSchema } from '../mapping.ts';

/** What a kind with several events says of one of them. */
export interface EventFacts {
  placeholders: readonly string[];
  /** Keys of the entry that only count for some events. */
  keys: readonly string[];
}

/**
 * Refuses keys that are for another event, and placeholders that this event does not have.
 * @param optional The keys that are for some events only.
 */
export function checkEvent<Event extends string>(
  events: Readonly<Record<Event, EventFacts>>,
  optional: readonly string[],
) {
  return (
    entry: { event: Event; artifact: Mapping } & Record<string, unknown>,
    { addIssue }: z.core.$RefinementCtx,
  ) => {
    const { placeholders, keys } = events[entry.event];
    for (const key of optional) {
      if (entry[key] === undefined || keys.includes(key)) continue;
      const message = `does not go with event ${entry.event}`;
      addIssue({ code: 'custom', path: [key], message });
    }
    checkPlaceholders(placeholders, entry.event)(entry, { addIssue });
  };
}

/** The same for a kind that has one event. */
export function checkPlaceholders(placeholders: readonly string[], event: string) {
  return (
    { artifact }: { artifact: Mapping },
    { addIssue }: Pick<z.core.$RefinementCtx, 'addIssue'>,
  ) => {
    for (const { key, reason } of mappingIssues(artifact, placeholders, event)) {
      addIssue({ code: 'custom', path: ['artifact', key], message: reason });
    }
  };
}

/** What an entry for a registry's pushes has besides its repository. */
export const pushKeys = {
  tagPattern,
  artifact: mappingSchema.describe('What is released'),
};
