/** Names and what stands for them. */
export type Values = Readonly<Record<string, string>>;

const placeholder = /\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** Text with values in the places of `{name}`. What has no value stays as it is, as it may be meant so. */
export function fillIn(text: string, values: Values): string {
  return text.replace(placeholder, (whole, name: string) => {
    return Object.hasOwn(values, name) ? (values[name] ?? whole) : whole;
  });
}

/** The same in every text of a JSON value. Names of keys stay. */
export function fillInJson<Value>(value: Value, values: Values): Value {
  if (typeof value === 'string') return fillIn(value, values) as Value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((part) => fillInJson(part, values)) as Value;
  const parts = Object.entries(value).map(([key, part]) => [key, fillInJson(part, values)]);
  return Object.fromEntries(parts) as Value;
}

/** The names of a text's placeholders. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(placeholder)].map(([, name = '']) => name);
}
