import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoPostgres } from '../../scripts/postgres/cluster.ts';
import {
  type DatabaseStage,
  openDatabaseStage,
  type VersionFiles,
} from '../support/database-check.ts';

const reason = whyNoPostgres();
if (reason) console.warn(`Migration tools are left out: ${reason}`);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A tool with one migration that is applied and one that is not. */
interface ToolCase {
  tool: string;
  /** The table as the tool makes it. */
  history: string;
  /** Writes down that the first one is applied. */
  applied: string;
  first: VersionFiles;
  second: VersionFiles;
  /** The second one's name. */
  name: string;
}

const create = 'CREATE TABLE products (id integer, name text);';
const drop = 'ALTER TABLE products DROP COLUMN name;';

const cases: ToolCase[] = [
  {
    tool: 'sql',
    history: 'CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)',
    applied: 'INSERT INTO schema_migrations VALUES (1, false)',
    first: { 'migrations/000001_init.up.sql': create, 'migrations/000001_init.down.sql': 'x' },
    second: { 'migrations/000002_drop.up.sql': drop },
    name: '000002_drop',
  },
  {
    tool: 'flyway',
    history: `CREATE TABLE flyway_schema_history (installed_rank integer PRIMARY KEY,
      version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL,
      script varchar(1000) NOT NULL, checksum integer, installed_by varchar(100) NOT NULL,
      installed_on timestamp NOT NULL DEFAULT now(), execution_time integer NOT NULL,
      success boolean NOT NULL)`,
    applied: `INSERT INTO flyway_schema_history VALUES
      (1, '1', 'init', 'SQL', 'V1__init.sql', NULL, 'shop', now(), 1, true)`,
    first: { 'db/migration/V1__init.sql': create },
    second: { 'db/migration/V2__drop.sql': drop },
    name: 'V2__drop.sql',
  },
  {
    tool: 'prisma',
    history: `CREATE TABLE "_prisma_migrations" (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL,
      finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
      started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`,
    applied: `INSERT INTO "_prisma_migrations" VALUES
      ('a', '${sha256(create)}', now(), '1_init', NULL, NULL, now(), 1)`,
    first: { 'prisma/migrations/1_init/migration.sql': create },
    second: { 'prisma/migrations/2_drop/migration.sql': drop },
    name: '2_drop',
  },
  {
    tool: 'drizzle',
    history: `CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY,
      hash text NOT NULL, created_at bigint)`,
    applied: `INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('${sha256(create)}', 1700000000001)`,
    first: {
      'drizzle/0000_init.sql': create,
      'drizzle/meta/_journal.json': JSON.stringify({
        entries: [{ tag: '0000_init', when: 1700000000001 }],
      }),
    },
    second: {
      'drizzle/0001_drop.sql': drop,
      'drizzle/meta/_journal.json': JSON.stringify({
        entries: [
          { tag: '0000_init', when: 1700000000001 },
          { tag: '0001_drop', when: 1700000000002 },
        ],
      }),
    },
    name: '0001_drop',
  },
  {
    tool: 'rails',
    history: 'CREATE TABLE schema_migrations (version varchar PRIMARY KEY)',
    applied: "INSERT INTO schema_migrations VALUES ('20260101000000')",
    first: {
      'db/migrate/20260101000000_init.rb':
        'def change\n  create_table :products do |t|\n  end\nend',
      'db/structure.sql': `\\restrict abc\n${create}`,
    },
    second: {
      'db/migrate/20260202000000_drop_name.rb':
        'def change\n  remove_column :products, :name, :text\nend',
    },
    name: '20260202000000_drop_name',
  },
];

describe.skipIf(reason)('the check of a database whose migrations are applied by', () => {
  let stage: DatabaseStage;
  beforeAll(async () => {
    stage = await openDatabaseStage();
  }, 60_000);
  afterAll(() => stage?.stop());

  it.each(cases)('$tool', async ({ tool, history, applied, first, second, name }) => {
    const url = await stage.database(`${create} ${history}; ${applied}`);
    const keys = { migrations: { tool }, blueNeeds: ['products.name'] };

    const same = await stage.ask(url, keys, stage.versions(first, first));
    expect(same).toMatchObject({ verdict: 'pass', summary: 'all of 1 migration applied' });
    const next = await stage.ask(url, keys, stage.versions({ ...first, ...second }, first));
    expect(next).toMatchObject({
      verdict: 'fail',
      summary:
        `${name} drops products.name, which blue still needs (blueNeeds has products.name); ` +
        `${name} is not applied (1 of 2 migrations)`,
    });
  });

  it('Knex, as far as that can be told', async () => {
    const url = await stage.database(`${create}
      CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch integer,
        migration_time timestamptz);
      INSERT INTO knex_migrations (name) VALUES ('1_init.js'), ('2_drop.js')`);
    const first = { 'migrations/1_init.js': '' };
    const green = { ...first, 'migrations/2_drop.js': 'knex.raw("DROP TABLE products")' };
    const keys = { migrations: { tool: 'knex' }, blueNeeds: [] };
    const answer = await stage.ask(url, keys, stage.versions(green, first));

    expect(answer).toMatchObject({
      verdict: 'warn',
      summary: '2_drop.js: is a program, not SQL: what it does could not be read',
    });
  });

  it('says what a role lacks that may not read the tool’s table', async () => {
    const url = await stage.database(
      `CREATE TABLE schema_migrations (version text); CREATE ROLE nosy LOGIN PASSWORD 'nosy-reader'`,
    );
    const address = Object.assign(new URL(url), { username: 'nosy', password: 'nosy-reader' });
    const files = { 'migrations/1_init.sql': create };
    const keys = { migrations: { tool: 'sql' } };
    const answer = await stage.ask(address.href, keys, stage.versions(files, files));

    expect(answer.summary).toBe(
      'schema_migrations cannot be read: permission denied for table schema_migrations; grant SELECT on it to the role of the conductor',
    );
  });
});
