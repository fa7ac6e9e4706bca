/**
 * Writes what docs say of schemas: `node scripts/reference.ts`. docs/manifest.md is written whole, of
 * docs/http-api.md the routes; test/unit/docs fails when either is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { apiDocument } from '../lib/platform/api-document.ts';
import { manifestJsonSchema } from '../lib/platform/manifest-schema.ts';
import { manifestLimitBytes } from '../lib/release/manifest.ts';
import { type Document, withRoutes } from './reference/http-api.ts';

/** As much of a JSON schema (draft 2020-12) as the manifest's uses. */
export interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
  required?: string[];
  oneOf?: Schema[];
  anyOf?: Schema[];
}

interface Row {
  /** Dotted, from its part: `expect.status`, `steps[].weight`, `alarms.<name>.metric`. */
  key: string;
  schema: Schema;
  isRequired: boolean;
}

/** Folder of the docs pages of each part that has kinds. */
const folders: Record<string, string> = {
  environment: 'environments',
  router: 'routers',
  checks: 'checks',
  signals: 'signals',
  metrics: 'metrics',
  notify: 'notifiers',
};

/** Parts whose kinds have one page together. */
const partPages: Record<string, string> = { artifact: 'triggers.md', webhooks: 'webhooks.md' };

/** The page of a kind, from docs/. */
export function kindPage(part: string, kind: string): string {
  return `${folders[part]}/${kind}.md`;
}

const intro = `# The manifest

<!-- Written by \`node scripts/reference.ts\` from the schema. Change the schema, not this page. -->

One YAML or JSON file per service. \`verdigris apply FILE\` stores it, and the next release goes by it; a
release that runs keeps the plan with which it was admitted
([decision 009](decisions/009-documents-carry-the-plan.md)). The smallest one:

\`\`\`yaml
service: storefront
environment: { kind: process, command: node server.mjs }
router: { kind: local-proxy, port: 8080 }
\`\`\`

One that uses more is [examples/storefront/storefront.yml](../examples/storefront/storefront.yml).
\`verdigris schema\` prints the JSON schema, with which editors complete and check as you type.

An unknown key, a missing unit or a kind that does not exist is a \`ManifestInvalidError\` with the
path, the reason and the nearest valid name. At most ${manifestLimitBytes} bytes as JSON.

## Formats

| format | written as | means |
|---|---|---|
| duration | \`500ms\`, \`90s\`, \`30m\`, \`1.5h\`, \`7d\` | a number and its unit; a bare number is refused |
| multiplier | \`2x\`, \`1.5x\` | at least \`1x\` |
| difference | \`50ms\`, \`1.5s\`, \`0.5%\` | a time for a latency, percentage points for \`errorRate\` |
| weight | \`5\`, \`100\` | whole percent of the traffic, 1 to 100 |
`;

const outro = `## Rules between keys

- \`cutover.steps\` rise from step to step and end at 100.
- \`watch.interval\` is at least 100ms and no longer than \`watch.window\`, which holds at most 1000 of them.
- \`watch.warmUp\` is less than half of the shortest window.
- A metric of \`watch.compare\` has either \`max\` or \`maxIncrease\`.
- Two checks must not have one name. A check without a name has its kind's, and its number where there
  are several of that kind.
- \`artifact\` of kind \`s3\` has exactly one of \`keyPrefix\` and \`keyPattern\`, and a pattern has
  \`{version}\` exactly once. An event that names the service starts a release whatever \`artifact\`
  says.
- Where \`signals\` defines \`alarms\`, each of \`watch.alarms\` is one of them.
- Without \`approval\` nobody is asked. With it, also as \`approval: {}\`, somebody is, unless
  \`required: false\` stands there.
- An alarm has exactly one of \`above\` and \`below\`, and not both \`for\` and \`datapoints\`.
`;

/** The whole page. */
export function renderReference(manifest: Schema): string {
  const parts = Object.entries(manifest.properties ?? {});
  const top = parts.map(([key, schema]) => rowOf(key, schema, manifest));
  const sections = parts.flatMap(([name, schema]) => renderPart(name, schema));
  return [intro, '## Top level\n', renderTable(top), '', ...sections, outro].join('\n');
}

function renderPart(name: string, schema: Schema): string[] {
  const kinds = kindsOf(schema);
  if (kinds.length > 0) return [`## \`${name}\`\n`, ...kinds.flatMap((it) => renderKind(name, it))];
  if (!schema.properties) return [];
  return [`## \`${name}\`\n`, renderTable(rowsInside(schema)), ''];
}

function renderKind(part: string, schema: Schema): string[] {
  const kind = String(schema.properties?.kind?.const);
  const rows = rowsInside(schema).filter(({ key }) => key !== 'kind');
  const table = rows.length > 0 ? renderTable(rows) : 'No other keys.';
  const page = folders[part] ? kindPage(part, kind) : partPages[part];
  return [`### \`kind: ${kind}\`\n`, `See [${kind}](${page}).\n`, table, ''];
}

