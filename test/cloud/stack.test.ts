import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, createApiClient } from '../../cli/api-client.ts';
import type { ReleaseStatus } from '../../lib/http/api.ts';
import { clientConfig } from '../../scripts/cloud/emulators.ts';
import { type Cloud, deployInto } from '../../scripts/cloud/open-cloud.ts';
import { openShop, type PutArtifact, type Shop } from '../../scripts/cloud/shop.ts';
import { packageService } from '../../scripts/cloud/stack.ts';
import { emulators } from '../support/emulators.ts';

/** The window is longer than a scenario takes, unless the scenario waits for its end. */
const windows = { short: 4, long: 600 };
const intervalSeconds = 2;
const patienceMs = 90_000;

let cloud: Cloud;
let shop: Shop;
let api: ApiClient;
let stepFunctions: SFNClient;
let builds = 0;

beforeAll(async () => {
  const service = await packageService();
  try {
    cloud = await deployInto(emulators.ministack, service, intervalSeconds);
  } finally {
    service.remove();
  }
  shop = await openShop(cloud);
  stepFunctions = new SFNClient(clientConfig(cloud.url));
  api = createApiClient({
    url: cloud.apiUrl,
    token: { token: cloud.token, source: 'the stack' },
    actor: 'test',
    fetch,
  });
}, 180_000);

async function eventually<T>(what: string, look: () => Promise<T | null | undefined>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await delay(100);
  }
}

const until = (releaseId: string, what: string, isThere: (status: ReleaseStatus) => boolean) =>
  eventually(`${releaseId} to be ${what}`, async () => {
    const status = await api.release(releaseId);
    return isThere(status) ? status : null;
  });

const outcomeOf = async (releaseId: string) =>
  until(releaseId, 'ended', ({ outcome }) => outcome !== null);

/** Puts a version and gives the id of the release that its event starts. */
async function release(version: string, windowSeconds: number, changes = {}): Promise<string> {
  return (await put(version, windowSeconds, changes)).releaseId;
}

async function put(version: string, windowSeconds: number, changes: object = {}) {
  const manifest = { ...shop.manifest(windowSeconds, intervalSeconds), ...changes };
  await api.applyManifest('storefront', manifest);
  const before = new Set(await releaseIds());
  builds += 1;
  const artifact = await shop.put(version, { build: String(builds) });
  const releaseId = await eventually(`a release of ${version}`, async () =>
    (await releaseIds()).find((id) => !before.has(id)),
  );
  return { artifact, releaseId };
}

async function releaseIds(): Promise<string[]> {
  const { releases } = await api.releases({ service: 'storefront' });
  return releases.map((it) => it.releaseId);
}

function executionArn(machine: 'Release' | 'Rollback', name: string): string {
  const arn = cloud.outputs[`${machine}StateMachineArn`] ?? '';
  return `${arn.replace(':stateMachine:', ':execution:')}:${name}`;
}

async function executionNames(): Promise<string[]> {
  const stateMachineArn = cloud.outputs.ReleaseStateMachineArn;
  const { executions = [] } = await stepFunctions.send(
    new ListExecutionsCommand({ stateMachineArn }),
  );
  return executions.map(({ name = '' }) => name);
}

