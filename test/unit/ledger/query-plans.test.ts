import { expect, it } from 'vitest';
import { createSqliteExecutionStore } from '../../../lib/engine/sqlite-execution-store.ts';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { openSqliteDatabase, type SqliteDatabase } from '../../../lib/ledger/sqlite/database.ts';
import { createSqliteLedger } from '../../../lib/ledger/sqlite.ts';
import * as samples from '../../contract/ledger-samples.ts';

/** The same database, noting the statements it is given. */
function noting(database: SqliteDatabase, statements: Set<string>): SqliteDatabase {
  const note = (sql: string) => {
    statements.add(sql);
    return sql;
  };
  return {
    ...database,
    run: (sql, params) => database.run(note(sql), params),
    get: (sql, params) => database.get(note(sql), params),
    all: (sql, params) => database.all(note(sql), params),
  };
}

/** Every call that a release makes, those of its readers, and those for what comes from outside. */
async function callEverything(ledger: Ledger): Promise<void> {
  const { record } = await ledger.createRelease(samples.releaseOf('rel-1'));
  await ledger.putManifest('storefront', {}, 'ada', samples.timeAt(0));
  await ledger.getManifest('storefront');
  const { epoch } = await ledger.acquireLock('storefront', 'rel-1');
  await ledger.recordIntent(samples.intentOf(epoch));
  await ledger.listIntents('rel-1');
  await ledger.saveDocument(record.document);
  await ledger.appendEvent(samples.eventOf('rel-1#a'));
  await ledger.listEvents('rel-1');
  await ledger.listServiceEvents('storefront', 10);
  await ledger.listReleases({ limit: 10 });
  await ledger.listReleases({ service: 'storefront', limit: 10 });
  await ledger.putWatch(samples.watchOf('rel-1', ['5xx']));
  await ledger.getWatch('rel-1');
  await ledger.watchesOf('5xx');
  await ledger.openApproval(samples.requestOf('rel-1'));
  await ledger.recordDecision('rel-1', samples.decisionOf('ada'));
  await ledger.recordBreach('rel-1', samples.breachOf('5 % errors'));
  await ledger.endRelease('rel-1', samples.endingOf(record, 'held', epoch), [null]);
  const reopened = await ledger.reopenRelease('rel-1', ['held'], 'completing');
  await ledger.endRelease('rel-1', samples.endingOf(reopened, 'completed'), [null]);
  await hearFromOutside(ledger);
}

async function hearFromOutside(ledger: Ledger): Promise<void> {
  await ledger.putToken(samples.tokenOf('tok-1'));
  await ledger.getToken('tok-1');
  await ledger.listTokens();
  await ledger.revokeToken('tok-1', 'ada', samples.timeAt(1));
  await ledger.claimReceipt(samples.claimOf('github:1'));
  await ledger.answerReceipt('github:1', 'rel-1');
  await ledger.getReceipt('github:1', samples.timeAt(1));
  await ledger.putReportedAlarm(samples.reportOf('5xx'));
  await ledger.getReportedAlarms(['5xx']);
  await ledger.putBudget(samples.tallyOf('storefront', 1));
  await ledger.putBudget(samples.tallyOf('storefront', 2));
  await ledger.getBudget('storefront');
  await ledger.putQuieted(samples.quietedOf('rel-1'));
  await ledger.listQuieted();
  await ledger.deleteQuieted(samples.quietedOf('rel-1'));
}

it('finds every row through an index and sorts nothing', async () => {
  const database = openSqliteDatabase(':memory:');
  const statements = new Set<string>();
  const noted = noting(database, statements);
  const store = createSqliteExecutionStore({ database: noted });

  await callEverything(createSqliteLedger({ database: noted }));
  await store.get('release', 'rel-1');
  await store.end('release', 'rel-1', 'succeeded', null, null);
  await store.running();
  const plans = [...statements].flatMap((sql) =>
    database
      .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .map(({ detail }) => `${detail} <- ${sql}`),
  );
  database.close();

  expect(plans.length).toBeGreaterThan(15);
  expect(plans.filter((plan) => /^SCAN \w+ <-|TEMP B-TREE/.test(plan))).toEqual([]);
});
