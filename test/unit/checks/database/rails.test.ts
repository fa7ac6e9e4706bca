import { describe, expect, it } from 'vitest';
import { loadParser } from '../../../../lib/checks/database/parser.ts';
import { createMigrationReader } from '../../../../lib/checks/database/read-migration.ts';
import { createShape } from '../../../../lib/checks/database/shape.ts';
import { translateMigration } from '../../../../lib/checks/database/tools/rails/translate.ts';

const parser = await loadParser();

const migration = (...lines: string[]) =>
  `class Change < ActiveRecord::Migration[8.0]
  def change
${lines
  .flatMap((line) => line.split('\n'))
  .map((line) => `    ${line}`)
  .join('\n')}
  end
end`;

/** What lines of a migration come to. */
function read(...lines: string[]) {
  const { sql, unread } = translateMigration(migration(...lines));
  const reader = createMigrationReader(parser, createShape(), { isWhole: false });
  reader.replay(
    'CREATE TABLE products (id bigint, name varchar(200), price numeric(8, 2), note text)',
  );
  reader.read('20260101', sql);
  const { changes, ...others } = reader.finish();
  return {
    changes: changes.map(({ text }) => text),
    ...others,
    unread: [...others.unread, ...unread],
  };
}

const nothing = { changes: [], unread: [], rewrites: [] };

describe('migrations of Rails', () => {
  it.each([
    ['remove_column :products, :name, :string', 'drops products.name'],
    ['remove_column(:products, :name)', 'drops products.name'],
    ['remove_column "shop.products", "name", if_exists: true', 'drops products.name'],
    ['safety_assured { remove_column :products, :name, :string }', 'drops products.name'],
    ['safety_assured do\n  remove_column :products, :name\nend', 'drops products.name'],
    ['remove_reference :products, :vendor, foreign_key: true', 'drops products.vendor_id'],
    ['rename_column :products, :name, :title', 'renames products.name to title'],
    ['rename_table :products, :items', 'renames products to items'],
    ['drop_table :products', 'drops products'],
    ['drop_table :products do |t|\n  t.string :name\nend', 'drops products'],
    [
      'change_column :products, :name, :string, limit: 20',
      'narrows products.name from varchar(200) to varchar(20)',
    ],
    [
      'change_column :products, :price, :integer',
      'narrows products.price from numeric(8,2) to integer',
    ],
    [
      'change_column_null :products, :note, false, "x"',
      'requires products.note, without a default',
    ],
    [
      'change_column_default :products, :note, from: "x", to: nil',
      'drops the default of products.note',
    ],
    [
      'add_column :products, :vendor, :string, null: false',
      'requires products.vendor, without a default',
    ],
    [
      'add_reference :products, :vendor, null: false',
      'requires products.vendor_id, without a default',
    ],
    [
      'add_index :products, [:name, :note],\n  unique: true, algorithm: :concurrently',
      'makes products (name, note) unique',
    ],
    ['add_index :products, :name, unique: true', 'makes products.name unique'],
    ['add_check_constraint :products, "price > 0", name: "p"', 'adds a check on products.price'],
    ['add_foreign_key :products, :vendors, column: :note', 'adds a foreign key on products.note'],
    ['change_table :products, bulk: true do |t|\n  t.remove :name\nend', 'drops products.name'],
    [
      'change_table :products do |t|\n  t.rename :name, :title\n  t.string :x\nend',
      'renames products.name to title',
    ],
    ['execute "ALTER TABLE products DROP COLUMN name"', 'drops products.name'],
    ['execute <<~SQL\n  ALTER TABLE products\n    DROP COLUMN name;\nSQL', 'drops products.name'],
  ])('%s', (lines, text) => {
    expect(read(lines)).toEqual({ ...nothing, changes: [text] });
  });

  it.each([
    'add_column :products, :vendor, :string',
    'add_column :products, :vendor, :string, null: false, default: "us"',
    'add_column :products, :tags, :string, array: true, default: []',
    'add_reference :products, :vendor, foreign_key: true',
    'add_index :products, :name, algorithm: :concurrently',
    'remove_index :products, :name',
    'create_table :orders do |t|\n  t.string :name, null: false\n  t.timestamps\nend',
    'create_table :orders, id: :uuid do |t|\n  t.references :product\nend\nadd_index :orders, :x, unique: true',
    'change_column :products, :name, :text',
    'change_column_default :products, :note, "x"',
    'disable_ddl_transaction!',
    '# remove_column :products, :name',
    'change_table :products do |t|\n  t.string :vendor\n  t.index :vendor\nend',
  ])('takes nothing away: %s', (lines) => {
    expect(read(lines)).toEqual(nothing);
  });

  it.each([
    ['Product.update_all(note: "x")', 'line 3 could not be read: Product.update_all(note: "x")'],
    [
      'remove_column table_name, :name',
      'line 3 could not be read: remove_column table_name, :name',
    ],
    ['execute "DROP TABLE #{name}"', 'line 3 could not be read: execute "DROP TABLE #{name}"'],
    ['execute <<~SQL\n  DROP TABLE #{name}\nSQL', 'line 3 could not be read: execute <<~SQL'],
    [
      'change_table :products do |t|\n  t.remove(*columns)\nend',
      'line 4 could not be read: t.remove(*columns)',
    ],
    [
      'remove_column :products, :name unless Rails.env.test?',
      'line 3 could not be read: remove_column :products, :name unless Rails.env.test?',
    ],
    ['reversible do |dir|', 'line 3 could not be read: reversible do |dir|'],
  ])('says what it cannot read: %s', (lines, reason) => {
    expect(read(lines)).toEqual({ ...nothing, unread: [reason] });
  });

  it('goes the way up only', () => {
    const source = `class A < ActiveRecord::Migration[8.0]
  def up
    add_column :products, :vendor, :string
  end

  def down
    remove_column :products, :vendor
  end
end`;
    expect(translateMigration(source).sql).not.toContain('DROP');
  });
});
