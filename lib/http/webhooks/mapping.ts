import { z } from 'zod';
import { type Artifact, artifactSchema } from '../../release/artifact.ts';
import { asVersion } from '../../release/artifact-source.ts';
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

/** What an event has for the placeholders; null for what it lacks. */
export type Values<Name extends string = string> = Readonly<Record<Name, string | null>>;

/** What an entry makes of a delivery: an artifact to release, or why not. */
export type Wish = { artifact: Artifact } | { ignored: string };

const placeholder = /\{([^{}]*)\}/g;

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

/**
 * What may stand in an address: nothing that leads elsewhere (`..`), begins a query or ends the text.
 * Whoever may push a tag must not choose more than a name.
 */
const harmless = /^[A-Za-z0-9][\w.+-]*(?:[/:][A-Za-z0-9_][\w.+-]*)*$/;
const longestValue = 200;

/** Fills a mapping. Nothing is released of an event that lacks what the mapping needs. */
export function fillMapping({ uri, version, digest }: Mapping, values: Values): Wish {
  const texts = [uri, version, digest ?? ''];
  const used = texts.flatMap((text) => [...text.matchAll(placeholder)].map(([, it = '']) => it));
  const [problem] = used.flatMap((name) => problemOf(name, values[name] ?? null));
  if (problem) return { ignored: problem };
  const fill = (text: string) => text.replaceAll(placeholder, (_, it: string) => values[it] ?? '');
  const artifact = {
    uri: fill(uri),
    version: asVersion(fill(version)),
    ...(digest && { digest: fill(digest) }),
  };
  const parsed = artifactSchema.safeParse(artifact);
  if (parsed.success) return { artifact: parsed.data };
  const [issue] = parsed.error.issues;
  return { ignored: `makes no artifact: ${issue?.path.join('.')} ${issue?.message}` };
}

function problemOf(name: string, value: string | null): string[] {
  if (value === null || value === '') return [`has no ${name}`];
  if (value.length <= longestValue && harmless.test(value)) return [];
  return [`has a ${name} that cannot stand in an address: ${JSON.stringify(value.slice(0, 80))}`];
}
