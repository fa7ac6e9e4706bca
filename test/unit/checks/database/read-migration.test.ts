import { describe, expect, it } from 'vitest';
import { loadParser } from '../../../../lib/checks/database/parser.ts';
import { createMigrationReader } from '../../../../lib/checks/database/read-migration.ts';
import { createShape } from '../../../../lib/checks/database/shape.ts';

const parser = await loadParser();

const before = `
  CREATE TABLE products (
    id integer PRIMARY KEY,
    name varchar(200) NOT NULL,
    price_cents integer NOT NULL DEFAULT 0,
    note text,
    created timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE reviews (id bigserial PRIMARY KEY, product integer, stars smallint, text text);
  CREATE VIEW cheap AS SELECT id, name FROM products WHERE price_cents < 1000;
  CREATE FUNCTION price(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
  CREATE TYPE mood AS ENUM ('sad', 'happy');`;

/** What a migration comes to on top of `before`. */
function read(...migrations: string[]) {
  const reader = createMigrationReader(parser, createShape(), { isWhole: true });
  reader.replay(before);
  for (const [i, sql] of migrations.entries()) reader.read(`000${i + 1}`, sql);
  return reader.finish();
}

const changesOf = (...migrations: string[]) =>
  read(...migrations).changes.map(({ kind, text }) => `${kind}: ${text}`);

describe('what takes something from blue', () => {
  it.each([
    ['DROP TABLE products', 'drops-table: drops products'],
    ['DROP TABLE IF EXISTS public.products CASCADE', 'drops-table: drops products'],
    ['DROP VIEW cheap', 'drops-table: drops the view cheap'],
    ['ALTER TABLE products RENAME TO items', 'renames-table: renames products to items'],
    ['ALTER TABLE products SET SCHEMA shop', 'renames-table: moves products to shop.products'],
    ['TRUNCATE reviews', 'empties-table: empties reviews'],
    ['ALTER TABLE products DROP name', 'drops-column: drops products.name'],
    ['ALTER TABLE products DROP COLUMN IF EXISTS name', 'drops-column: drops products.name'],
    [
      'ALTER TABLE products RENAME COLUMN name TO title',
      'renames-column: renames products.name to title',
    ],
    [
      'ALTER TABLE products ALTER name TYPE varchar(20)',
      'narrows-column: narrows products.name from varchar(200) to varchar(20)',
    ],
    [
      'ALTER TABLE reviews ALTER id TYPE integer',
      'narrows-column: narrows reviews.id from bigint to integer',
    ],
    [
      'ALTER TABLE products ALTER name TYPE integer USING name::integer',
      'retypes-column: changes products.name from varchar(200) to integer',
    ],
    [
      'ALTER TABLE elsewhere ALTER name TYPE text',
      'retypes-column: changes elsewhere.name from an unknown type to text',
    ],
    [
      'ALTER TABLE products ALTER note SET NOT NULL',
      'requires-column: requires products.note, without a default',
    ],
    [
      'ALTER TABLE products ADD CHECK (note IS NOT NULL) NOT VALID',
      'requires-column: requires products.note, without a default',
    ],
    [
      'ALTER TABLE products ADD CONSTRAINT n NOT NULL note',
      'requires-column: requires products.note, without a default',
    ],
    [
      'ALTER TABLE products ADD COLUMN vendor text NOT NULL',
      'requires-column: requires products.vendor, without a default',
    ],
    [
      'ALTER TABLE products ADD vendor text NOT NULL DEFAULT 0, ALTER vendor DROP DEFAULT',
      'requires-column: requires products.vendor, without a default',
    ],
    [
      'ALTER TABLE products ALTER price_cents DROP DEFAULT',
      'requires-column: requires products.price_cents, without a default',
    ],
    [
      'ALTER TABLE products ALTER price_cents DROP NOT NULL, ALTER price_cents DROP DEFAULT',
      'drops-default: drops the default of products.price_cents',
    ],
    ['ALTER TABLE products ADD UNIQUE (name)', 'adds-unique: makes products.name unique'],
    [
      'CREATE UNIQUE INDEX CONCURRENTLY i ON products (name, note)',
      'adds-unique: makes products (name, note) unique',
    ],
    ['CREATE UNIQUE INDEX i ON products (lower(name))', 'adds-unique: makes products.name unique'],
    ['ALTER TABLE reviews ADD CHECK (stars > 0)', 'adds-check: adds a check on reviews.stars'],
    [
      'ALTER TABLE reviews ADD FOREIGN KEY (product) REFERENCES products NOT VALID',
      'adds-foreign-key: adds a foreign key on reviews.product',
    ],
    [
      'ALTER TABLE reviews ADD EXCLUDE USING gist (text WITH =)',
      'adds-exclusion: adds an exclusion constraint on reviews.text',
    ],
    [
      'ALTER TABLE products ENABLE ROW LEVEL SECURITY',
      'hides-rows: hides rows of products by row security',
    ],
    ['DROP FUNCTION price(integer)', 'drops-object: drops the function price'],
    ['DROP TYPE mood', 'drops-object: drops the type mood'],
    ['ALTER TYPE mood RENAME TO feeling', 'drops-object: renames the type mood'],
    [
      "ALTER TYPE mood RENAME VALUE 'sad' TO 'low'",
      'drops-object: renames the value sad of the type mood',
    ],
    ['DROP SCHEMA old CASCADE', 'drops-object: drops the schema old'],
    ['DO $$ BEGIN ALTER TABLE products DROP name; END $$', 'drops-column: drops products.name'],
  ])('%s', (sql, change) => {
    expect(changesOf(sql)).toEqual([change]);
  });

  it('says of which migration it is, and of which table and columns', () => {
    const { changes } = read('SELECT 1', 'ALTER TABLE shop.unheard_of DROP name');

    expect(changes).toMatchObject([
      { migration: '0002', table: { schema: 'shop', name: 'unheard_of' }, columns: ['name'] },
    ]);
  });

  it('finds what a renamed table loses', () => {
    expect(
      changesOf('ALTER TABLE products RENAME TO items', 'ALTER TABLE items DROP name'),
    ).toEqual(['renames-table: renames products to items', 'drops-column: drops items.name']);
  });

  it('tells of a required column once, however carefully it gets there', () => {
    expect(
      changesOf(
        'ALTER TABLE products ADD CONSTRAINT n CHECK (note IS NOT NULL) NOT VALID',
        'ALTER TABLE products VALIDATE CONSTRAINT n',
        'ALTER TABLE products ALTER note SET NOT NULL, DROP CONSTRAINT n',
      ),
    ).toHaveLength(1);
  });
});

