import { z } from 'zod';
import { nearestName } from '../../release/nearest.ts';

const template = (max: number) => z.string().min(1).max(max);

/** What a manifest's entry makes of an event: an artifact with placeholders such as `{tag}`. */
export const mappingSchema = z.strictObject({
  uri: template(2048).describe('Where the artifact is, with placeholders: `s3://builds/{tag}.zip`'),
  version: template(256).describe("Its version; what a version can't have becomes `-`"),
  digest: template(256)
    .optional()
    .describe('Its sha256, where the event tells it: `{digest}`, or `sha256:` and 64 hex digits'),
});

/** An artifact with placeholders. */
export type Mapping = z.output<typeof mappingSchema>;

/** A placeholder in a template; its name is the first group. */
export const placeholder = /\{([^{}]*)\}/g;

/**
 * What is wrong with the placeholders of a mapping, by key.
 * @param known Those that the event has. @param event Its name, for messages.
 */
export function mappingIssues(
  mapping: Partial<Mapping>,
  known: readonly string[],
  event: string,
): { key: string; reason: string }[] {
  return Object.entries(mapping).flatMap(([key, text = '']) => {
    const names = [...text.matchAll(placeholder)].map(([, name = '']) => name);
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) return [{ key, reason: unknownReason(unknown, known, event) }];
    const isOpen = /[{}]/.test(text.replaceAll(placeholder, ''));
    return isOpen ? [{ key, reason: 'has a brace without its other half' }] : [];
  });
}

function unknownReason(name: string, known: readonly string[], event: string): string {
  const nearest = nearestName(name, known);
  const meant = nearest ? `did you mean {${nearest}}? There are` : 'there are';
  const list = known.map((it) => `{${it}}`).join(', ');
  return `{${name}} is no placeholder of ${event}; ${meant} ${list}`;
}
