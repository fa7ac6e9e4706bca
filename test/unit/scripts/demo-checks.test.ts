import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import type { ReleaseStatus } from '../../../lib/http/api.ts';
import { readArguments } from '../../../scripts/demo-checks/arguments.ts';
import { faultyDirectory } from '../../../scripts/demo-checks/build.ts';
import { createClosing } from '../../../scripts/demo-checks/closing.ts';
import type { Fault } from '../../../scripts/demo-checks/faults.ts';
import { chooseFaults, readFaults } from '../../../scripts/demo-checks/faults.ts';
import {
  type GoodReport,
  isAsExpected,
  reportFault,
  tally,
  withAllRequests,
} from '../../../scripts/demo-checks/judge.ts';
import { assembleManifest } from '../../../scripts/demo-checks/manifest.ts';
import { migrate } from '../../../scripts/demo-checks/migrate.ts';
import { columnsFor, renderFault } from '../../../scripts/demo-checks/report.ts';
import { startCluster, whyNoPostgres } from '../../../scripts/postgres/cluster.ts';

const facts = {
  DATABASE_URL: 'postgres://shop@127.0.0.1:5433/shop',
  DATABASE_HOST: '127.0.0.1',
  DATABASE_PORT: 5433,
  SESSION_SECRET: 'session',
  PAYMENTS_KEY: 'key',
  PROBE_TOKEN: 'probe',
};

describe('the arguments of demo:checks', () => {
  it('are all faults, or some, or many releases of the good shop', () => {
    const all = { isJson: false, only: [], runs: null, build: null };
    expect(readArguments([])).toEqual(all);
    expect(readArguments(['--json', '--only', 'a', '--only', 'b'])).toEqual({
      ...all,
      isJson: true,
      only: ['a', 'b'],
    });
    expect(readArguments(['--runs', '50'])).toEqual({ ...all, runs: 50 });
    expect(readArguments(['--build', 'x'])).toEqual({ ...all, build: 'x' });
  });

  it.each([
    [['--jsn'], "Unknown option '--jsn'; it knows --json"],
    [['wrong-price'], "Unexpected argument 'wrong-price'"],
    [['--only'], 'argument missing'],
    [['--runs', 'many'], '--runs is "many"; it needs a whole number from 1 to 1000'],
    [['--runs', '0'], 'a whole number from 1'],
    [['--runs', '3', '--only', 'a'], '--runs releases the good shop only'],
    [['--build', 'x', '--only', 'a', '--only', 'b'], '--build builds one version'],
  ])('are refused with what is wrong: %j', (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });

  it('name faults that are there', () => {
    const faults = readFaults();
    expect(chooseFaults(faults, [])).toEqual(faults);
    expect(chooseFaults(faults, ['wrong-price'])).toHaveLength(1);
    expect(() => chooseFaults(faults, ['wrong-prise'])).toThrow('did you mean wrong-price?');
  });
});

describe('the manifest of demo:checks', () => {
  it('has what is known filled in, and the kind of each check', () => {
    const { source, kinds } = assembleManifest(facts);
    expect(source).toMatchObject({ environment: { env: { DATABASE_URL: facts.DATABASE_URL } } });
    expect(kinds.get('products')).toBe('http');
    expect(JSON.stringify(source)).not.toContain('${');
  });

  it('differs where a fault says so: key by key, and null takes away', () => {
    const env = { PAYMENTS_KEY: null, EXTRA: 'port ${DATABASE_PORT}' };
    const differs = [{ environment: { env } }, { retain: '5s' }];
    const { source } = assembleManifest(facts, differs);
    expect(source).toMatchObject({ retain: '5s', environment: { kind: 'process' } });
    const { PROBE_TOKEN, SESSION_SECRET } = facts;
    expect((source.environment as { env: object }).env).toEqual({
      ...{ DATABASE_URL: facts.DATABASE_URL, PROBE_TOKEN, SESSION_SECRET, EXTRA: 'port 5433' },
    });
  });

  it('gets a number where nothing but the placeholder of one stands', () => {
    const { source } = assembleManifest(facts, [{ router: { port: '${DATABASE_PORT}' } }]);
    expect(source.router).toMatchObject({ port: 5433 });
  });

  it('refuses a placeholder that nobody fills', () => {
    const differs = [{ owner: '${OWNER}' }];
    expect(() => assembleManifest(facts, differs)).toThrow('${OWNER} is not known; there are');
  });

  it('works without a database: what needs one is left out', () => {
    const without = { ...facts, DATABASE_URL: null, DATABASE_HOST: null, DATABASE_PORT: null };
    const { source, leftOut } = assembleManifest(without);
    expect(source).toMatchObject({ environment: { env: { DATABASE_URL: '' } } });
    expect(JSON.stringify(source.checks)).not.toMatch(/database-url|DATABASE_/);
    for (const { fact, reason } of leftOut) expect(reason).toContain(fact ?? 'no check kind');
  });
});

const fault: Fault = {
  ...{ name: 'bad', summary: 'it is bad', kind: 'http', check: 'products' },
  ...{ says: 'status 500', manifest: {} },
};

const kinds = new Map([
  ['products', 'http'],
  ['parity', 'parity'],
]);

