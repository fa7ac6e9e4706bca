import { DescribeExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../cli/api-client.ts';
import { type Cloud, deployInto } from '../../scripts/cloud/open-cloud.ts';
import type { PutArtifact, Shop } from '../../scripts/cloud/shop.ts';
import { packageService } from '../../scripts/cloud/stack.ts';
import { emulators } from '../support/emulators.ts';
import { openStorefront, type Storefront } from './storefront.ts';

/** The window is longer than a scenario takes, unless the scenario waits for its end. */
const windows = { short: 4, long: 600 };
const intervalSeconds = 2;

let cloud: Cloud;
let store: Storefront;
let shop: Shop;
let api: ApiClient;

beforeAll(async () => {
  const service = await packageService();
  try {
    cloud = await deployInto(emulators.ministack, service, intervalSeconds);
  } finally {
    service.remove();
  }
  store = await openStorefront(cloud, intervalSeconds);
  ({ shop, api } = store);
}, 180_000);

/** Puts a version and gives the id of the release that its event starts. */
async function release(version: string, windowSeconds: number, changes = {}): Promise<string> {
  return (await store.put(version, windowSeconds, changes)).releaseId;
}

/** The state that an execution left for its rollback. */
async function stateBeforeRollback(releaseId: string): Promise<string | undefined> {
  const entered = await store.statesOf('Release', releaseId);
  const way = entered.slice(0, entered.indexOf('Rollback'));
  return way.findLast((name) => name !== 'MayRollBack');
}

/** What repeated events start, they start within a moment: the next artifact's release comes after. */
async function deliverAgain(artifact: PutArtifact): Promise<void> {
  await shop.repeat(artifact);
  await shop.repeat(artifact);
}

describe('the deployed stack', () => {
  it('answers with the token of its secret only', async () => {
    const url = `${cloud.apiUrl}/api/services`;
    expect((await fetch(url)).status).toBe(401);
    expect(await api.services()).toEqual({ services: [] });
  });

  it('serves the console, whole and under its policy', async () => {
    const page = await fetch(`${cloud.apiUrl}/releases/storefront-v1-1a2b3c`);
    const html = await page.text();
    const [, script = ''] = /src="(\/assets\/main-[^"]+)"/.exec(html) ?? [];
    const code = await fetch(`${cloud.apiUrl}${script}`);

    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(code.headers.get('content-type')).toContain('text/javascript');
    // Compressed by the function, and unpacked by whoever asked.
    expect((await code.text()).length).toBeGreaterThan(50_000);
  });

  it('completes a release whose artifact landed, and starts nothing when its event is repeated', async () => {
    const blue = await shop.live();
    const { artifact, releaseId } = await store.put('v2', windows.short);
    await deliverAgain(artifact);
    const { outcome, events, green } = await store.outcomeOf(releaseId);
    expect(outcome).toBe('completed');
    expect(events.map(({ type }) => type)).toContain('Traffic Shifted');
    expect(await shop.live()).toBe(green?.id);
    expect(green?.id).not.toBe(blue);
    expect(await store.executionNames('Release')).toEqual([releaseId]);
  });

  it('runs a check on what is live, by the function that may', async () => {
    const { checks } = await api.checks('storefront');
    const [check = ''] = checks.map(({ name }) => name);
    const run = await api.runCheck('storefront', { check });

    expect(run).toMatchObject({ check, verdict: 'pass', isPreflight: false });
    expect(run.green?.id).toBe(await shop.live());
  });

  it('undoes a completed release when an operator asks for it', async () => {
    const releaseId = await release('v1', windows.short);
    const { outcome, blue } = await store.outcomeOf(releaseId);
    expect(outcome).toBe('completed');
    await api.rollback(releaseId, { reason: 'a customer found a bug' });
    expect((await store.outcomeOf(releaseId)).outcome).toBe('rolled-back');
    expect(await shop.live()).toBe(blue?.id);
  });

  it("puts traffic back on blue by an alarm's message over SNS", async () => {
    const blue = await shop.live();
    // The judge looks at alarms too: here it is not to be the first.
    const { watch } = shop.manifest(windows.long, windows.long / 2);
    const releaseId = await release('v3', windows.long, { watch });
    await store.until(releaseId, 'watching', ({ phase }) => phase === 'watching');
    expect(await shop.live()).not.toBe(blue);
    await shop.setAlarm('ALARM', 'five of a hundred failed');
    const { outcome, reason } = await store.outcomeOf(releaseId);
    await shop.setAlarm('OK', 'over');
    expect(outcome).toBe('rolled-back');
    expect(reason).toContain('five of a hundred failed');
    expect(await shop.live()).toBe(blue);
    // The waiting task itself was failed; no look came in between.
    expect(await stateBeforeRollback(releaseId)).toBe('WatchWindow');
  });

  it('waits for an approval, and goes on with it', async () => {
    const releaseId = await release('v2', windows.short, { approval: { required: true } });
    await store.until(releaseId, 'waiting for people', ({ events }) =>
      events.some(({ type }) => type === 'Approval Requested'),
    );
    await api.approve(releaseId, {});
    expect((await store.outcomeOf(releaseId)).outcome).toBe('completed');
  });

  it('undoes a running release when an operator asks for it', async () => {
    const blue = await shop.live();
    const releaseId = await release('v1', windows.long);
    await store.until(releaseId, 'watching', ({ phase }) => phase === 'watching');
    await api.rollback(releaseId, { reason: 'second thoughts' });
    expect((await store.outcomeOf(releaseId)).outcome).toBe('rolled-back');
    expect(await shop.live()).toBe(blue);
  });

  it('refuses a release while its alarm fires (rule 11)', async () => {
    await shop.setAlarm('ALARM', 'it was like this before');
    const releaseId = await release('v2', windows.long);
    const { outcome, reason } = await store.outcomeOf(releaseId);
    await shop.setAlarm('OK', 'over');
    expect(outcome).toBe('refused');
    expect(reason).toContain('it was like this before');
  });

  it('discards a version whose check fails, and no user meets it (rule 3)', async () => {
    const blue = await shop.live();
    const releaseId = await release('v4', windows.long);
    const { outcome, reason, events } = await store.outcomeOf(releaseId);
    expect(outcome).toBe('discarded');
    expect(reason).toContain('products');
    expect(events.map(({ type }) => type)).not.toContain('Traffic Shifted');
    expect(await shop.live()).toBe(blue);
  });

  it('puts traffic back when somebody stops the execution (rule 7)', async () => {
    const blue = await shop.live();
    const releaseId = await release('v2', windows.long);
    await store.until(releaseId, 'watching', ({ phase }) => phase === 'watching');
    await store.stepFunctions.send(
      new StopExecutionCommand({ executionArn: store.executionArn('Release', releaseId) }),
    );
    expect((await store.outcomeOf(releaseId)).outcome).toBe('rolled-back');
    expect(await shop.live()).toBe(blue);
  });

  it('starts nothing for an artifact that no manifest knows', async () => {
    const before = await store.executionNames('Release');
    const ids = await store.releaseIds();
    await shop.put('v2', { folder: 'somewhere-else' });
    const releaseId = await release('v1', windows.short);
    expect((await store.outcomeOf(releaseId)).outcome).toBe('completed');
    expect(await store.executionNames('Release')).toHaveLength(before.length + 1);
    expect(await store.releaseIds()).toHaveLength(ids.length + 1);
  });

  it('ends every execution that released nothing in a Fail state that names the outcome', async () => {
    const names = await store.executionNames('Release');
    const ended = await Promise.all(
      names.map((name) =>
        store.stepFunctions.send(
          new DescribeExecutionCommand({ executionArn: store.executionArn('Release', name) }),
        ),
      ),
    );
    const outcomes = await Promise.all(
      names.map(async (name) => (await api.release(name)).outcome),
    );
    for (const [i, { status }] of ended.entries()) {
      // A release that was undone after its end has an execution that succeeded.
      if (outcomes[i] === 'refused' || outcomes[i] === 'discarded') expect(status).toBe('FAILED');
      if (outcomes[i] === 'completed') expect(status).toBe('SUCCEEDED');
    }
    expect(new Set(outcomes)).toEqual(
      new Set(['completed', 'rolled-back', 'refused', 'discarded']),
    );
  });
}, 300_000);
