import { describe, expect, it } from 'vitest';
import { databaseSchema } from '../../../../lib/checks/database/config.ts';

const minimal = { kind: 'database', connection: { secret: 'shop-db' } };

/** Reasons against a check with these keys. */
function reasonsAgainst(keys: object): string[] {
  const { error } = databaseSchema.safeParse({ ...minimal, ...keys });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the manifest of a check of a database', () => {
  it('needs nothing but a connection', () => {
    expect(databaseSchema.parse(minimal)).toMatchObject({
      ...{ timeout: 30, onContracting: 'hold', statistics: 'auto', tryMigrations: false },
      ...{ lockTimeout: 1, statementTimeout: 5, probes: [], replicas: [], queries: [] },
    });
  });

  it.each([
    [{ connection: {} }, 'connection: needs either secret or url'],
    [
      { connection: { secret: 'a', url: 'postgres://shop@db/shop' } },
      'connection: needs either secret or url',
    ],
    [{ connection: { url: 'db.example.com' } }, 'connection.url: needs a URL such as postgres://'],
    [{ connection: { url: 'mysql://shop@db/shop' } }, 'connection.url: needs a URL such as'],
    [
      { connection: { url: 'postgres://shop:word@db/shop' } },
      'connection.url: has a password in it; keep the whole URL as a secret and name that',
    ],
    [{ connection: { secret: 'verdigris-signing' } }, "connection.secret: is the conductor's own"],
    [{ connection: { secret: 'Shop DB' } }, 'connection.secret: needs the name of a secret'],
    [{ replicas: [{ name: 'a' }] }, 'replicas.0: needs either secret or url'],
    [{ migrations: { tool: 'liquibase' } }, 'migrations.tool: Invalid option'],
    [
      { migrations: { tool: 'sql', directory: '../other' } },
      'migrations.directory: needs a path inside the artifact',
    ],
    [
      { migrations: { tool: 'sql', directory: '/etc' } },
      'migrations.directory: needs a path inside',
    ],
    [{ migrations: { tool: 'sql', table: 'a"; DROP' } }, 'migrations.table: needs a name such as'],
    [
      { migrations: { tool: 'sql', keyPrefix: 'shop/' } },
      'migrations.keyPrefix: has no effect without bucket',
    ],
    [{ blueNeeds: ['products name'] }, 'blueNeeds.0: needs a table or a column'],
    [{ queriesFile: '../../secrets' }, 'queriesFile: needs a path inside the artifact'],
    [{ lockTimeout: '11s' }, 'lockTimeout: is longer than 10s'],
    [{ timeout: '2m' }, 'timeout: is longer than 60s'],
    [{ probes: [{ sql: 'SELECT 1', of: 'red' }] }, 'probes.0.of: Invalid option'],
  ])('refuses %j', (keys, reason) => {
    const reasons = reasonsAgainst(keys);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain(reason);
  });
});
