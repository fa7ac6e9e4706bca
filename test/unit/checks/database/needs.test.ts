import { describe, expect, it } from 'vitest';
import {
  type BlueKnowledge,
  judgeChange,
  namedNeed,
} from '../../../../lib/checks/database/needs.ts';
import { loadParser } from '../../../../lib/checks/database/parser.ts';
import { createMigrationReader } from '../../../../lib/checks/database/read-migration.ts';
import { createShape } from '../../../../lib/checks/database/shape.ts';
import { usesOf } from '../../../../lib/checks/database/uses.ts';

const parser = await loadParser();
const before = `
  CREATE TABLE products (id integer PRIMARY KEY, name varchar(200) NOT NULL, price integer NOT NULL,
    note text, vendor integer, rank integer NOT NULL DEFAULT 0);
  CREATE TABLE vendors (id integer PRIMARY KEY, title text NOT NULL);
  CREATE TABLE shop.orders (id integer PRIMARY KEY, product integer);
  CREATE FUNCTION discount(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';`;

const nothing: BlueKnowledge = { named: null, certain: [], possible: [], isSilent: false };

/** What blue has to do with the only change of a migration. */
function judge(
  migration: string,
  knowing: (shape: ReturnType<typeof createShape>) => Partial<BlueKnowledge>,
) {
  const reader = createMigrationReader(parser, createShape(), { isWhole: true });
  reader.replay(before);
  const shape = reader.shape();
  reader.read('0002', migration);
  const [change, ...others] = reader.finish().changes;
  if (!change || others.length > 0) throw new Error('there should be one change');
  return judgeChange(change, { ...nothing, ...knowing(shape) });
}

const byStatement = (migration: string, statement: string) =>
  judge(migration, (shape) => ({ certain: usesOf(statement, 'queries', parser, shape) })).need;

const dropName = 'ALTER TABLE products DROP name';
const narrowName = 'ALTER TABLE products ALTER name TYPE varchar(20)';
const requireNote = 'ALTER TABLE products ALTER note SET NOT NULL';
const dropTable = 'DROP TABLE products';

describe('a statement that needs what a migration takes', () => {
  it.each([
    [dropName, 'SELECT name FROM products'],
    [dropName, 'SELECT p.name FROM products AS p'],
    [dropName, 'SELECT products.name FROM public.products'],
    [dropName, 'SELECT public.products.name FROM public.products'],
    [dropName, 'SELECT 1 FROM products ORDER BY name'],
    [dropName, 'SELECT count(*) FROM products GROUP BY lower(name)'],
    [dropName, "SELECT 1 FROM products WHERE name LIKE $1 || '%'"],
    [dropName, 'SELECT v.id FROM vendors v JOIN products p ON p.name = v.title'],
    [dropName, 'SELECT name FROM vendors JOIN products ON vendor = vendors.id'],
    [dropName, 'SELECT * FROM vendors WHERE title IN (SELECT name FROM products)'],
    [
      dropName,
      'SELECT 1 FROM products p WHERE EXISTS (SELECT 1 FROM vendors WHERE title = p.name)',
    ],
    [dropName, 'SELECT 1 FROM products WHERE EXISTS (SELECT 1 FROM vendors WHERE title = name)'],
    [dropName, 'WITH cheap AS (SELECT name FROM products) SELECT * FROM cheap'],
    [dropName, 'SELECT id FROM vendors UNION SELECT length(name) FROM products'],
    [dropName, 'SELECT x.name FROM (SELECT name FROM products) x'],
    [dropName, 'SELECT 1 FROM vendors, LATERAL (SELECT name FROM products) x'],
    [dropName, 'INSERT INTO products (id, name) VALUES ($1, $2)'],
    [dropName, 'INSERT INTO products VALUES ($1, $2, $3)'],
    [dropName, 'INSERT INTO products (id) VALUES (1) ON CONFLICT (name) DO NOTHING'],
    [
      dropName,
      'INSERT INTO products (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET note = excluded.name',
    ],
    [dropName, 'INSERT INTO vendors (title) SELECT name FROM products'],
    [dropName, 'INSERT INTO products (id) VALUES (1) RETURNING name'],
    [dropName, 'UPDATE products SET name = $1 WHERE id = $2'],
    [dropName, 'UPDATE products SET note = name'],
    [dropName, 'UPDATE vendors SET title = p.name FROM products p'],
    [dropName, 'DELETE FROM products WHERE name = $1'],
    [dropName, 'DELETE FROM vendors USING products p WHERE p.name = title'],
    [
      dropName,
      'MERGE INTO products p USING vendors v ON p.id = v.id WHEN MATCHED THEN UPDATE SET name = v.title',
    ],
    [
      dropName,
      'MERGE INTO products p USING vendors v ON p.id = v.id WHEN NOT MATCHED THEN INSERT VALUES (v.id)',
    ],
    ['ALTER TABLE products RENAME name TO title', 'SELECT name FROM products'],
    ['ALTER TABLE products ALTER name TYPE integer USING 1', 'SELECT name FROM products'],
    [dropTable, 'SELECT 1 FROM products'],
    [dropTable, 'INSERT INTO products (id) VALUES (1)'],
    [dropTable, 'DELETE FROM vendors WHERE id IN (SELECT vendor FROM products)'],
    ['ALTER TABLE products RENAME TO items', 'SELECT 1 FROM products'],
    ['TRUNCATE products', 'SELECT 1 FROM products'],
    ['ALTER TABLE products ENABLE ROW LEVEL SECURITY', 'SELECT 1 FROM products'],
    [narrowName, 'UPDATE products SET name = $1'],
    [narrowName, 'INSERT INTO products (id, name) VALUES ($1, $2)'],
    [narrowName, 'INSERT INTO products VALUES ($1, $2)'],
    [requireNote, 'INSERT INTO products (id, name) VALUES ($1, $2)'],
    [
      'ALTER TABLE products ADD sku text NOT NULL',
      'INSERT INTO products (id, name) VALUES ($1, $2)',
    ],
    [
      'ALTER TABLE products ALTER rank DROP DEFAULT',
      'INSERT INTO products (id, name) VALUES ($1, $2)',
    ],
    ['DROP FUNCTION discount(integer)', 'SELECT discount(price) FROM products'],
    ['DROP SCHEMA shop CASCADE', 'SELECT id FROM shop.orders'],
  ])('%s ← %s', (migration, statement) => {
    expect(byStatement(migration, statement)).toBe('needed');
  });
});

