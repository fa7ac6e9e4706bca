import { columnTypeOf } from './column-type.ts';
import type { SqlParser } from './parser.ts';
import type { Query } from './session.ts';
import { createShape, type Shape, type TableFacts } from './shape.ts';

/** Columns of tables, views and the like, outside of the system's own schemas. */
const columnsSql = `
  SELECT n.nspname AS schema, c.relname AS name, c.relkind IN ('v', 'm') AS is_view,
         a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
         a.attnotnull AS is_not_null, a.atthasdef OR a.attidentity <> '' AS has_default
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
     AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
   ORDER BY n.nspname, c.relname, a.attnum`;

interface ColumnRow {
  schema: string;
  name: string;
  is_view: boolean;
  column: string | null;
  type: string;
  is_not_null: boolean;
  has_default: boolean;
}

/** What there is in the database now. */
export async function readCatalog(query: Query, parser: SqlParser): Promise<Shape> {
  const rows = (await query(columnsSql)) as unknown as ColumnRow[];
  const tables = new Map<string, TableFacts>();
  for (const { schema, name, is_view, column, type, is_not_null, has_default } of rows) {
    const key = JSON.stringify([schema, name]);
    const facts = { isWhole: true, isNew: false, isView: is_view };
    const table = tables.get(key) ?? { name: { schema, name }, columns: new Map(), ...facts };
    tables.set(key, table);
    if (column === null) continue;
    table.columns.set(column, {
      type: typeOf(type, parser),
      isNotNull: is_not_null,
      hasDefault: has_default,
      isNew: false,
    });
  }
  return createShape([...tables.values()]);
}

/** A type as `format_type` writes it. */
function typeOf(written: string, parser: SqlParser): ReturnType<typeof columnTypeOf> {
  const [statement] = parser.parse(`SELECT NULL::${written}`);
  const select = statement && 'SelectStmt' in statement.node ? statement.node.SelectStmt : null;
  const [target] = select?.targetList ?? [];
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  return value && 'TypeCast' in value ? columnTypeOf(value.TypeCast.typeName) : null;
}