/** The kinds of a part, or of the entries of its list. */
function kindsOf(schema: Schema): Schema[] {
  const options = schema.oneOf ?? schema.items?.oneOf ?? [];
  return options.filter(({ properties }) => properties?.kind?.const !== undefined);
}

function rowOf(key: string, schema: Schema, parent: Schema): Row {
  const name = key.split('.').at(-1) ?? key;
  return { key, schema, isRequired: parent.required?.includes(name) ?? false };
}

/** Every key of an object, each followed by what is inside it. */
function rowsInside(parent: Schema, prefix = ''): Row[] {
  return Object.entries(parent.properties ?? {}).flatMap(([name, schema]) => {
    const row = rowOf(`${prefix}${name}`, schema, parent);
    return [row, ...rowsBelow(schema, row.key)];
  });
}

function rowsBelow(schema: Schema, key: string): Row[] {
  if (schema.properties) return rowsInside(schema, `${key}.`);
  const entry = schema.items;
  if (entry) {
    return [entry, ...(entry.anyOf ?? [])].flatMap((option) => rowsInside(option, `${key}[].`));
  }
  const value = schema.additionalProperties;
  return typeof value === 'object' ? rowsInside(value, `${key}.<${nameOfKeys(schema)}>.`) : [];
}

/** What the keys of a map are, for people. */
function nameOfKeys({ propertyNames }: Schema): string {
  return propertyNames?.enum ? 'metric' : 'name';
}

function renderTable(rows: Row[]): string {
  const lines = rows.map(({ key, schema, isRequired }) => {
    const fallback = isRequired ? '**required**' : renderDefault(schema);
    return [`\`${key}\``, typeOf(schema), fallback, schema.description ?? ''];
  });
  return [['key', 'type', 'default', 'meaning'], ['---', '---', '---', '---'], ...lines]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function renderDefault(schema: Schema): string {
  const isEmpty = schema.default === undefined || JSON.stringify(schema.default) === '{}';
  if (isEmpty || schema.default === '') return '';
  return `\`${yamlOf(schema.default)}\``;
}

/** A plain value on one line of YAML. */
function yamlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlOf).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const entries = Object.entries(value).map(([key, inner]) => `${key}: ${yamlOf(inner)}`);
  return `{ ${entries.join(', ')} }`;
}

const patternNames: [RegExp, string][] = [
  [/ms\|s\|m\|h\|d/, 'duration'],
  [/\)x\$$/, 'multiplier'],
  [/ms\|s\|%/, 'difference'],
  [/\) of \(/, 'M of N'],
  [/^\^\\\//, 'path such as `/healthz`'],
];
const formatNames: Record<string, string> = { ipv4: 'IPv4 address', ipv6: 'IPv6 address' };

/** What may stand there, in a few words. */
export function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  const kinds = kindsOf(schema);
  if (kinds.length > 0) return typeOfKinds(schema, kinds);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(', or ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ type })).join(' or ');
  switch (schema.type) {
    case 'string':
      return typeOfText(schema);
    case 'integer':
      return typeOfNumber(schema);
    case 'array':
      return `list of: ${typeOf(schema.items ?? {})}${atMost(schema)}`;
    case 'object':
      return typeOfObject(schema);
    case 'boolean':
      return '`true` or `false`';
    default:
      return schema.type ?? 'any value';
  }
}

function typeOfKinds(schema: Schema, kinds: Schema[]): string {
  const names = kinds.map(({ properties }) => `\`${properties?.kind?.const}\``).join(', ');
  return schema.type === 'array' ? `list of kind ${names}${atMost(schema)}` : `of kind ${names}`;
}

function atMost({ maxItems }: Schema): string {
  return maxItems === undefined ? '' : `; at most ${maxItems}`;
}

function typeOfText({ pattern, format }: Schema): string {
  if (format) return formatNames[format] ?? format;
  if (!pattern) return 'text';
  return patternNames.find(([known]) => known.test(pattern))?.[1] ?? `text like \`${pattern}\``;
}

function typeOfNumber({ minimum, maximum = Number.MAX_SAFE_INTEGER }: Schema): string {
  const upTo = maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : ' or more';
  return minimum === undefined ? 'whole number' : `whole number ${minimum}${upTo}`;
}

function typeOfObject({ properties, additionalProperties: value, ...schema }: Schema): string {
  if (properties || typeof value !== 'object') return 'object';
  const names = schema.propertyNames?.enum?.map((name) => `\`${name}\``).join(', ');
  return `map of ${names ?? 'names'} to ${typeOf(value)}`;
}

/** Where the pages are kept. */
export const referenceFile = path.join(import.meta.dirname, '../docs/manifest.md');
export const routesFile = path.join(import.meta.dirname, '../docs/http-api.md');

if (import.meta.main) {
  writeFileSync(referenceFile, renderReference(manifestJsonSchema() as Schema));
  const page = readFileSync(routesFile, 'utf8');
  writeFileSync(routesFile, withRoutes(page, apiDocument() as unknown as Document));
}
