import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoPostgres } from '../../scripts/postgres/cluster.ts';
import { type DatabaseStage, openDatabaseStage } from '../support/database-check.ts';

const reason = whyNoPostgres();
if (reason) console.warn(`The check of databases is left out: ${reason}`);

const products = `CREATE TABLE products (
  id serial PRIMARY KEY, name varchar(200) NOT NULL, price_cents integer NOT NULL, note text);
  INSERT INTO products (name, price_cents) VALUES ('Mug', 1200);`;
const history = 'CREATE TABLE schema_migrations (version text PRIMARY KEY);';
const first = { 'migrations/0001_products.sql': products };
const applied = (...names: string[]) =>
  names.map((name) => `INSERT INTO schema_migrations VALUES ('${name}');`).join('');
const sql = { migrations: { tool: 'sql' } };

describe.skipIf(reason)('check database', () => {
  let stage: DatabaseStage;
  beforeAll(async () => {
    stage = await openDatabaseStage();
  }, 60_000);
  afterAll(() => stage?.stop());

  /** A database at 0001, after whatever else is given. */
  const atFirst = (more = '') =>
    stage.database(products + history + applied('0001_products') + more);

  describe('of migrations that are not applied', () => {
    it('passes when all are', async () => {
      const url = await atFirst();
      const answer = await stage.ask(url, sql, stage.versions(first, first));

      expect(answer).toMatchObject({
        verdict: 'pass',
        summary: 'all of 1 migration applied',
        evidence: { migrations: { found: 1, applied: 1, pending: { first: [] } } },
      });
    });

    it('fails and names them', async () => {
      const url = await atFirst();
      const green = {
        ...first,
        'migrations/0002_vendor.sql': 'ALTER TABLE products ADD vendor text',
      };
      const answer = await stage.ask(url, sql, stage.versions(green, first));

      expect(answer).toMatchObject({
        verdict: 'fail',
        summary: '0002_vendor is not applied (1 of 2 migrations)',
      });
      expect(answer).not.toHaveProperty('effects');
    });

    it('fails when nothing was ever applied', async () => {
      const answer = await stage.ask(await stage.database(), sql, stage.versions(first, first));

      expect(answer).toMatchObject({
        verdict: 'fail',
        summary: '0001_products is not applied (1 of 1 migration)',
      });
    });

    it('warns where the manifest says so, and before green is there', async () => {
      const url = await atFirst();
      const green = {
        ...first,
        'migrations/0002_vendor.sql': 'ALTER TABLE products ADD vendor text',
      };
      const context = stage.versions(green, first);
      const keys = { migrations: { tool: 'sql', pending: 'warn' } };

      expect((await stage.ask(url, keys, context)).verdict).toBe('warn');
      expect(await stage.askBefore(url, sql, context)).toMatchObject({
        verdict: 'warn',
        summary: '0002_vendor is not applied (1 of 2 migrations)',
      });
    });

    it('warns of migrations that the database has and green does not know', async () => {
      const url = await atFirst(applied('0002_later'));
      const answer = await stage.ask(url, sql, stage.versions(first, first));

      expect(answer).toMatchObject({
        verdict: 'warn',
        summary: 'the database has 0002_later, which green does not know',
      });
    });

    it('fails when green has none', async () => {
      const answer = await stage.ask(await atFirst(), sql, stage.versions({ 'a.txt': '' }, first));

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toMatch(/^there are no migrations of sql in .*app\/migrations$/);
    });
  });

  describe('of what a migration takes from blue', () => {
    const drop = { 'migrations/0002_drop.sql': 'ALTER TABLE products DROP COLUMN note' };
    const context = () => stage.versions({ ...first, ...drop }, first);
    const contracted = () => atFirst(`${drop['migrations/0002_drop.sql']};${applied('0002_drop')}`);

    it('fails where the manifest says that blue needs it', async () => {
      const keys = { ...sql, blueNeeds: ['products.note'] };
      const answer = await stage.ask(await contracted(), keys, context());

      expect(answer).toMatchObject({
        verdict: 'fail',
        summary:
          '0002_drop drops products.note, which blue still needs (blueNeeds has products.note)',
      });
    });

    it('fails where a statement of blue says so', async () => {
      const keys = { ...sql, queries: ['SELECT p.id, p.note FROM products p WHERE p.id = $1'] };
      const answer = await stage.ask(await contracted(), keys, context());

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toContain('which blue still needs (queries: SELECT p.id, p.note');
      expect(answer.summary).toContain(
        "blue's statement fails on the database as it is: column p.note",
      );
    });

    it('fails where nothing says anything', async () => {
      const answer = await stage.ask(await contracted(), sql, context());

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toBe(
        '0002_drop drops products.note, and nothing says whether blue needs that: list what it needs in blueNeeds, an empty list if nothing',
      );
      expect(answer.evidence.knownOfBlue).toMatchObject({
        statistics: 'the extension pg_stat_statements is not there',
      });
    });

    it('holds instead of rolling back where blue does not need it', async () => {
      const keys = { ...sql, blueNeeds: [] };
      const answer = await stage.ask(await contracted(), keys, context());

      expect(answer).toMatchObject({
        verdict: 'pass',
        effects: {
          holdOnBreach: 'blue may not go with the database any more: 0002_drop drops products.note',
        },
      });
    });

    it('leaves rolling back as it is where the manifest insists', async () => {
      const keys = { ...sql, blueNeeds: [], onContracting: 'rollback' };
      const answer = await stage.ask(await contracted(), keys, context());

      expect(answer.verdict).toBe('pass');
      expect(answer).not.toHaveProperty('effects');
    });

    it('fails on any of it where the manifest wants none', async () => {
      const keys = { ...sql, blueNeeds: [], onContracting: 'fail' };
      const answer = await stage.ask(await contracted(), keys, context());

      expect(answer).toMatchObject({
        verdict: 'fail',
        summary: '0002_drop drops products.note, and onContracting allows nothing of the kind',
      });
    });

    it('finds it before it is applied too', async () => {
      const keys = { ...sql, blueNeeds: ['products'] };
      const answer = await stage.ask(await atFirst(), keys, context());

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toBe(
        '0002_drop drops products.note, which blue still needs (blueNeeds has products); 0002_drop is not applied (1 of 2 migrations)',
      );
    });

    it('finds it before green is provisioned', async () => {
      const keys = { ...sql, blueNeeds: ['products.note'] };
      const answer = await stage.askBefore(await atFirst(), keys, context());

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toContain('0002_drop drops products.note, which blue still needs');
    });

    it('does not judge what blue has itself', async () => {
      const both = { ...first, ...drop };
      const answer = await stage.ask(await contracted(), sql, stage.versions(both, both));

      expect(answer.verdict).toBe('pass');
      expect(answer).not.toHaveProperty('effects');
    });

    it('has nobody to take anything from without blue', async () => {
      const answer = await stage.ask(
        await contracted(),
        sql,
        stage.versions({ ...first, ...drop }),
      );

      expect(answer.verdict).toBe('pass');
    });

    it('takes types from the catalog before, and from the files after', async () => {
      const change = 'ALTER TABLE products ALTER name TYPE varchar(20)';
      const green = { ...first, 'migrations/0002_short.sql': change };
      const keys = { ...sql, queries: ['UPDATE products SET name = $1 WHERE id = $2'] };
      const narrows =
        'narrows products.name from varchar(200) to varchar(20), which blue still writes';

      for (const url of [await atFirst(), await atFirst(`${change};${applied('0002_short')}`)]) {
        const answer = await stage.ask(url, keys, stage.versions(green, first));
        expect(answer.verdict).toBe('fail');
        expect(answer.summary).toContain(narrows);
      }
    });

    it('warns where only pending ones could be judged', async () => {
      const blue = { ...context().green, id: 'shop-1', kind: 'prebuilt', attributes: {} };
      const answer = await stage.ask(await contracted(), sql, { ...context(), blue });

      expect(answer.verdict).toBe('warn');
      expect(answer.summary).toContain(
        "only pending migrations were judged, as blue's files cannot",
      );
    });
  });

  describe('of probes', () => {
    const insert = "INSERT INTO products (name, price_cents) VALUES ('Probe', 1)";

    it('runs them and leaves nothing behind', async () => {
      const url = await atFirst();
      const keys = {
        probes: [
          { name: 'read', sql: 'SELECT name FROM products', minRows: 1 },
          { name: 'write', sql: `${insert}; UPDATE products SET note = ''`, minRows: 2 },
        ],
      };
      const answer = await stage.ask(url, keys, stage.versions(first, first));

      expect(answer).toMatchObject({ verdict: 'pass', summary: '2 of 2 probes work' });
      expect(await stage.run(url, 'SELECT count(*)::int AS count FROM products')).toEqual([
        { count: 1 },
      ]);
    });

    it('fails where one does not work, and says whose it is', async () => {
      const url = await atFirst('ALTER TABLE products DROP COLUMN note');
      const probes = [{ name: 'notes', of: 'blue', sql: 'SELECT note FROM products' }];
      const answer = await stage.ask(url, { probes }, stage.versions(first, first));

      expect(answer).toMatchObject({
        verdict: 'fail',
        summary: 'probe notes of blue fails: column "note" does not exist (42703)',
      });
    });

    it('looks at what is deferred to the end of a transaction', async () => {
      const url = await atFirst(
        `ALTER TABLE products ADD parent integer REFERENCES products DEFERRABLE INITIALLY DEFERRED`,
      );
      const probes = [{ sql: 'UPDATE products SET parent = 77' }];
      const answer = await stage.ask(url, { probes }, stage.versions(first));

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toContain('probe 1 of both versions fails: insert or update on table');
    });

    it.each([
      ['COMMIT', 'only SELECT, INSERT, UPDATE, DELETE and MERGE can be probes, not: COMMIT'],
      ['SELECT 1; DROP TABLE products', 'can be probes, not: DROP TABLE products'],
      ['SELEC 1', 'line 1: syntax error at or near "SELEC"'],
      ['SELECT name FROM products WHERE false', '0 rows, at least 1 expected'],
    ])('refuses %s', async (text, why) => {
      const probes = [{ sql: text, minRows: 1 }];
      const answer = await stage.ask(await atFirst(), { probes }, stage.versions(first));

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toContain(why);
    });

    it("leaves out blue's without blue, and those that write where green has users", async () => {
      const probes = [
        { name: 'theirs', of: 'blue', sql: 'SELECT nothing' },
        { name: 'write', sql: insert },
        { name: 'read', sql: 'SELECT 1' },
      ];
      const answer = await stage.ask(
        await atFirst(),
        { probes },
        stage.versions(first, null, { isLive: true }),
      );

      expect(answer).toMatchObject({
        verdict: 'pass',
        summary: '1 of 1 probe work',
        evidence: { probesLeftOut: ['write'] },
      });
    });

    let untouched: Promise<string> | null = null;
    it.each([
      "SELECT setval('products_id_seq', 7)",
      "WITH x AS (INSERT INTO products (name, price_cents) VALUES ('L', 1) RETURNING 1) SELECT 1 FROM x",
      'SELECT own()',
      'SELECT 1 FROM products FOR UPDATE',
      'SELECT * INTO others FROM products',
    ])('takes %s for writing', async (text) => {
      untouched ??= atFirst('CREATE FUNCTION own() RETURNS int LANGUAGE sql AS $$SELECT 1$$');
      const url = await untouched;
      const answer = await stage.ask(
        url,
        { probes: [{ name: 'p', sql: text }] },
        stage.versions(first, null, { isLive: true }),
      );

      expect(answer.evidence).toMatchObject({ probesLeftOut: ['p'] });
      const [row] = await stage.run(url, 'SELECT last_value::int AS at FROM products_id_seq');
      expect(row).toEqual({ at: 1 });
    });

    it('lets a probe that reads write nothing, whatever a view of its calls', async () => {
      const url = await atFirst("CREATE VIEW steps AS SELECT nextval('products_id_seq') AS step");
      const probes = [{ name: 'p', sql: 'SELECT count(*), lower(max(step)::text) FROM steps' }];
      const answer = await stage.ask(url, { probes }, stage.versions(first));

      expect(answer.summary).toContain('cannot execute nextval() in a read-only transaction');
    });

    it('waits for a lock as long as it may, and no longer', async () => {
      const url = await atFirst();
      const keys = { probes: [{ name: 'p', sql: 'SELECT 1 FROM products' }], lockTimeout: '100ms' };
      const locked = stage.run(url, 'BEGIN; LOCK products; SELECT pg_sleep(1.5); COMMIT');
      await new Promise((resolve) => setTimeout(resolve, 300));
      const answer = await stage.ask(url, keys, stage.versions(first));
      await locked;

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toBe(
        'probe p of both versions fails: canceling statement due to lock timeout (55P03)',
      );
    });
  });

  describe('that tries pending migrations', () => {
    const probes = [
      { name: 'review', sql: "INSERT INTO products (name, price_cents) VALUES ('Probe', 1)" },
    ];
    const keys = { ...sql, probes, tryMigrations: true, blueNeeds: [] };
    const keysThatWarn = { ...keys, migrations: { tool: 'sql', pending: 'warn' } };
    const pending = (text: string) =>
      stage.versions({ ...first, 'migrations/0002_next.sql': text }, first);

    /** One for all that leave it as it is. */
    let untouched: Promise<string> | null = null;
    const ownedAtFirst = (more = '') =>
      stage.ownedDatabase(products + history + applied('0001_products') + more);

    it('finds what only running them shows, and takes them back', async () => {
      const url = await ownedAtFirst();
      const text = 'ALTER TABLE products ADD CONSTRAINT dear CHECK (price_cents > 9) NOT VALID';
      const answer = await stage.ask(url, keys, pending(text));

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toContain(
        'probe review of both versions fails after the pending migrations: new row for relation',
      );
      const [row] = await stage.run(
        url,
        "SELECT count(*)::int AS n FROM pg_constraint WHERE conname = 'dear'",
      );
      expect(row).toEqual({ n: 0 });
    });

    it('says what cannot be applied', async () => {
      const answer = await stage.ask(
        await ownedAtFirst(),
        keys,
        pending('BEGIN; ALTER TABLE products ADD vendor text NOT NULL; COMMIT'),
      );

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toContain(
        'the pending migrations cannot be applied: 0002_next: column "vendor" of relation "products" contains null values',
      );
    });

    it('leaves out what cannot be taken back, and says so', async () => {
      const url = await ownedAtFirst();
      const text = 'CREATE INDEX CONCURRENTLY i ON products (name)';
      const answer = await stage.ask(url, keysThatWarn, pending(text));

      expect(answer.verdict).toBe('warn');
      expect(answer.summary).toContain('1 statement of pending migrations cannot be tried');
      expect(answer.evidence.tried).toMatchObject({ skipped: { first: [`0002_next: ${text}`] } });
    });

    it('does none of it where green has users', async () => {
      const context = { ...pending('ALTER TABLE products ADD vendor text'), isLive: true };
      const answer = await stage.ask(await ownedAtFirst(), keys, context);

      expect(answer.evidence).not.toHaveProperty('tried');
      const { summary } = await stage.ask(await ownedAtFirst(), keysThatWarn, context);
      expect(summary).toContain('0002_next is not applied');
    });

    it.each([
      ["SELECT setval('products_id_seq', 1, false)", 1],
      ["ALTER TABLE products ADD a int; UPDATE products SET a = nextval('products_id_seq')", 2],
      ["DO $$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''true'''; END $$", 1],
      ["COPY products TO PROGRAM 'true'", 1],
      ["CREATE TABLE t AS SELECT nextval('products_id_seq')", 1],
      ["ALTER TABLE products ADD a int DEFAULT nextval('products_id_seq')", 1],
      ["INSERT INTO products (name, price_cents) SELECT 'x', dblink_exec('', '')::int", 1],
      ["WITH a AS (SELECT setval('products_id_seq', 9)) DELETE FROM products", 1],
      ['CREATE SCHEMA s CREATE TABLE t (i int)', 1],
      ['SET search_path = other', 1],
      ['CALL nothing()', 1],
      ['ROLLBACK', 1],
    ])('does not try %s', async (text, number) => {
      untouched ??= ownedAtFirst();
      const url = await untouched;
      const answer = await stage.ask(url, keysThatWarn, pending(text));

      expect(answer.summary).toContain(
        `pending migrations were not tried: statement ${number} of 0002_next (`,
      );
      expect(answer.summary).toContain(') could have effects that outlive a rollback');
      expect(answer.verdict).toBe('warn');
      const [row] = await stage.run(url, 'SELECT last_value::int, is_called FROM products_id_seq');
      // The probes, which are run all the same, have taken steps of their own.
      expect(row?.last_value).toBeGreaterThan(1);
      expect(row?.is_called).toBe(true);
    });

    it.each([
      ['a superuser', 'SUPERUSER', 'is a superuser'],
      [
        'who may run programs',
        'IN ROLE pg_execute_server_program',
        'is a member of pg_execute_server_program',
      ],
      ['who may write files', 'IN ROLE pg_write_server_files', 'of pg_write_server_files'],
    ])('does not try anything as %s', async (_, rights, why) => {
      const url = new URL(await atFirst());
      const role = `mighty${rights.length}`;
      await stage.run(
        url.href,
        `CREATE ROLE ${role} LOGIN PASSWORD '${url.password}' ${rights};
        GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
        GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
      );
      url.username = role;
      const answer = await stage.ask(
        url.href,
        keysThatWarn,
        pending('ALTER TABLE products ADD vendor text'),
      );

      expect(answer.verdict).toBe('warn');
      expect(answer.summary).toContain(`not tried: the role ${role}`);
      expect(answer.summary).toContain(why);
      expect(answer.evidence.tried).toMatchObject({ probes: { first: [] } });
    });

    it("has the database look up blue's statements afterwards", async () => {
      const queries = [
        'SELECT name FROM products JOIN brands USING (id)',
        'SELECT nothing FROM nowhere',
      ];
      const url = await ownedAtFirst('CREATE TABLE brands (id serial, title text)');
      const text = 'ALTER TABLE brands ADD name text';
      const answer = await stage.ask(url, { ...keys, queries }, pending(text));

      const said = JSON.stringify(answer.evidence.tried);
      expect(said).toContain('column reference \\"name\\" is ambiguous');
      expect(answer.summary).toContain('relation "nowhere" does not exist');
    });
  });

  describe('of the connection', () => {
    it('says where there is none', async () => {
      const nowhere = 'postgres://shop:secret-word@127.0.0.1:1/shop';
      const answer = await stage.ask(nowhere, {}, stage.versions(first));

      expect(answer).toMatchObject({ verdict: 'fail', evidence: {} });
      expect(answer.summary).toMatch(/^shop at 127.0.0.1:1 cannot be reached: .*ECONNREFUSED/);
      expect(JSON.stringify(answer)).not.toContain('secret-word');
    });

    it('says that a secret holds no URL, and not what it holds', async () => {
      const answer = await stage.ask('hunter2', {}, stage.versions(first));

      expect(answer.summary).toBe(
        'the secret shop-db holds no URL such as postgres://user@host/name',
      );
    });

    it('keeps no password in its evidence', async () => {
      const url = await atFirst();
      const answer = await stage.ask(url, sql, stage.versions(first, first));

      expect(JSON.stringify(answer)).not.toContain(new URL(url).password);
      expect(answer.evidence.database).toMatch(/^db\d+ at 127.0.0.1:\d+$/);
    });

    it('ends when its time is up', async () => {
      const abort = new AbortController();
      const url = await atFirst();
      const context = stage.versions(first, first, { abort: abort.signal });
      setTimeout(() => abort.abort(), 200);
      const answer = await stage.ask(
        url,
        { probes: [{ sql: 'SELECT pg_sleep(20)' }], statementTimeout: '30s' },
        context,
      );

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toBe('the database took too long');
    });
  });
});
