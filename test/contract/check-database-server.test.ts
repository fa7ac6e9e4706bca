import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster, whyNoPostgres } from '../../scripts/postgres/cluster.ts';
import { type Replica, startReplica } from '../../scripts/postgres/replica.ts';
import { type DatabaseStage, openDatabaseStage } from '../support/database-check.ts';

const reason = whyNoPostgres();
if (reason) console.warn(`The check of a whole database server is left out: ${reason}`);

const products = 'CREATE TABLE products (id serial PRIMARY KEY, name text NOT NULL, note text);';
const files = { 'migrations/0001_products.sql': products };
const before = `${products} CREATE TABLE schema_migrations (version text);
  INSERT INTO schema_migrations VALUES ('0001_products');`;

describe.skipIf(reason)('check database on a server of its own', () => {
  let cluster: Cluster;
  let stage: DatabaseStage;
  beforeAll(async () => {
    cluster = await startCluster(['shared_preload_libraries=pg_stat_statements']);
    stage = await openDatabaseStage(cluster);
  }, 60_000);
  afterAll(() => stage?.stop());

  describe('with replicas', () => {
    let replica: Replica;
    let slow: Replica;
    let url: string;
    beforeAll(async () => {
      url = await stage.database('CREATE TABLE counters (n integer)');
      replica = await startReplica(cluster);
      slow = await startReplica(cluster, ['recovery_min_apply_delay=1h']);
    }, 60_000);
    afterAll(() => Promise.all([replica?.stop(), slow?.stop()]));

    const databaseOf = (address: string) => new URL(address).pathname.slice(1);
    const ask = (keys: object) => {
      const secrets = {
        near: replica.urlOf(databaseOf(url)),
        slow: slow.urlOf(databaseOf(url)),
        'shop-db': url,
      };
      const context = stage.versions(files, files);
      return stage.ask(secrets, keys, context);
    };

    it('passes one that keeps up', async () => {
      await stage.run(url, 'INSERT INTO counters VALUES (1)');
      const answer = await ask({ replicas: [{ name: 'near', secret: 'near' }] });

      expect(answer.verdict).toBe('pass');
      expect(answer.summary).toMatch(/^1 replica is [\d.]+ s behind$/);
    });

    it('passes one whose primary has had nothing to do', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const replicas = [{ name: 'near', secret: 'near', maxLag: '1s' }];

      expect((await ask({ replicas })).verdict).toBe('pass');
    });

    it('fails one that lags, and says how much is allowed', async () => {
      await stage.run(url, 'INSERT INTO counters VALUES (2)');
      const replicas = [
        { name: 'near', secret: 'near' },
        { name: 'slow', secret: 'slow', maxLag: '1s' },
      ];
      const answer = await ask({ replicas });

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toMatch(/^replica slow is [\d.]+ s behind, at most 1 s are allowed$/);
      expect(answer.evidence.replicas).toMatchObject([
        { name: 'near', isOk: true },
        { name: 'slow', isOk: false, maxLagSeconds: 1 },
      ]);
    });

    it('asks the primary where the manifest names no replica', async () => {
      await stage.run(url, 'INSERT INTO counters VALUES (3)');
      const answer = await ask({ maxLag: '500ms' });

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toMatch(/^replica \w+ is [\d.]+ s behind, at most 0.5 s are allowed$/);
    });

    it('says that a primary is no replica', async () => {
      const answer = await ask({ replicas: [{ name: 'near', secret: 'shop-db' }] });

      expect(answer.summary).toBe('replica near is no replica: it takes writes itself');
    });

    it('says that one cannot be reached', async () => {
      const replicas = [{ name: 'far', url: 'postgres://shop@127.0.0.1:1/shop' }];
      const answer = await ask({ replicas });

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toMatch(/^replica far shop at 127.0.0.1:1 cannot be reached: .*ECONN/);
    });
  });

  it('fails where there should be replicas and is none', async () => {
    const lonely = await openDatabaseStage();
    try {
      const answer = await lonely.ask(
        await lonely.database(),
        { maxLag: '1s' },
        lonely.versions(files),
      );
      expect(answer.summary).toBe(
        'the primary knows of no replica, or does not show them to this role',
      );
    } finally {
      await lonely.stop();
    }
  }, 60_000);

  describe('with pg_stat_statements', () => {
    const drop = 'ALTER TABLE products DROP COLUMN note';
    const green = { ...files, 'migrations/0002_drop.sql': drop };
    const keys = { migrations: { tool: 'sql', pending: 'warn' } };
    const counting = () => stage.database(`CREATE EXTENSION pg_stat_statements; ${before}`);

    it('warns of a statement that may be an earlier version’s', async () => {
      const url = await counting();
      await stage.run(url, 'SELECT id, note FROM products WHERE id = 7');
      const answer = await stage.ask(url, keys, stage.versions(green, files));

      expect(answer.verdict).toBe('warn');
      expect(answer.summary).toContain(
        '0002_drop drops products.note, which blue perhaps still needs (pg_stat_statements: SELECT id, note FROM products WHERE id = $1)',
      );
      expect(answer.effects?.holdOnBreach).toContain('0002_drop drops products.note');
    });

    it('fails where the manifest says that all of them are blue’s', async () => {
      const url = await counting();
      await stage.run(url, 'SELECT id, note FROM products WHERE id = 7');
      const context = stage.versions(green, files);
      const answer = await stage.ask(url, { ...keys, statistics: 'trust' }, context);

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toContain('which blue still needs (pg_stat_statements');
    });

    it('takes silence for an answer, and leaves out what migrations ran', async () => {
      const update = "UPDATE products SET note = '' WHERE note IS NULL";
      const url = await counting();
      await stage.run(url, 'SELECT id, name FROM products');
      await stage.run(url, update);
      const filled = { 'migrations/0001_products.sql': `${products} ${update};` };
      const context = stage.versions({ ...green, ...filled }, filled);
      const answer = await stage.ask(url, keys, context);

      expect(answer.summary).toBe('0002_drop is not applied (1 of 2 migrations)');
      expect(answer.evidence.takenFromBlue).toMatchObject({ first: [{ need: 'not-needed' }] });
      expect(answer.evidence.knownOfBlue).toMatchObject({ statistics: '1 statement' });
    });

    it('does not look where the manifest says so', async () => {
      const url = await counting();
      await stage.run(url, 'SELECT id, note FROM products WHERE id = 7');
      const context = stage.versions(green, files);
      const answer = await stage.ask(url, { ...keys, statistics: 'off', blueNeeds: [] }, context);

      expect(answer.summary).toBe('0002_drop is not applied (1 of 2 migrations)');
    });

    it('says what a role lacks that may not see the statements of others', async () => {
      const url = await counting();
      await stage.run(url, 'SELECT id, note FROM products WHERE id = 7');
      const role = `reader${new URL(url).pathname.slice(3)}`;
      await stage.run(
        url,
        `CREATE ROLE ${role} LOGIN PASSWORD 'reading-only'; GRANT SELECT ON schema_migrations TO ${role}`,
      );
      const address = Object.assign(new URL(url), { username: role, password: 'reading-only' });
      const answer = await stage.ask(address.href, keys, stage.versions(green, files));

      expect(answer.verdict).toBe('fail');
      expect(answer.summary).toContain('nothing says whether blue needs that');
      expect(answer.evidence.knownOfBlue).toMatchObject({
        statistics: "others' statements are hidden from this role; grant it pg_read_all_stats",
      });
    });
  });
});