/** A release with these checks, failed ones by what they said. */
function ended(outcome: ReleaseStatus['outcome'], said: Record<string, string>): ReleaseStatus {
  const events = Object.entries(said).map(([name, summary]) => ({
    type: 'Check Finished',
    summary: `${name}: fail, ${summary}`,
    data: { name, verdict: 'fail' },
  }));
  return {
    ...{ version: 'bad', outcome, reason: 'because', timings: { totalMs: 5 } },
    events,
  } as unknown as ReleaseStatus;
}

describe('a fault', () => {
  const caught = { products: 'GET /products: status 500', parity: 'differs' };

  it('is caught when its own check said why, whatever else did', () => {
    const report = reportFault(fault, ended('discarded', caught), kinds, 0);
    expect(report).toMatchObject({ problem: null, tookMs: 5, requestsOfUsers: 0 });
    expect(report.caughtBy.map(({ name, kind }) => [name, kind])).toEqual([
      ['products', 'http'],
      ['parity', 'parity'],
    ]);
  });

  it.each([
    ['completed', {}, 'it went live'],
    ['held', {}, 'it ended as held: because'],
    ['discarded', {}, 'not by a check: because'],
    ['discarded', { parity: 'differs' }, 'only parity caught it, not products'],
    ['discarded', { products: 'status 404' }, 'products did not say "status 500"'],
  ] as const)('is not when it ended as %s after %j', (outcome, said, problem) => {
    expect(reportFault(fault, ended(outcome, said), kinds, 0).problem).toContain(problem);
  });

  it('is not when users saw it', () => {
    const { problem } = reportFault(fault, ended('discarded', caught), kinds, 2);
    expect(problem).toBe('2 requests of users reached it');
    const unseen = reportFault(fault, ended('discarded', caught), kinds, 0);
    expect(withAllRequests(unseen, 0).problem).toBeNull();
    expect(withAllRequests(unseen, 3)).toMatchObject({
      requestsOfUsers: 3,
      problem: '3 requests of users reached it',
    });
  });

  it('is shown in two lines at most, with a problem below', () => {
    const said = { products: `status 500 ${'and so on '.repeat(40)}` };
    const columns = { ...columnsFor([fault], ['http']), line: 100 };
    const report = reportFault(fault, ended('discarded', said), kinds, 0);
    const rows = renderFault(report, columns).map(stripVTControlCharacters);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^ {2}bad +http +0\.0 s +0 {2}status 500 and/);
    expect(rows[1]).toMatch(/…$/);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(100);
    const missed = reportFault(fault, ended('completed', {}), kinds, 7);
    const lines = renderFault(missed, columns).join('\n');
    expect(lines).toContain('nobody');
    expect(lines).toContain('no check stopped it: it went live');
  });
});

describe('many releases of the good shop', () => {
  const good = (verdict: 'pass' | 'warn' | 'fail', summary = verdict as string): GoodReport => ({
    ...{ version: 'good', outcome: 'completed', reason: null, tookMs: 5 },
    verdicts: [{ name: 'products', kind: 'http', verdict, summary }],
  });

  it('are counted by kind, with what was said', () => {
    const reports = [good('pass'), good('warn', 'a'), good('warn', 'a'), good('fail', 'b')];
    expect(tally(reports)).toEqual([
      { kind: 'http', verdicts: 4, passed: 1, warned: 2, falseAlarms: 1, said: ['a', 'b'] },
    ]);
  });

  it('are as expected without a false alarm and with every one live', () => {
    const traffic = { requests: 1, failed: 0, reasons: {}, versions: {}, onFaults: 0 };
    const of = (reports: GoodReport[]) =>
      isAsExpected({ good: reports, faults: [], kinds: tally(reports), skipped: [], traffic });
    expect(of([good('pass'), good('warn')])).toBe(true);
    expect(of([good('pass'), good('fail')])).toBe(false);
    expect(of([{ ...good('pass'), outcome: 'refused' }])).toBe(false);
  });
});

describe('what has to be closed', () => {
  it('is closed once, the last first, and at once when it comes too late', async () => {
    const closing = createClosing();
    const closed: string[] = [];
    closing.add(() => closed.push('first'));
    closing.add(async () => closed.push('second'));
    await Promise.all([closing.close(), closing.close()]);
    closing.add(() => closed.push('late'));
    await closing.close();
    expect(closed).toEqual(['second', 'first', 'late']);
  });
});

const noPostgres = whyNoPostgres();

describe.skipIf(noPostgres)('migrations', () => {
  it('are applied once, in order, and written down', async () => {
    const cluster = await startCluster();
    const url = await cluster.createDatabase('shop');
    const folder = path.join(faultyDirectory, 'good/migrations');
    const applied = await migrate(url, folder);
    const again = await migrate(url, folder);
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query('SELECT version FROM schema_migrations ORDER BY version');
    const { rows: products } = await client.query('SELECT id FROM products ORDER BY position');
    await client.end();
    await cluster.stop();
    expect(applied).toEqual(['0001_products', '0002_reviews', '0003_orders']);
    expect(again).toEqual([]);
    expect(rows.map(({ version }) => version)).toEqual(applied);
    expect(products.map(({ id }) => id)).toEqual(['mug', 'tote', 'print', 'lamp']);
  });
});
