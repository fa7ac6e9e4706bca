import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { manifestKinds } from '../../lib/platform/kinds.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/release/json.ts';
import { parseManifest } from '../../lib/release/manifest.ts';
import { faultyDirectory } from './build.ts';

/** What `${NAME}` in a manifest stands for; null is what this machine does not have. */
export type Facts = Readonly<Record<string, string | number | null>>;

/** A check that cannot run here. */
export interface LeftOut {
  name: string;
  kind: string;
  reason: string;
  /** What this machine does not have; null where its kind is what is not there. */
  fact: string | null;
}

/** The manifest of the shop with all the checks that can run here. */
export interface ShopManifest {
  source: JsonObject;
  /** Kind of each check, by its name. */
  kinds: ReadonlyMap<string, string>;
  leftOut: LeftOut[];
}

const placeholder = /\$\{(\w+)\}/g;

/**
 * Puts `storefront.yml` and the lists of `checks/` together, and what differs over it, one after the other. A
 * check is left out when its kind does not exist, or when it names a fact that this machine does not have.
 * @throws Error naming a placeholder that nobody fills; ManifestInvalidError
 */
export function assembleManifest(facts: Facts, differs: readonly JsonObject[] = []): ShopManifest {
  const base = readYaml('storefront.yml') as JsonObject;
  const kept: Json[] = [];
  const leftOut: LeftOut[] = [];
  for (const check of readChecks()) {
    const lack = lackOf(check, facts);
    if (lack === null) kept.push(check);
    else leftOut.push({ name: check.name ?? check.kind, kind: check.kind, ...lack });
  }
  const merged = differs.reduce(merge, { ...base, checks: kept });
  const source = fill(merged, { FAULTY_DIRECTORY: faultyDirectory, ...facts }) as JsonObject;
  const { checks } = parseManifest(source, manifestKinds);
  return { source, kinds: new Map(checks.map((it) => [it.name, it.config.kind])), leftOut };
}

type WrittenCheck = JsonObject & { kind: string; name?: string };

/** Every check of `examples/faulty/checks`, file by file. */
export function readChecks(): WrittenCheck[] {
  const files = globSync('checks/*.yml', { cwd: faultyDirectory }).toSorted();
  return files.flatMap((file) => readYaml(file) as WrittenCheck[]);
}

function readYaml(file: string): unknown {
  return parse(readFileSync(path.join(faultyDirectory, file), 'utf8'));
}

function lackOf(check: WrittenCheck, facts: Facts): Pick<LeftOut, 'reason' | 'fact'> | null {
  if (!isCheckKind(check.kind))
    return { reason: `there is no check kind ${check.kind}`, fact: null };
  const text = JSON.stringify(check);
  const fact = Object.keys(facts).find((name) => facts[name] === null && needs(text, name));
  return fact === undefined ? null : { reason: `there is no ${fact}`, fact };
}

/** Whether there is such a kind of check. */
export function isCheckKind(name: string): boolean {
  return manifestKinds.check.some(({ kind }) => kind === name);
}

/** Checks name a fact as a placeholder, or as a secret of the conductor. */
function needs(check: string, fact: string): boolean {
  return check.includes(`\${${fact}}`) || check.includes(`"${secretName(fact)}"`);
}

/** What the conductor knows a fact by: `DATABASE_URL` is the secret `database-url`. */
export function secretName(fact: string): string {
  return fact.toLowerCase().replaceAll('_', '-');
}

/** The second over the first: objects key by key, null takes a key away, anything else replaces. */
function merge(base: JsonObject, differs: JsonObject): JsonObject {
  const merged = { ...base };
  for (const [key, value] of Object.entries(differs)) {
    const before = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isJsonObject(before) && isJsonObject(value) ? merge(before, value) : value;
  }
  return merged;
}

/** A text that is nothing but a placeholder becomes the fact itself, a number too. */
function fill(value: Json, facts: Facts): Json {
  if (typeof value === 'string') return fillText(value, facts);
  if (Array.isArray(value)) return value.map((it) => fill(it, facts));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, fill(it, facts)]));
}

function fillText(text: string, facts: Facts): string | number {
  const [whole, name = ''] = /^\$\{(\w+)\}$/.exec(text) ?? [];
  if (whole !== undefined) return factOf(name, facts);
  return text.replace(placeholder, (_, part: string) => String(factOf(part, facts)));
}

/** What is absent is an empty text: the shop takes it for not set. */
function factOf(name: string, facts: Facts): string | number {
  const fact = facts[name];
  if (fact !== undefined) return fact ?? '';
  throw new Error(`\${${name}} is not known; there are ${Object.keys(facts).join(', ')}`);
}
