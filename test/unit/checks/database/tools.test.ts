import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../../../lib/checks/database/session.ts';
import type { MigrationTool } from '../../../../lib/checks/database/tool.ts';
import { migrationTools } from '../../../../lib/checks/database/tools/index.ts';
import { folderOf } from '../../../support/version-files.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** How files stand beside the rows of a history. */
async function standingOf(tool: MigrationTool, files: Record<string, string>, rows: Row[]) {
  const { directory, table, column } = tool.defaults;
  const found = await tool.readFiles(folderOf(files), directory);
  const applied = await tool.readApplied(async () => rows, { table, column });
  const { pending, ...others } = tool.compare(found, applied);
  return { found, pending: pending.map(({ name }) => name), ...others };
}

const fine = { pending: [], failed: [], changed: [], strangers: [], notes: [] };

describe('plain SQL', () => {
  const tool = migrationTools.sql;
  const files = {
    'migrations/0001_products.sql': 'one',
    'migrations/0002_reviews.up.sql': 'two',
    'migrations/0002_reviews.down.sql': 'DROP TABLE reviews',
    'migrations/README.md': 'read me',
  };
  const rows = (...versions: (string | number)[]) =>
    versions.map((version) => ({ row: { version } }));

  it.each([
    [rows('0001_products', '0002_reviews')],
    [rows('0001', '0002')],
    [rows(1, 2)],
    [rows('0001_products.sql', '0002_reviews.up.sql')],
  ])('knows versions however they are written: %j', async (given) => {
    expect(await standingOf(tool, files, given)).toMatchObject(fine);
  });

  it('finds what is pending and what is not its own', async () => {
    expect(await standingOf(tool, files, rows('0001', '0009_other'))).toMatchObject({
      pending: ['0002_reviews'],
      strangers: ['0009_other'],
    });
  });

  it('takes the one row of golang-migrate for all up to it, and sees that it failed', async () => {
    const row = (version: number, dirty: boolean) => [{ row: { version, dirty } }];
    expect(await standingOf(tool, files, row(2, false))).toMatchObject(fine);
    expect(await standingOf(tool, files, row(1, false))).toMatchObject({
      pending: ['0002_reviews'],
    });
    expect(await standingOf(tool, files, row(2, true))).toMatchObject({ failed: ['2'] });
  });

  it.each(['-- migrate:down', '-- +goose Down', '-- +migrate Down'])(
    'reads no further than to %s',
    async (marker) => {
      const text = `CREATE TABLE a ();\n${marker}\nDROP TABLE a;`;
      const { found } = await standingOf(tool, { 'migrations/1_a.sql': text }, []);
      expect(found[0]?.sql).toBe('CREATE TABLE a ();\n');
    },
  );

  it('says which column is missing', async () => {
    const rowsWithout = [{ row: { name: '0001' } }];
    await expect(standingOf(tool, files, rowsWithout)).rejects.toThrow(
      '"schema_migrations" has no column "version"; name one in migrations.column',
    );
  });
});

describe('Flyway', () => {
  const tool = migrationTools.flyway;
  const text = 'alter table location_history add column valid_until timestamp with time zone;';
  const files = {
    'db/migration/V1_1__add_valid_until.sql': text,
    'db/migration/sub/V1.2__more.sql': 'SELECT 1',
    'db/migration/V1.10__last.sql': 'SELECT 2',
    'db/migration/U1.2__more.sql': 'DROP TABLE x',
    'db/migration/R__all_views.sql': 'SELECT 3',
    'db/migration/beforeMigrate.sql': 'SELECT 4',
  };
  const row = (version: string | null, description: string, differs: Row = {}) => ({
    ...{ version, description, type: 'SQL', checksum: null, success: true },
    ...differs,
  });
  const all = [row('1.1', 'add valid until'), row('1.2', 'more'), row('1.10', 'last')];

  it('puts versions in their order, and repeatable ones last', async () => {
    const { found } = await standingOf(tool, files, []);
    expect(found.map(({ name }) => name)).toEqual([
      'V1_1__add_valid_until.sql',
      'V1.2__more.sql',
      'V1.10__last.sql',
      'R__all_views.sql',
    ]);
  });

  // Checksums of other people's files, as Flyway itself told them: flyway/flyway#2474 and #1560.
  it.each([
    [text, '-1039259818'],
    [
      'DROP TABLE IF EXISTS settings;\r\nCREATE TABLE IF NOT EXISTS settings (\n    id INTEGER PRIMARY KEY\n);\n',
      '-723451720',
    ],
  ])('computes the checksum that Flyway does', async (sql, checksum) => {
    const { found } = await standingOf(tool, { 'db/migration/V1__a.sql': sql }, []);
    expect(found[0]?.checksum).toBe(checksum);
  });

  it('finds what is pending', async () => {
    const standing = await standingOf(tool, files, all.slice(0, 2));
    expect(standing).toMatchObject({ pending: ['V1.10__last.sql', 'R__all_views.sql'], notes: [] });
  });

  it('applies repeatable ones again when they change', async () => {
    const { found } = await standingOf(tool, files, []);
    const sum = Number(found.at(-1)?.checksum);
    const same = [...all, row(null, 'all views', { checksum: sum })];
    const other = [...all, row(null, 'all views', { checksum: 5 })];
    expect(await standingOf(tool, files, same)).toMatchObject(fine);
    expect(await standingOf(tool, files, other)).toMatchObject({
      pending: ['R__all_views.sql'],
      changed: [],
    });
  });

  it('finds what failed, what changed and what has no file', async () => {
    const rows = [
      row('1.1', 'add valid until', { checksum: 7 }),
      row('1.2', 'more', { success: false }),
      row('3', 'gone'),
      row(null, '<< Flyway Schema Creation >>', { type: 'SCHEMA' }),
    ];
    expect(await standingOf(tool, files, rows)).toMatchObject({
      changed: ['V1_1__add_valid_until.sql'],
      failed: ['1.2'],
      strangers: ['3'],
    });
  });

  it('leaves out what came before a baseline, and takes back what was undone', async () => {
    const rows = [row('1.2', 'baseline', { type: 'BASELINE' }), row('1.10', 'last')];
    const undone = [...rows, row('1.10', 'last', { type: 'UNDO_SQL' })];
    const { 'db/migration/R__all_views.sql': _, ...versioned } = files;
    expect(await standingOf(tool, versioned, rows)).toMatchObject(fine);
    expect(await standingOf(tool, versioned, undone)).toMatchObject({
      pending: ['V1.10__last.sql'],
    });
  });

  it('says what Flyway would leave out', async () => {
    const { notes } = await standingOf(tool, files, [all[0] as Row, all[2] as Row]);
    expect(notes).toEqual([
      'V1.2__more.sql is older than 1.10, which is applied: Flyway leaves it out unless outOfOrder is on',
    ]);
  });

  it('says that Java is no SQL', async () => {
    const { found } = await standingOf(tool, { 'db/migration/V2__fill.java': 'class' }, []);
    expect(found[0]).toMatchObject({
      sql: null,
      unread: ['is written in java: could not be read'],
    });
  });
});

