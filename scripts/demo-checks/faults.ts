import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { describeIssues } from '../../lib/release/issues.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { nearestName } from '../../lib/release/nearest.ts';
import { UsageError } from './arguments.ts';
import { faultyDirectory } from './build.ts';

const schema = z.strictObject({
  summary: z.string().min(1),
  kind: z.string().min(1),
  check: z.string().min(1),
  says: z.string().min(1),
  manifest: z.record(z.string(), z.json()).optional(),
});

/** A version of the shop with something wrong, as its `fault.yml` has it. */
export interface Fault {
  /** Its folder's name. */
  name: string;
  /** What is wrong with it, in one line. */
  summary: string;
  /** The kind of check that has to catch it. */
  kind: string;
  /** The name of that check in the manifest. */
  check: string;
  /** A piece of what the check has to say. */
  says: string;
  /** Keys of the manifest that differ. */
  manifest: JsonObject;
}

/**
 * Every fault, by kind and name.
 * @throws Error naming the file and what is wrong in it.
 */
export function readFaults(): Fault[] {
  const files = globSync('*/fault.yml', { cwd: faultyDirectory });
  const faults = files.map((file) => readFault(path.dirname(file)));
  return faults.toSorted((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name));
}

function readFault(name: string): Fault {
  const file = path.join(faultyDirectory, name, 'fault.yml');
  const source: unknown = parse(readFileSync(file, 'utf8'));
  const parsed = schema.safeParse(source);
  if (parsed.success) return { name, manifest: {}, ...parsed.data } as Fault;
  const issues = describeIssues(parsed.error, source, schema);
  throw new Error(`${file}: ${issues.map((it) => `${it.path} ${it.reason}`).join('; ')}`);
}

/**
 * Those of these names, or all if there are none.
 * @throws UsageError naming one that is not there, and the nearest that is.
 */
export function chooseFaults(faults: readonly Fault[], names: readonly string[]): Fault[] {
  const known = faults.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest ? `did you mean ${nearest}?` : `there are ${known.join(', ')}`;
    throw new UsageError(`there is no fault "${name}"; ${hint}`);
  }
  return faults.filter(({ name }) => names.length === 0 || names.includes(name));
}
