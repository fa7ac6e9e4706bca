/** As much of a JSON schema as the API's answers use. */
interface Shape {
  $ref?: string;
  type?: string | string[];
  description?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Shape[];
  items?: Shape;
  format?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  additionalProperties?: Shape | boolean;
}

interface Parameter {
  in: string;
  name: string;
}

interface Operation {
  summary: string;
  tags: string[];
  security: object[];
  'x-verdigris-permission'?: string;
  'x-verdigris-errors'?: string[];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: Shape }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Shape }> }>;
}

/** As much of an OpenAPI document as the page shows. */
export interface Document {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Shape> };
}

const begin =
  '<!-- Written by `node scripts/reference.ts` from the routes. Change those, not this. -->\n';
const end = '<!-- Until here. -->\n';

/** The page with the routes as they are now. @throws Error when it does not say where they belong. */
export function withRoutes(page: string, document: Document): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks ${begin} or ${end}`);
  return page.slice(0, from) + begin + renderRoutes(document) + page.slice(to);
}

/** Routes by what they are about, and the shapes of their answers. */
export function renderRoutes(document: Document): string {
  const parts = document.tags.map(({ name, description }) =>
    renderTag(name, description, document),
  );
  return `\n${parts.join('\n')}\n### Shapes\n\n${renderShapes(document)}\n`;
}

function renderTag(name: string, description: string, { paths, ...rest }: Document): string {
  const rows = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => operation.tags.includes(name))
      .map(([method, operation]) => rowOf(method, path, operation, { paths, ...rest })),
  );
  const head = ['route', 'needs', 'body', 'answer'];
  return `### About ${name}\n\n${description}.\n\n${renderTable([head, ...rows])}\n`;
}

function rowOf(method: string, path: string, operation: Operation, document: Document): string[] {
  const query = (operation.parameters ?? []).filter((it) => it.in === 'query');
  const asked = query.length > 0 ? `?${query.map(({ name }) => `${name}=`).join('&')}` : '';
  const errors = operation['x-verdigris-errors']?.map((name) => `\`${name}\``).join(', ');
  return [
    `\`${method.toUpperCase()} ${path}${asked}\` ${operation.summary}`,
    needsOf(operation),
    bodyOf(operation, document),
    `${successOf(operation)}${errors ? `; or ${errors}` : ''}`,
  ];
}

function needsOf({ security, 'x-verdigris-permission': permission }: Operation): string {
  if (permission) return permission;
  if (security.length === 0) return 'nothing';
  return Object.keys(security[0] ?? {}).includes('signature') ? 'a signature' : 'anybody known';
}

function bodyOf({ requestBody }: Operation, document: Document): string {
  const schema = requestBody?.content['application/json']?.schema;
  if (!schema) return '';
  if (schema.$ref) return '[a manifest](manifest.md)';
  if (schema.description) return schema.description.toLowerCase();
  return `\`${inlineOf(schema, document)}\``;
}

/** An object on one line, with a `?` behind what may be left out. */
function inlineOf(schema: Shape, document: Document): string {
  if (schema.items) return `[${inlineOf(schema.items, document)}]`;
  if (!schema.properties) return schema.enum?.join(' | ') ?? '';
  const keys = Object.entries(schema.properties).map(([name, inner]) => {
    const mark = schema.required?.includes(name) ? '' : '?';
    const isNested = inner.properties ?? inner.items?.properties ?? inner.enum;
    return isNested && mark === '' ? `${name}: ${inlineOf(inner, document)}` : `${name}${mark}`;
  });
  return keys.length > 0 ? `{ ${keys.join(', ')} }` : '{}';
}

function successOf({ responses }: Operation): string {
  const [status = '', answer] = Object.entries(responses).find(([it]) => it.startsWith('2')) ?? [];
  const [type = '', content] = Object.entries(answer?.content ?? {})[0] ?? [];
  const name = nameOf(content?.schema);
  const shape = name ? link(name) : (answer?.description ?? '');
  const kind = type === 'application/json' ? '' : ` (\`${type}\`)`;
  return `${status === '200' ? '' : `${status}, `}${shape}${kind}`;
}

function nameOf(schema: Shape | undefined): string | undefined {
  return schema?.$ref?.split('/').at(-1);
}

function link(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

/** Every component that an answer is made of, by its name. */
function renderShapes({ components }: Document): string {
  return Object.entries(components.schemas)
    .filter(([name]) => !name.startsWith('Manifest') || name === 'ManifestRevision')
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, shape]) => renderShape(name, shape))
    .join('\n');
}

function renderShape(name: string, shape: Shape): string {
  const about = shape.description ? `${shape.description}.\n\n` : '';
  if (!shape.properties) return `#### ${name}\n\n${about}${capital(typeOf(shape))}.\n`;
  const rows = Object.entries(shape.properties).map(([key, inner]) => [
    `\`${key}\`${shape.required?.includes(key) ? '' : ' (may be absent)'}`,
    typeOf(inner),
    inner.description ?? '',
  ]);
  return `#### ${name}\n\n${about}${renderTable([['key', 'type', 'meaning'], ...rows])}\n`;
}

const formats: Record<string, string> = { 'date-time': 'time' };
const plainTypes: Record<string, string> = {
  integer: 'whole number',
  number: 'number',
  boolean: '`true` or `false`',
  null: 'null',
};

/** What may stand there, in a few words. */
function typeOf(schema: Shape): string {
  const name = nameOf(schema);
  if (name) return link(name);
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => typeOf({ ...schema, type })).join(' or ');
  }
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === 'object') return typeOfObject(schema);
  if (schema.type === 'string') return formats[schema.format ?? ''] ?? 'text';
  return plainTypes[schema.type ?? ''] ?? 'any value';
}

function typeOfObject({ properties, additionalProperties: value }: Shape): string {
  if (properties) {
    const keys = Object.entries(properties).map(([key, inner]) => `\`${key}\`: ${typeOf(inner)}`);
    return `object with ${keys.join(', ')}`;
  }
  return typeof value === 'object' && Object.keys(value).length > 0
    ? `map of names to ${typeOf(value)}`
    : 'object';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function renderTable([head = [], ...rows]: string[][]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}