describe('a statement that perhaps needs it', () => {
  it.each([
    [dropName, 'SELECT * FROM products'],
    [dropName, 'SELECT p.* FROM vendors v JOIN products p ON p.vendor = v.id'],
    [dropName, 'SELECT row_to_json(p) FROM products p'],
    ['ALTER TABLE products ADD UNIQUE (name)', 'UPDATE products SET name = $1'],
    [
      'ALTER TABLE products ADD CHECK (price > 0)',
      'INSERT INTO products (id, price) VALUES (1, $1)',
    ],
    [
      'ALTER TABLE products ADD FOREIGN KEY (vendor) REFERENCES vendors',
      'UPDATE products SET vendor = 1',
    ],
    [requireNote, 'INSERT INTO products VALUES ($1, $2)'],
    [
      'ALTER TABLE products ALTER rank DROP NOT NULL, ALTER rank DROP DEFAULT',
      'INSERT INTO products (id) VALUES ($1)',
    ],
  ])('%s ← %s', (migration, statement) => {
    expect(byStatement(migration, statement)).toBe('maybe');
  });
});

describe('a statement that does not', () => {
  it.each([
    [dropName, 'SELECT id, price FROM products'],
    [dropName, 'SELECT count(*) FROM products'],
    [dropName, 'SELECT title AS name FROM vendors'],
    [dropName, 'SELECT price AS name FROM products ORDER BY name'],
    [dropName, 'SELECT name FROM other.things'],
    [dropName, 'WITH products AS (SELECT title AS name FROM vendors) SELECT name FROM products'],
    [dropName, 'SELECT x.name FROM (SELECT title AS name FROM vendors) x, products p'],
    [dropName, 'UPDATE products SET price = 1 WHERE id = 2'],
    [dropName, 'INSERT INTO products (id, price) VALUES (1, 2)'],
    [dropTable, 'SELECT 1 FROM vendors'],
    [dropTable, 'SELECT 1 FROM elsewhere.products'.replace('elsewhere.', 'shop.product_')],
    [narrowName, 'SELECT name FROM products WHERE name = $1'],
    [narrowName, 'UPDATE products SET price = 1'],
    [requireNote, 'INSERT INTO products (id, name, note) VALUES ($1, $2, $3)'],
    [requireNote, 'SELECT note FROM products'],
    ['ALTER TABLE products ADD UNIQUE (name)', 'SELECT name FROM products'],
    ['DROP FUNCTION discount(integer)', 'SELECT price FROM products'],
    [dropName, 'ALTER TABLE products ADD name text'],
  ])('%s ← %s', (migration, statement) => {
    expect(byStatement(migration, statement)).toBe('not-needed');
  });
});

describe('what the manifest names', () => {
  const named = (migration: string, ...needs: string[]) =>
    judge(migration, () => ({ named: needs.map(namedNeed), isSilent: true }));

  it.each([
    [dropName, 'products.name'],
    [dropName, 'public.products.name'],
    [dropName, 'products'],
    [dropTable, 'products.price'],
    [narrowName, 'products.name'],
    ['DROP FUNCTION discount(integer)', 'discount'],
  ])('is needed: %s ← %s', (migration, need) => {
    expect(named(migration, need)).toMatchObject({
      need: 'needed',
      because: `blueNeeds has ${need}`,
    });
  });

  it('may be broken by a constraint', () => {
    expect(named('ALTER TABLE products ADD UNIQUE (name)', 'products.name').need).toBe('maybe');
  });

  it.each([
    [dropName, 'products.price'],
    [dropName, 'vendors.name'],
    [dropName, 'other.vendors'],
    [dropTable, 'vendors'],
  ])('leaves out the rest: %s ← %s', (migration, need) => {
    expect(named(migration, need).need).toBe('not-needed');
  });

  it('says that nothing is needed where it is an empty list', () => {
    expect(named(dropTable).need).toBe('not-needed');
  });
});

describe('where little is known', () => {
  it('says so when nothing says anything', () => {
    expect(judge(dropName, () => ({ isSilent: true })).need).toBe('unknown');
  });

  it('takes statements of an earlier version for a perhaps', () => {
    const found = judge(dropName, (shape) => ({
      possible: usesOf('SELECT name FROM products', 'pg_stat_statements', parser, shape),
    }));
    expect(found).toMatchObject({
      need: 'maybe',
      because: 'pg_stat_statements: SELECT name FROM products',
    });
  });

  it('takes a column that may be of two unknown tables for a perhaps', () => {
    const reader = createMigrationReader(parser, createShape(), { isWhole: false });
    reader.read('0002', 'ALTER TABLE a DROP name');
    const [change] = reader.finish().changes;
    const certain = usesOf('SELECT name FROM a, b', 'queries', parser, createShape());
    expect(change && judgeChange(change, { ...nothing, certain }).need).toBe('maybe');
  });
});
