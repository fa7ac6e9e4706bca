import { quoted } from '../../tool.ts';
import type { RubyCall, RubyValue } from './ruby-call.ts';

/** A call as SQL: statements, none where it changes nothing that matters; null where it is not known. */
export function sqlOfCall(call: RubyCall): string[] | null {
  const { name, receiver, args } = call;
  if (receiver !== null) return null;
  if (harmless.includes(name)) return [];
  const [table, ...others] = args;
  const translate = calls[name];
  if (!translate || typeof table !== 'string') return null;
  return translate({ ...call, table, args: others });
}

/** The same for a call inside of `change_table :products do |t|`. */
export function sqlOfTableCall(table: string, call: RubyCall): string[] | null {
  const name = tableCalls[call.name];
  if (call.name === 'timestamps') return calls.add_timestamps?.({ ...call, table }) ?? null;
  if (name) return calls[name]?.({ ...call, table }) ?? null;
  if (['index', 'check_constraint', 'foreign_key'].includes(call.name))
    return calls[`add_${call.name}`]?.({ ...call, table }) ?? null;
  if (!(call.name in types)) return null;
  const columns = names(call.args);
  return columns?.flatMap((column) => addColumn(table, column, call.name, call.options)) ?? null;
}

const tableCalls: Record<string, string> = {
  remove: 'remove_columns',
  rename: 'rename_column',
  change: 'change_column',
  change_null: 'change_column_null',
  change_default: 'change_column_default',
  references: 'add_reference',
  belongs_to: 'add_reference',
  remove_references: 'remove_reference',
  remove_timestamps: 'remove_timestamps',
};

/** They relax, or speak of what no statement names. */
const harmless: readonly string[] = [
  'add_enum_value',
  'change_column_comment',
  'change_table_comment',
  'create_enum',
  'disable_ddl_transaction!',
  'enable_extension',
  'remove_check_constraint',
  'remove_foreign_key',
  'remove_index',
  'remove_unique_constraint',
  'rename_index',
  'say',
  'validate_check_constraint',
  'validate_constraint',
  'validate_foreign_key',
];

interface TableCall extends RubyCall {
  table: string;
}

const calls: Record<string, (call: TableCall) => string[] | null> = {
  create_table: ({ table, options }) =>
    options.force ? [`DROP TABLE IF EXISTS ${named(table)}`, create(table)] : [create(table)],
  create_join_table: ({ options }) =>
    typeof options.table_name === 'string' ? [create(options.table_name)] : [],
  drop_table: ({ table, args }) => forEach([table, ...args], (it) => `DROP TABLE ${named(it)}`),
  rename_table: ({ table, args: [to] }) =>
    typeof to === 'string' ? [`ALTER TABLE ${named(table)} RENAME TO ${quoted(to)}`] : null,
  add_column: ({ table, args: [column, type], options }) =>
    typeof column === 'string' && typeof type === 'string'
      ? addColumn(table, column, type, options)
      : null,
  remove_column: ({ table, args: [column] }) => forEach([column ?? null], dropFrom(table)),
  remove_columns: ({ table, args }) => forEach(args, dropFrom(table)),
  remove_timestamps: ({ table }) => forEach(['created_at', 'updated_at'], dropFrom(table)),
  remove_reference: ({ table, args: [reference], options }) =>
    forEach([reference ?? null], (name) => dropFrom(table)(`${name}_id`), [
      ...(options.polymorphic ? [dropFrom(table)(`${reference}_type`)] : []),
    ]),
  rename_column: ({ table, args: [from, to] }) =>
    typeof from === 'string' && typeof to === 'string'
      ? [`ALTER TABLE ${named(table)} RENAME COLUMN ${quoted(from)} TO ${quoted(to)}`]
      : null,
  change_column: ({ table, args: [column, type], options }) =>
    typeof column === 'string' && typeof type === 'string'
      ? [
          alter(table, column, `TYPE ${typeOf(type, options)}`),
          ...(options.null === false ? [alter(table, column, 'SET NOT NULL')] : []),
          ...defaultOf(table, column, options.default),
        ]
      : null,
  change_column_null: ({ table, args: [column, isNullable] }) =>
    typeof column === 'string' && typeof isNullable === 'boolean'
      ? [alter(table, column, isNullable ? 'DROP NOT NULL' : 'SET NOT NULL')]
      : null,
  change_column_default: ({ table, args: [column, value], options }) =>
    typeof column === 'string'
      ? defaultOf(table, column, 'to' in options ? options.to : value)
      : null,
  add_timestamps: ({ table, options }) =>
    ['created_at', 'updated_at'].flatMap((column) =>
      addColumn(table, column, 'datetime', { null: false, ...options }),
    ),
  add_reference: ({ table, args: [reference], options }) =>
    typeof reference === 'string'
      ? [
          ...addColumn(table, `${reference}_id`, 'bigint', options),
          ...(options.polymorphic ? addColumn(table, `${reference}_type`, 'string', options) : []),
        ]
      : null,
  add_index: ({ table, args: [columns], options }) => {
    if (options.unique !== true) return [];
    const list = names([columns ?? null].flat());
    return list && [`CREATE UNIQUE INDEX ON ${named(table)} (${list.map(quoted).join(', ')})`];
  },
  add_unique_constraint: ({ table, args: [columns] }) => {
    const list = names([columns ?? null].flat());
    return list && [`ALTER TABLE ${named(table)} ADD UNIQUE (${list.map(quoted).join(', ')})`];
  },
  add_check_constraint: ({ table, args: [expression] }) =>
    typeof expression === 'string'
      ? [`ALTER TABLE ${named(table)} ADD CHECK (${expression})`]
      : null,
  add_foreign_key: ({ table, args: [to], options: { column } }) => {
    if (typeof to !== 'string') return null;
    const key = typeof column === 'string' ? column : `${to.replace(/s$/, '')}_id`;
    return [`ALTER TABLE ${named(table)} ADD FOREIGN KEY (${quoted(key)}) REFERENCES ${named(to)}`];
  },
};
calls.add_belongs_to = calls.add_reference as (call: TableCall) => string[] | null;
calls.remove_belongs_to = calls.remove_reference as (call: TableCall) => string[] | null;