describe('Prisma', () => {
  const tool = migrationTools.prisma;
  const files = {
    'prisma/migrations/20260101_init/migration.sql': 'one',
    'prisma/migrations/20260202_more/migration.sql': 'two',
    'prisma/migrations/migration_lock.toml': 'provider = "postgresql"',
  };
  const row = (migration_name: string, text: string, is_failed = false) => ({
    ...{ migration_name, checksum: sha256(text), is_failed },
  });

  it('finds what is pending, changed, unfinished and without a folder', async () => {
    const all = [row('20260101_init', 'one'), row('20260202_more', 'two')];
    expect(await standingOf(tool, files, all)).toMatchObject(fine);
    const odd = [row('20260101_init', 'other'), row('20260303_x', 'three', true)];
    expect(await standingOf(tool, files, odd)).toMatchObject({
      pending: ['20260202_more'],
      changed: ['20260101_init'],
      failed: ['20260303_x'],
      strangers: ['20260303_x'],
    });
  });
});

describe('Knex', () => {
  const tool = migrationTools.knex;
  const files = {
    'migrations/20260101_init.js': 'exports.up = knex => knex.raw("DROP TABLE x")',
    'migrations/20260202_more.ts': 'export const up = () => {}',
    'migrations/20260202_more.d.ts': 'export {}',
  };

  it('knows them by their names, and says that it cannot read them', async () => {
    const standing = await standingOf(tool, files, [{ name: '20260101_init.js' }]);
    expect(standing.pending).toEqual(['20260202_more.ts']);
    expect(standing.found[0]).toMatchObject({
      sql: null,
      unread: ['is a program, not SQL: what it does could not be read'],
    });
  });
});

describe('Drizzle', () => {
  const tool = migrationTools.drizzle;
  const entries = [
    { idx: 0, when: 1000, tag: '0000_init', breakpoints: true },
    { idx: 1, when: 2000, tag: '0001_more', breakpoints: true },
  ];
  const files = {
    'drizzle/meta/_journal.json': JSON.stringify({ version: '7', entries }),
    'drizzle/0000_init.sql': 'CREATE TABLE a ();\n--> statement-breakpoint\nCREATE TABLE b ();',
    'drizzle/0001_more.sql': 'two',
    'drizzle/9999_stray.sql': 'stray',
  };
  const row = (text: string, created_at: string) => ({ hash: sha256(text), created_at });
  const first = row(files['drizzle/0000_init.sql'], '1000');

  it('goes by the journal and the hashes', async () => {
    expect(await standingOf(tool, files, [first, row('two', '2000')])).toMatchObject(fine);
    expect(await standingOf(tool, files, [first])).toMatchObject({
      pending: ['0001_more'],
      notes: [],
    });
  });

  it('finds what changed, what is not its own, and what is never applied', async () => {
    const rows = [row('other', '1000'), row('theirs', '3000')];
    expect(await standingOf(tool, files, rows)).toMatchObject({
      pending: ['0001_more'],
      changed: ['0000_init'],
      strangers: [`hash ${sha256('theirs').slice(0, 12)}`],
      notes: ['0001_more is older than the newest that is applied: Drizzle leaves it out for ever'],
    });
  });

  it('refuses a journal that is none', async () => {
    const broken = { 'drizzle/meta/_journal.json': '{}' };
    await expect(standingOf(tool, broken, [])).rejects.toThrow(
      'drizzle/meta/_journal.json is no journal of Drizzle',
    );
  });
});

describe('Rails', () => {
  it('knows them by their versions', async () => {
    const files = {
      'db/migrate/20260101000000_init.rb': 'def change\nend',
      'db/migrate/20260202000000_more.rb': 'def change\nend',
      'db/migrate/notes.txt': '',
    };
    const rows = [{ version: '20260101000000' }, { version: '20250101000000' }];
    expect(await standingOf(migrationTools.rails, files, rows)).toMatchObject({
      pending: ['20260202000000_more'],
      strangers: ['20250101000000'],
    });
  });
});
