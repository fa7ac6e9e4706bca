import type { z } from 'zod';
import { nearestName } from './nearest.ts';

/** One thing that is wrong with a document that somebody wrote. */
export interface Issue {
  /** For instance `watch.window` or `checks[0].expect`. */
  path: string;
  reason: string;
}

/**
 * Turns zod's issues into ours: dotted path, reason, nearest valid name. `schema` is what refused
 * `source`.
 */
export function describeIssues(error: z.ZodError, source: unknown, schema: z.ZodType): Issue[] {
  return error.issues.flatMap((issue) => describeIssue(issue, source, schema));
}

function describeIssue(issue: z.core.$ZodIssue, source: unknown, schema: z.ZodType): Issue[] {
  const path = formatPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path, source, schema);
    return issue.keys.map((key) => ({
      path: path ? `${path}.${key}` : key,
      reason: unknownKeyReason(key, known),
    }));
  }
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'kind') {
    const known = knownKinds(issue.path.slice(0, -1), source, schema);
    return [{ path, reason: unknownKindReason(valueAt(source, issue.path), known) }];
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().find((candidate) => candidate.path.length > 0);
    if (inner) {
      return describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, source, schema);
    }
  }
  if (issue.code === 'invalid_type' && valueAt(source, issue.path) === undefined) {
    return [{ path, reason: 'is missing' }];
  }
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid option')) {
    return [{ path, reason: unknownOptionReason(valueAt(source, issue.path), issue.values) }];
  }
  return [{ path, reason: reasonOf(issue) }];
}

/** A schema's own words, or ours where it has none. */
function reasonOf(issue: z.core.$ZodIssue): string {
  if (!/^(Too|Invalid input)/.test(issue.message)) return issue.message;
  if (issue.code === 'too_big') return `is too large; at most ${issue.maximum} is allowed`;
  if (issue.code === 'too_small') return `is too small; at least ${issue.minimum} is needed`;
  if (issue.code === 'invalid_type') return `needs ${withArticle(issue.expected)}`;
  return issue.message;
}

function withArticle(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function unknownKeyReason(key: string, known: string[]): string {
  const nearest = nearestName(key, known);
  if (nearest) return `is not a known key; did you mean "${nearest}"?`;
  return known.length > 0
    ? `is not a known key; known are ${known.join(', ')}`
    : 'is not a known key';
}

function unknownOptionReason(given: unknown, options: readonly unknown[]): string {
  const known = options.map(String);
  if (given === undefined) return `is missing; known are ${known.join(', ')}`;
  const reason = `needs one of ${known.join(', ')}`;
  const nearest = typeof given === 'string' ? nearestName(given, known) : undefined;
  return nearest ? `${reason}; did you mean "${nearest}"?` : reason;
}

function unknownKindReason(kind: unknown, known: string[]): string {
  if (kind === undefined) return `is missing; known kinds are ${known.join(', ')}`;
  const nearest = nearestName(String(kind), known);
  const hint = nearest ? `; did you mean "${nearest}"?` : `; known kinds are ${known.join(', ')}`;
  return `"${String(kind)}" is not a known kind${hint}`;
}

/** The keys that the schemas at a path know. */
function knownKeys(path: PropertyKey[], source: unknown, schema: z.ZodType): string[] {
  const value = valueAt(source, path);
  const schemas = schemasAt(path, source, schema).flatMap((found) => fitting(found, value));
  return [...new Set(schemas.flatMap(objectKeys))];
}

/** The kinds that the union at a path knows. */
function knownKinds(path: PropertyKey[], source: unknown, schema: z.ZodType): string[] {
  const options = schemasAt(path, source, schema).flatMap(alternatives);
  return [...new Set(options.flatMap((option) => [...(kindsOf(option) ?? [])].map(String)))];
}

/** The schemas that stand at a path: walks objects, arrays, records, unions and wrappers. */
function schemasAt(path: PropertyKey[], source: unknown, schema: z.ZodType): unknown[] {
  return path.reduce<unknown[]>(
    (schemas, key, depth) => {
      const value = valueAt(source, path.slice(0, depth));
      return schemas
        .flatMap((found) => fitting(found, value))
        .flatMap((found) => stepInto(found, key));
    },
    [schema],
  );
}

interface SchemaDef {
  innerType?: unknown;
  in?: unknown;
  options?: unknown[];
}

function definitionOf(schema: unknown): SchemaDef {
  return (schema as { def?: SchemaDef }).def ?? {};
}

/** A schema without its defaults, optionals and transforms; of a union, every option. */
function alternatives(schema: unknown): unknown[] {
  const def = definitionOf(schema);
  const inner = def.innerType ?? def.in;
  if (inner) return alternatives(inner);
  return def.options ? def.options.flatMap(alternatives) : [schema];
}

/** Of {@link alternatives}, those whose `kind` is the value's. */
function fitting(schema: unknown, value: unknown): unknown[] {
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  return alternatives(schema).filter((option) => kindsOf(option)?.has(kind) ?? true);
}

function kindsOf(option: unknown): Set<unknown> | undefined {
  const literal = (option as { shape?: { kind?: { values?: Set<unknown> } } }).shape?.kind;
  return literal?.values;
}

function stepInto(schema: unknown, key: PropertyKey): unknown[] {
  const { shape, element, valueType } = schema as {
    shape?: Record<PropertyKey, unknown>;
    element?: unknown;
    valueType?: unknown;
  };
  const next = shape?.[key] ?? element ?? valueType;
  return next ? [next] : [];
}

function objectKeys(schema: unknown): string[] {
  const { shape, keyType } = schema as { shape?: object; keyType?: { options?: unknown[] } };
  if (shape) return Object.keys(shape);
  return (keyType?.options ?? []).map(String);
}

function formatPath(path: PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function valueAt(source: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    source,
  );
}