describe('what takes nothing from blue', () => {
  it.each([
    'ALTER TABLE products ADD COLUMN vendor text',
    "ALTER TABLE products ADD COLUMN vendor text NOT NULL DEFAULT 'us'",
    'ALTER TABLE products ADD COLUMN vendor integer UNIQUE REFERENCES vendors',
    'ALTER TABLE products ADD COLUMN rank bigserial',
    'ALTER TABLE products ADD COLUMN rank bigint GENERATED ALWAYS AS IDENTITY',
    'ALTER TABLE products ADD total integer GENERATED ALWAYS AS (price_cents * 2) STORED NOT NULL',
    'ALTER TABLE products ADD COLUMN IF NOT EXISTS name text NOT NULL',
    'ALTER TABLE products ADD v text, ALTER v SET NOT NULL, ALTER v SET DEFAULT 0',
    'ALTER TABLE products ADD v text; ALTER TABLE products RENAME v TO w; ALTER TABLE products DROP w',
    'ALTER TABLE products ALTER name SET NOT NULL',
    'ALTER TABLE products ALTER name DROP NOT NULL',
    "ALTER TABLE products ALTER note SET DEFAULT ''",
    "ALTER TABLE products ALTER note SET DEFAULT '', ALTER note SET NOT NULL",
    'ALTER TABLE products ALTER name TYPE varchar(300)',
    'ALTER TABLE products ALTER name TYPE text',
    'ALTER TABLE products DROP CONSTRAINT products_pkey',
    'ALTER TABLE products DROP COLUMN IF EXISTS nothing',
    'ALTER TABLE reviews VALIDATE CONSTRAINT c',
    'CREATE TABLE orders (id bigint PRIMARY KEY, total integer NOT NULL CHECK (total > 0))',
    'CREATE TABLE orders (id bigint); ALTER TABLE orders ADD UNIQUE (id); DROP TABLE orders',
    'CREATE TABLE orders (id bigint); ALTER TABLE orders RENAME TO o; ALTER TABLE o DROP id',
    'CREATE TABLE t (a text NOT NULL); ALTER TABLE t ADD b text NOT NULL; TRUNCATE t',
    'DROP TABLE IF EXISTS nothing',
    'CREATE TEMP TABLE t (a text); DROP TABLE t',
    'SELECT 1 AS a INTO scratch; DROP TABLE scratch',
    'CREATE INDEX i ON products (name)',
    'CREATE INDEX CONCURRENTLY i ON products (name)',
    'DROP INDEX i',
    'ALTER INDEX i RENAME TO j',
    'CREATE UNIQUE INDEX i ON orders (id); SELECT 1'
      .replace('orders', 'new_table')
      .replace('CREATE', 'CREATE TABLE new_table (id int); CREATE'),
    "COMMENT ON TABLE products IS 'what we sell'",
    "ALTER TYPE mood ADD VALUE 'fine'",
    'CREATE OR REPLACE VIEW cheap AS SELECT id, name, note FROM products',
    'CREATE OR REPLACE FUNCTION brand_new() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
    'UPDATE products SET note = name; INSERT INTO reviews (stars) VALUES (5); DELETE FROM reviews',
    'BEGIN; SET lock_timeout = 1000; GRANT SELECT ON products TO readers; COMMIT',
    "DO $$ BEGIN CREATE TYPE size AS ENUM ('s'); EXCEPTION WHEN duplicate_object THEN null; END $$",
    '-- nothing but a comment',
    '',
  ])('%s', (sql) => {
    expect(read(sql)).toEqual({ changes: [], unread: [], rewrites: [] });
  });
});

