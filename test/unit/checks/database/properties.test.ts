import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeChange } from '../../../../lib/checks/database/needs.ts';
import { loadParser } from '../../../../lib/checks/database/parser.ts';
import { createMigrationReader } from '../../../../lib/checks/database/read-migration.ts';
import { createShape } from '../../../../lib/checks/database/shape.ts';
import { usesOf } from '../../../../lib/checks/database/uses.ts';

const parser = await loadParser();

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).map((text) => `n_${text}`);
const type = fc.constantFrom(
  'text',
  'integer',
  'bigint',
  'varchar(20)',
  'jsonb',
  'uuid',
  'boolean',
);
const table = fc.record({
  name,
  columns: fc.uniqueArray(fc.record({ name, type }), {
    minLength: 1,
    maxLength: 6,
    selector: (it) => it.name,
  }),
});
type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;

const createTable = ({ name: it, columns }: Table) =>
  `CREATE TABLE ${it} (${columns.map((column) => `${column.name} ${column.type}`).join(', ')})`;

/** Statements that only add, on a table that was there. */
function additions({ name: it, columns }: Table): fc.Arbitrary<string> {
  const known = fc.constantFrom(...columns.map((column) => column.name));
  const fresh = name.map((text) => `new_${text}`);
  return fc.oneof(
    fc.tuple(fresh, type).map(([column, of]) => `ALTER TABLE ${it} ADD COLUMN ${column} ${of}`),
    fresh.map((column) => `ALTER TABLE ${it} ADD ${column} text NOT NULL DEFAULT 'x'`),
    fresh.map((column) => `ALTER TABLE ${it} ADD ${column} integer CHECK (${column} > 0)`),
    fresh.map((index) => `CREATE INDEX CONCURRENTLY ${index} ON ${it} (${columns[0]?.name})`),
    fresh.map((other) => `CREATE TABLE ${other} (id bigint PRIMARY KEY, x text NOT NULL UNIQUE)`),
    fresh.map((other) => `CREATE TABLE ${other} (id int); DROP TABLE ${other}`),
    fresh.map((other) => `CREATE VIEW ${other} AS SELECT * FROM ${it}`),
    known.map((column) => `ALTER TABLE ${it} ALTER ${column} DROP NOT NULL`),
    known.map((column) => `COMMENT ON COLUMN ${it}.${column} IS 'it''s; DROP TABLE ${it}'`),
    known.map((column) => `UPDATE ${it} SET ${column} = NULL`),
    fc.constant(`-- DROP TABLE ${it};\n/* ALTER TABLE ${it} DROP x */ SELECT 'DROP TABLE ${it}'`),
  );
}

function read(before: string, after: string) {
  const reader = createMigrationReader(parser, createShape(), { isWhole: true });
  reader.replay(before);
  const shape = reader.shape();
  reader.read('next', after);
  return { ...reader.finish(), shape };
}

const tableAnd = <T>(make: (it: Table) => fc.Arbitrary<T>) =>
  table.chain((it) => fc.tuple(fc.constant(it), make(it)));

describe('whatever is migrated', () => {
  it('takes nothing away that only adds', () => {
    fc.assert(
      fc.property(
        tableAnd((it) => fc.array(additions(it), { minLength: 1, maxLength: 5 })),
        ([it, statements]) => {
          // The same name may come twice by chance; PostgreSQL would refuse that, not we.
          const { changes, unread } = read(createTable(it), statements.join(';\n'));
          expect({ changes, unread }).toEqual({ changes: [], unread: [] });
        },
      ),
    );
  });

  it('finds a column that goes, whatever is added beside it', () => {
    fc.assert(
      fc.property(
        tableAnd((it) => fc.tuple(fc.array(additions(it), { maxLength: 3 }), fc.nat(), fc.nat())),
        ([it, [statements, which, at]]) => {
          const column = it.columns[which % it.columns.length]?.name ?? '';
          const drop = `ALTER TABLE ${it.name} DROP COLUMN ${column}`;
          const { changes, shape } = read(
            createTable(it),
            statements.toSpliced(at % (statements.length + 1), 0, drop).join(';\n'),
          );
          expect(changes.map(({ text }) => text)).toEqual([`drops ${it.name}.${column}`]);
          const [change] = changes;
          if (!change) return;
          for (const other of it.columns) {
            const certain = usesOf(`SELECT ${other.name} FROM ${it.name}`, 'q', parser, shape);
            const blue = { named: null, certain, possible: [], isSilent: false };
            const need = other.name === column ? 'needed' : 'not-needed';
            expect(judgeChange(change, blue).need).toBe(need);
          }
        },
      ),
    );
  });
});
