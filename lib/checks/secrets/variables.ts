import type { Json, JsonObject } from '../../release/json.ts';
import type { Finding } from '../findings.ts';

/** Variables that green lacks, or has without a value. */
export function missingVariables(wanted: readonly string[], facts: JsonObject): Finding[] {
  const { set, empty } = variablesIn(facts);
  return wanted.flatMap((name) => {
    if (set.has(name)) return [];
    const says = empty.has(name) ? 'is empty on green' : 'is not set on green';
    return [
      { path: `variables.${name}`, verdict: 'fail' as const, says: `variable ${name} ${says}` },
    ];
  });
}

/** Names of variables, wherever facts have them: of the process, or of any container. */
function variablesIn(facts: JsonObject): { set: Set<string>; empty: Set<string> } {
  const listed = (key: string) => valuesOf(facts, key).flatMap(namesIn);
  const empty = new Set(listed('emptyVariables'));
  const own = [...listed('variables'), ...listed('secrets')].filter((name) => !empty.has(name));
  // What is set empty hides what would be inherited.
  const inherited = listed('inheritedVariables').filter((name) => !empty.has(name));
  return { set: new Set([...own, ...inherited]), empty };
}

function valuesOf(value: Json, wanted: string): Json[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === wanted ? [part] : valuesOf(part, wanted),
  );
}

function namesIn(value: Json): string[] {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
