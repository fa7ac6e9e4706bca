import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildVersion, faultyDirectory } from '../../scripts/demo-checks/build.ts';
import { readFaults } from '../../scripts/demo-checks/faults.ts';
import { readChecks } from '../../scripts/demo-checks/manifest.ts';
import { migrate } from '../../scripts/demo-checks/migrate.ts';
import { whyNoPostgres } from '../../scripts/postgres/cluster.ts';
import { checkContext } from '../support/check-context.ts';
import { type DatabaseStage, openDatabaseStage } from '../support/database-check.ts';

const reason = whyNoPostgres();
if (reason) console.warn(`Faults of databases are left out: ${reason}`);

const faults = readFaults().filter(({ kind }) => kind === 'database');
const config = readChecks().find(({ kind }) => kind === 'database') ?? {};
const goodRuns = 20;

describe.skipIf(reason)('the faults of the shop’s database', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-shops-'));
  let stage: DatabaseStage;
  let url: string;
  beforeAll(async () => {
    stage = await openDatabaseStage();
    url = await stage.ownedDatabase();
    await migrate(url, path.join(faultyDirectory, 'good/migrations'));
    await buildVersion(null, path.join(directory, 'good/app'));
  }, 60_000);
  afterAll(async () => {
    await stage?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A release of a version that was built, over the good shop. */
  function releaseOf(version: string) {
    const ref = (id: string) => ({
      ...{ id, kind: 'process', version: id, address: null },
      attributes: { directory: path.join(directory, id) },
    });
    const artifact = { uri: path.join(directory, version, 'app'), version };
    return checkContext({ artifact, green: ref(version), blue: ref('good') });
  }

  it('are six', () => {
    expect(faults).toHaveLength(6);
  });

  it.each(faults)('$name: $summary', async ({ name, says }) => {
    await buildVersion(name, path.join(directory, name, 'app'));
    const answer = await stage.ask(url, config, releaseOf(name));

    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(says);
    expect(JSON.stringify(answer.evidence).length).toBeLessThan(16_384);
  });

  it(`are not seen in the good shop, ${goodRuns} times over`, async () => {
    for (let run = 0; run < goodRuns; run += 1) {
      expect(await stage.ask(url, config, releaseOf('good'))).toMatchObject({
        verdict: 'pass',
        summary: 'all of 3 migrations applied; 3 of 3 probes work',
      });
    }
  });

  it('are found before green is provisioned, but for what only pending ones would show', async () => {
    const early = await stage.askBefore(url, config, releaseOf('drops-column-blue-reads'));
    expect(early.verdict).toBe('fail');
    const late = await stage.askBefore(url, config, releaseOf('migration-missing'));
    expect(late.verdict).toBe('warn');
    expect((await stage.askBefore(url, config, releaseOf('good'))).verdict).toBe('pass');
  });
});