describe('what is only slow', () => {
  it.each([
    ['ALTER TABLE products ALTER id TYPE bigint', 'widens products.id from integer to bigint'],
    [
      'ALTER TABLE reviews ALTER stars TYPE numeric',
      'widens reviews.stars from smallint to numeric',
    ],
  ])('%s', (sql, text) => {
    expect(read(sql)).toEqual({
      changes: [],
      unread: [],
      rewrites: [{ migration: '0001', text }],
    });
  });
});

describe('what cannot be told', () => {
  it.each([
    ['CREATE TABEL x', 'could not be read: line 1: syntax error at or near "TABEL"'],
    ['SELECT 1;\n\\i other.sql', 'could not be read: line 2: syntax error at or near "\\"'],
    [
      "DO $$ BEGIN EXECUTE 'DROP TABLE products'; END $$",
      'a DO block runs SQL that it puts together: could not be read',
    ],
    ['DO LANGUAGE plpython3u $$ pass $$', 'a block of plpython3u could not be read'],
    [
      'CREATE OR REPLACE FUNCTION price(integer) RETURNS integer LANGUAGE sql AS $$ SELECT 2 $$',
      'replaces the function price, which is not judged',
    ],
    [
      'CREATE TRIGGER t BEFORE INSERT ON products EXECUTE FUNCTION f()',
      'a trigger on products is not judged',
    ],
    ['CREATE POLICY p ON products USING (true)', 'a policy on products is not judged'],
    ['REVOKE SELECT ON products FROM shop', 'revokes privileges, which is not judged'],
    ['DROP TRIGGER t ON products', 'drops products.t, which is not judged'],
    ['DROP OWNED BY shop', 'DROP OWNED BY shop is not judged'],
    ['ALTER TABLE products OWNER TO admin', 'products: change owner is not judged'],
    ['ALTER TABLE products DETACH PARTITION p1', 'products: detach partition is not judged'],
    ['ALTER DOMAIN d SET NOT NULL', 'narrows the type d, which is not judged'],
    [
      'ALTER TABLE products RENAME TO items; CREATE VIEW products AS SELECT * FROM items',
      'renames products to items; what the view in its place shows is not judged',
    ],
    [
      'DROP VIEW cheap; CREATE VIEW cheap AS SELECT id FROM products',
      'drops the view cheap; what the view in its place shows is not judged',
    ],
  ])('%s', (sql, reason) => {
    expect(read(sql)).toEqual({
      changes: [],
      unread: [{ migration: '0001', reason }],
      rewrites: [],
    });
  });
});