/** `shop.products` with its parts quoted. */
function named(table: string): string {
  return table.split('.').map(quoted).join('.');
}

/** With columns that are not read. */
const create = (table: string) => `CREATE TABLE ${named(table)} (LIKE ${named(table)})`;

const dropFrom = (table: string) => (column: string) =>
  `ALTER TABLE ${named(table)} DROP COLUMN ${quoted(column)}`;

const alter = (table: string, column: string, what: string) =>
  `ALTER TABLE ${named(table)} ALTER COLUMN ${quoted(column)} ${what}`;

/** The texts of a list; null where something else is among them. */
function names(values: readonly RubyValue[]): string[] | null {
  const texts = values.flatMap((value) => (typeof value === 'string' ? [value] : []));
  return texts.length === values.length && texts.length > 0 ? texts : null;
}

function forEach(
  values: readonly RubyValue[],
  write: (name: string) => string,
  more: readonly string[] = [],
): string[] | null {
  const found = names(values);
  return found && [...found.map(write), ...more];
}

/** A default's value does not matter, that there is one does. */
function defaultOf(table: string, column: string, value: RubyValue | undefined): string[] {
  if (value === undefined) return [];
  return [alter(table, column, value === null ? 'DROP DEFAULT' : "SET DEFAULT ''")];
}

type Options = RubyCall['options'];

function addColumn(table: string, column: string, type: string, options: Options): string[] {
  const isRequired = options.null === false ? ' NOT NULL' : '';
  const value = options.default ?? null;
  const isFilled = value === null ? '' : " DEFAULT ''";
  const definition = `${quoted(column)} ${typeOf(type, options)}${isRequired}${isFilled}`;
  return [`ALTER TABLE ${named(table)} ADD COLUMN ${definition}`];
}

/** Types of Rails that PostgreSQL calls otherwise (postgresql_adapter.rb, NATIVE_DATABASE_TYPES). */
const types: Record<string, string> = {
  string: 'varchar',
  text: 'text',
  integer: 'integer',
  bigint: 'bigint',
  float: 'float8',
  decimal: 'numeric',
  numeric: 'numeric',
  datetime: 'timestamp',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  date: 'date',
  time: 'time',
  boolean: 'boolean',
  binary: 'bytea',
  json: 'json',
  jsonb: 'jsonb',
  uuid: 'uuid',
  citext: 'citext',
  inet: 'inet',
};

const wholeNumbers: Record<number, string> = { 2: 'smallint', 4: 'integer', 8: 'bigint' };

function typeOf(type: string, { limit, precision, scale, array }: Options): string {
  const name = types[type] ?? quoted(type);
  const brackets = array === true ? '[]' : '';
  if (type === 'integer' && typeof limit === 'number') return wholeNumbers[limit] ?? name;
  if (name === 'numeric' && typeof precision === 'number')
    return `numeric(${precision}, ${typeof scale === 'number' ? scale : 0})${brackets}`;
  if (type === 'string' && typeof limit === 'number') return `varchar(${limit})${brackets}`;
  return `${name}${brackets}`;
}
