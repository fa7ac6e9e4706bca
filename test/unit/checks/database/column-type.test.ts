import { describe, expect, it } from 'vitest';
import {
  type ColumnType,
  columnTypeOf,
  compareTypes,
  typeText,
} from '../../../../lib/checks/database/column-type.ts';
import { loadParser } from '../../../../lib/checks/database/parser.ts';

const parser = await loadParser();

function type(written: string): ColumnType | null {
  const [statement] = parser.parse(`CREATE TABLE t (c ${written})`);
  const [column] =
    statement && 'CreateStmt' in statement.node ? (statement.node.CreateStmt.tableElts ?? []) : [];
  return column && 'ColumnDef' in column ? columnTypeOf(column.ColumnDef.typeName) : null;
}

describe('a change of type', () => {
  it.each([
    ['text', 'text', 'same'],
    ['varchar(10)', 'character varying(10)', 'same'],
    ['integer', 'serial', 'same'],
    ['varchar(10)', 'varchar(20)', 'wider'],
    ['varchar(10)', 'varchar', 'wider'],
    ['varchar(10)', 'text', 'wider'],
    ['numeric(8,2)', 'numeric(10,2)', 'wider'],
    ['numeric(8,2)', 'numeric', 'wider'],
    ['timestamptz(3)', 'timestamptz', 'wider'],
    ['smallint', 'integer', 'rewrites'],
    ['integer', 'bigint', 'rewrites'],
    ['serial', 'bigint', 'rewrites'],
    ['integer', 'numeric', 'rewrites'],
    ['integer', 'numeric(12,2)', 'rewrites'],
    ['numeric(8,2)', 'numeric(12,4)', 'rewrites'],
    ['real', 'double precision', 'rewrites'],
    ['char(10)', 'varchar(10)', 'rewrites'],
    ['char(10)', 'char(20)', 'rewrites'],
    ['json', 'jsonb', 'rewrites'],
    ['varchar(20)', 'varchar(10)', 'narrower'],
    ['varchar', 'varchar(10)', 'narrower'],
    ['text', 'varchar(10)', 'narrower'],
    ['text', 'char', 'narrower'],
    ['bigint', 'integer', 'narrower'],
    ['numeric', 'bigint', 'narrower'],
    ['numeric(10,2)', 'numeric(8,2)', 'narrower'],
    ['numeric(10,2)', 'numeric(10,4)', 'narrower'],
    ['numeric', 'numeric(10,2)', 'narrower'],
    ['integer', 'numeric(8,0)', 'narrower'],
    ['double precision', 'real', 'narrower'],
    ['timestamptz', 'timestamptz(3)', 'narrower'],
    ['text', 'integer', 'other'],
    ['integer', 'text', 'other'],
    ['text', 'text[]', 'other'],
    ['timestamp', 'timestamptz', 'other'],
    ['text', 'mood', 'other'],
    ['jsonb', 'json', 'other'],
    ['interval year', 'interval month', 'other'],
    ['bit(3)', 'bit(5)', 'other'],
  ])('from %s to %s is %s', (from, to, change) => {
    expect(compareTypes(type(from), type(to))).toBe(change);
  });

  it('says nothing where the old type is not known', () => {
    expect(compareTypes(null, type('text'))).toBe('other');
  });
});

it.each([
  ['int8', 'bigint'],
  ['varchar(20)', 'varchar(20)'],
  ['numeric(8, 2)', 'numeric(8,2)'],
  ['text[]', 'text[]'],
  ['mood', 'mood'],
])('writes %s as %s', (written, text) => {
  expect(typeText(type(written))).toBe(text);
});