/** The state that an execution left for its rollback. */
async function statesOf(releaseId: string): Promise<{ beforeRollback: string | undefined }> {
  const command = new GetExecutionHistoryCommand({
    executionArn: executionArn('Release', releaseId),
    maxResults: 1000,
  });
  const { events = [] } = await stepFunctions.send(command);
  const entered = events.flatMap(({ stateEnteredEventDetails }) =>
    stateEnteredEventDetails?.name ? [stateEnteredEventDetails.name] : [],
  );
  const way = entered.slice(0, entered.indexOf('Rollback'));
  const beforeRollback = way.findLast((name) => name !== 'MayRollBack');
  return { beforeRollback };
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

  it('completes a release whose artifact landed, and starts nothing when its event is repeated', async () => {
    const blue = await shop.live();
    const { artifact, releaseId } = await put('v2', windows.short);
    await deliverAgain(artifact);
    const { outcome, events, green } = await outcomeOf(releaseId);
    expect(outcome).toBe('completed');
    expect(events.map(({ type }) => type)).toContain('Traffic Shifted');
    expect(await shop.live()).toBe(green?.id);
    expect(green?.id).not.toBe(blue);
    expect(await executionNames()).toEqual([releaseId]);
  });

  it('undoes a completed release when an operator asks for it', async () => {
    const releaseId = await release('v1', windows.short);
    const { outcome, blue } = await outcomeOf(releaseId);
    expect(outcome).toBe('completed');
    await api.rollback(releaseId, { reason: 'a customer found a bug' });
    expect((await outcomeOf(releaseId)).outcome).toBe('rolled-back');
    expect(await shop.live()).toBe(blue?.id);
  });

  it("puts traffic back on blue by an alarm's message over SNS", async () => {
    const blue = await shop.live();
    const releaseId = await release('v3', windows.long);
    await until(releaseId, 'watching', ({ phase }) => phase === 'watching');
    expect(await shop.live()).not.toBe(blue);
    await shop.setAlarm('ALARM', 'five of a hundred failed');
    const { outcome, reason } = await outcomeOf(releaseId);
    await shop.setAlarm('OK', 'over');
    expect(outcome).toBe('rolled-back');
    expect(reason).toContain('five of a hundred failed');
    expect(await shop.live()).toBe(blue);
    // The waiting task itself was failed; no look came in between.
    expect(await statesOf(releaseId)).toMatchObject({ beforeRollback: 'WatchWindow' });
  });

  it('waits for an approval, and goes on with it', async () => {
    const releaseId = await release('v2', windows.short, { approval: { required: true } });
    await until(releaseId, 'waiting for people', ({ events }) =>
      events.some(({ type }) => type === 'Approval Requested'),
    );
    await api.approve(releaseId, {});
    expect((await outcomeOf(releaseId)).outcome).toBe('completed');
  });

  it('undoes a running release when an operator asks for it', async () => {
    const blue = await shop.live();
    const releaseId = await release('v1', windows.long);
    await until(releaseId, 'watching', ({ phase }) => phase === 'watching');
    await api.rollback(releaseId, { reason: 'second thoughts' });
    expect((await outcomeOf(releaseId)).outcome).toBe('rolled-back');
    expect(await shop.live()).toBe(blue);
  });

  it('refuses a release while its alarm fires (rule 11)', async () => {
    await shop.setAlarm('ALARM', 'it was like this before');
    const releaseId = await release('v2', windows.long);
    const { outcome, reason } = await outcomeOf(releaseId);
    await shop.setAlarm('OK', 'over');
    expect(outcome).toBe('refused');
    expect(reason).toContain('it was like this before');
  });

  it('discards a version whose check fails, and no user meets it (rule 3)', async () => {
    const blue = await shop.live();
    const releaseId = await release('v4', windows.long);
    const { outcome, reason, events } = await outcomeOf(releaseId);
    expect(outcome).toBe('discarded');
    expect(reason).toContain('products');
    expect(events.map(({ type }) => type)).not.toContain('Traffic Shifted');
    expect(await shop.live()).toBe(blue);
  });

  it('puts traffic back when somebody stops the execution (rule 7)', async () => {
    const blue = await shop.live();
    const releaseId = await release('v2', windows.long);
    await until(releaseId, 'watching', ({ phase }) => phase === 'watching');
    await stepFunctions.send(
      new StopExecutionCommand({ executionArn: executionArn('Release', releaseId) }),
    );
    expect((await outcomeOf(releaseId)).outcome).toBe('rolled-back');
    expect(await shop.live()).toBe(blue);
  });

  it('starts nothing for an artifact that no manifest knows', async () => {
    const before = await executionNames();
    const ids = await releaseIds();
    await shop.put('v2', { folder: 'somewhere-else' });
    const releaseId = await release('v1', windows.short);
    expect((await outcomeOf(releaseId)).outcome).toBe('completed');
    expect(await executionNames()).toHaveLength(before.length + 1);
    expect(await releaseIds()).toHaveLength(ids.length + 1);
  });

  it('ends every execution that released nothing in a Fail state that names the outcome', async () => {
    const names = await executionNames();
    const ended = await Promise.all(
      names.map((name) =>
        stepFunctions.send(
          new DescribeExecutionCommand({ executionArn: executionArn('Release', name) }),
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
