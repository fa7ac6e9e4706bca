import { type Artifact, artifactSchema } from '../../release/artifact.ts';
import { asVersion } from '../../release/artifact-source.ts';
import { type Mapping, placeholder } from './mapping.ts';

/** What an event has for the placeholders; null for what it lacks. */
export type Values<Name extends string = string> = Readonly<Record<Name, string | null>>;

/** What an entry makes of a delivery: an artifact to release, or why not. */
export type Wish = { artifact: Artifact } | { ignored: string };

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
