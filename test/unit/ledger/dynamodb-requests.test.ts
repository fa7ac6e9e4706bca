import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createDynamoLedger } from '../../../lib/ledger/dynamodb.ts';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import {
  breachOf,
  claimOf,
  decisionOf,
  endingOf,
  eventOf,
  intentOf,
  quietedOf,
  releaseOf,
  reportOf,
  requestOf,
  tallyOf,
  timeAt,
  tokenOf,
  watchOf,
} from '../../contract/ledger-samples.ts';
import { type Answer, createStubClient, type Input, type Sent } from './dynamodb-client.ts';

function openLedger(answers: Record<string, Answer> = {}) {
  const stub = createStubClient({
    UpdateCommand: () => ({ Attributes: { seq: 7, breach: JSON.stringify(breachOf('first')) } }),
    ...answers,
  });
  return { ...stub, ledger: createDynamoLedger({ tableName: 'the-table' }, stub) };
}

/** Every method of the contract, once. Some find nothing in the empty table, and say so. */
const calls: [keyof Ledger, (ledger: Ledger) => Promise<unknown>][] = [
  ['putManifest', (it) => it.putManifest('storefront', {}, 'ada', timeAt(0))],
  ['getManifest', (it) => it.getManifest('storefront')],
  ['listManifests', (it) => it.listManifests()],
  ['acquireLock', (it) => it.acquireLock('storefront', 'rel-1')],
  ['raiseEpoch', (it) => it.raiseEpoch('storefront', 'rel-1')],
  ['getLock', (it) => it.getLock('storefront')],
  ['releaseLock', (it) => it.releaseLock('storefront', 'rel-1')],
  ['recordIntent', (it) => it.recordIntent(intentOf(1))],
  ['listIntents', (it) => it.listIntents('rel-1')],
  ['createRelease', (it) => it.createRelease(releaseOf('rel-1'))],
  ['getRelease', (it) => it.getRelease('rel-1')],
  ['listReleases', (it) => it.listReleases({ service: 'storefront', limit: 5 })],
  ['saveDocument', (it) => it.saveDocument(releaseOf('rel-1').document)],
  ['endRelease', (it) => it.endRelease('rel-1', endingOf(releaseOf('rel-1'), 'discarded'), [null])],
  ['reopenRelease', (it) => it.reopenRelease('rel-1', ['held'], 'watching')],
  ['appendEvent', (it) => it.appendEvent(eventOf('rel-1#a'))],
  ['listEvents', (it) => it.listEvents('rel-1')],
  ['listServiceEvents', (it) => it.listServiceEvents('storefront', 5)],
  ['putWatch', (it) => it.putWatch(watchOf('rel-1', ['5xx']))],
  ['getWatch', (it) => it.getWatch('rel-1')],
  ['watchesOf', (it) => it.watchesOf('5xx')],
  ['recordBreach', (it) => it.recordBreach('rel-1', breachOf('5 % errors'))],
  ['getBreach', (it) => it.getBreach('rel-1')],
  ['openApproval', (it) => it.openApproval(requestOf('rel-1'))],
  ['getApproval', (it) => it.getApproval('rel-1')],
  ['recordDecision', (it) => it.recordDecision('rel-1', decisionOf('ada'))],
  ['putFreeze', (it) => it.putFreeze({ scope: '*', reason: 'sale', by: 'ada', at: timeAt(0) })],
  ['addFreeze', (it) => it.addFreeze({ scope: '*', reason: 'sale', by: 'ada', at: timeAt(0) })],
  ['deleteFreeze', (it) => it.deleteFreeze('*', 'ada')],
  ['listFreezes', (it) => it.listFreezes()],
  ['putToken', (it) => it.putToken(tokenOf('tok-1'))],
  ['getToken', (it) => it.getToken('tok-1')],
  ['listTokens', (it) => it.listTokens()],
  ['revokeToken', (it) => it.revokeToken('tok-1', 'ada', timeAt(1))],
  ['claimReceipt', (it) => it.claimReceipt(claimOf('github:1'))],
  ['answerReceipt', (it) => it.answerReceipt('github:1', 'rel-1')],
  ['getReceipt', (it) => it.getReceipt('github:1', timeAt(1))],
  ['putReportedAlarm', (it) => it.putReportedAlarm(reportOf('5xx'))],
  ['getReportedAlarms', (it) => it.getReportedAlarms(['5xx'])],
  ['getBudget', (it) => it.getBudget('storefront')],
  ['putBudget', (it) => it.putBudget(tallyOf('storefront', 1))],
  ['putQuieted', (it) => it.putQuieted(quietedOf('rel-1'))],
  ['listQuieted', (it) => it.listQuieted()],
  ['deleteQuieted', (it) => it.deleteQuieted(quietedOf('rel-1'))],
  ['close', (it) => it.close()],
];

/** What a read is not consistent in; null where it is, and for writes. */
function looseness({ command, input }: Sent): string | null {
  if (command === 'GetCommand' || command === 'QueryCommand') {
    return input.ConsistentRead === true ? null : `${command} ${input.IndexName ?? 'of the table'}`;
  }
  if (command === 'BatchGetCommand') {
    return input.RequestItems['the-table'].ConsistentRead === true ? null : command;
  }
  return command === 'ScanCommand' ? command : null;
}

describe('the reads of the ledger', () => {
  it('are those of every method of the contract', () => {
    const { ledger } = openLedger();
    expect(calls.map(([name]) => name).sort()).toEqual(Object.keys(ledger).sort());
  });

  it.each(calls.filter(([name]) => name !== 'listServiceEvents'))(
    'are consistent in %s, which never scans',
    async (_, call) => {
      const { ledger, sent } = openLedger();
      await Promise.allSettled([call(ledger)]);
      expect(sent.map(looseness).filter((it) => it !== null)).toEqual([]);
    },
  );

  it('go through the index only for lists that nothing is decided by', async () => {
    const { ledger, sent } = openLedger();
    await ledger.listServiceEvents('storefront', 5);
    await ledger.listReleases({ limit: 5 });
    expect(sent.map(looseness)).toEqual(['QueryCommand gsi1', 'QueryCommand gsi1']);
  });

  it.each(calls.filter(([name]) => /^(acquire|raise|end)/.test(name)))(
    'show all that %s decides by as it was in one moment',
    async (_, call) => {
      const { ledger, sent } = openLedger();
      await Promise.allSettled([call(ledger)]);
      const [look] = sent;
      expect(look?.command).toBe('TransactGetCommand');
      const seen = look?.input.TransactItems.map(({ Get }: Input) => Get.Key.sk);
      expect(seen).toEqual(expect.arrayContaining(['STATE', 'LOCK']));
    },
  );

  it('have no scan anywhere in the source', () => {
    const root = path.join(import.meta.dirname, '../../../lib/ledger');
    const files = globSync('dynamodb{.ts,/**/*.ts}', { cwd: root });
    const scanning = files.filter((file) =>
      readFileSync(path.join(root, file), 'utf8').includes('ScanCommand'),
    );
    expect(files.length).toBeGreaterThan(5);
    expect(scanning).toEqual([]);
  });

  it.each([
    ['watchesOf', (it: Ledger) => it.watchesOf('5xx')],
    ['getRelease', (it: Ledger) => it.getRelease('rel-1')],
    ['recordBreach', (it: Ledger) => it.recordBreach('rel-1', breachOf('5 % errors'))],
    ['getWatch', (it: Ledger) => it.getWatch('rel-1')],
  ])('are one request on the way from an alarm to its token: %s', async (_, call) => {
    const { ledger, sent } = openLedger();
    await call(ledger);
    expect(sent).toHaveLength(1);
  });
});

describe('a list that comes in pages', () => {
  const page = (id: string) => ({ pk: 'p', sk: id, seq: 1, body: JSON.stringify(eventOf(id)) });
  const pages: Answer = ({ ExclusiveStartKey }, nth) => {
    expect(ExclusiveStartKey).toEqual(nth === 1 ? undefined : { pk: 'p', sk: `e${nth - 1}` });
    const Items = nth === 2 ? [] : [page(`e${nth}`)];
    return nth < 4 ? { Items, LastEvaluatedKey: { pk: 'p', sk: `e${nth}` } } : { Items };
  };

  it('is read to its end, also past an empty page', async () => {
    const { ledger, sent } = openLedger({ QueryCommand: pages });
    const listed = await ledger.listEvents('rel-1');
    expect(listed.map(({ id }) => id)).toEqual(['e1', 'e3', 'e4']);
    expect(sent).toHaveLength(4);
  });

  it('is read only as far as asked for', async () => {
    const { ledger, sent } = openLedger({ QueryCommand: pages });
    const listed = await ledger.listServiceEvents('storefront', 2);
    expect(listed.map(({ id }) => id)).toEqual(['e1', 'e3']);
    expect(sent.map(({ input }) => input.Limit)).toEqual([2, 1, 1]);
  });

  it('asks nothing when nothing is wanted', async () => {
    const { ledger, sent } = openLedger();
    expect(await ledger.listReleases({ limit: 0 })).toEqual([]);
    expect(sent).toEqual([]);
  });
});

describe('a batch of records', () => {
  const names = (count: number) => ({
    Items: Array.from({ length: count }, (_, nth) => ({ releaseId: `rel-${nth}` })),
  });
  const stored = (key: { pk: string; sk: string }) => {
    const { phase, document, outcome: _, ...body } = releaseOf(key.pk.replace('RELEASE#', ''));
    return {
      ...key,
      phase,
      revision: 0,
      document: JSON.stringify(document),
      body: JSON.stringify(body),
    };
  };
  type Wanted = { pk: string; sk: string }[];

  it('asks again for what was left out, and keeps the order', async () => {
    const { ledger, sent } = openLedger({
      QueryCommand: () => names(5),
      BatchGetCommand: ({ RequestItems }) => {
        const wanted: Wanted = RequestItems['the-table'].Keys;
        const left = wanted.slice(0, -2);
        return {
          Responses: { 'the-table': wanted.slice(-2).map(stored) },
          UnprocessedKeys: left.length > 0 ? { 'the-table': { Keys: left } } : {},
        };
      },
    });
    const listed = await ledger.listReleases({ limit: 5 });
    expect(listed.map(({ releaseId }) => releaseId)).toEqual(
      [0, 1, 2, 3, 4].map((it) => `rel-${it}`),
    );
    expect(sent.filter(({ command }) => command === 'BatchGetCommand')).toHaveLength(3);
  });

  it('is given up as throttled when nothing comes any more', async () => {
    const { ledger } = openLedger({
      QueryCommand: () => names(2),
      BatchGetCommand: ({ RequestItems }) => ({ UnprocessedKeys: RequestItems }),
    });
    await expect(ledger.listReleases({ limit: 5 })).rejects.toMatchObject({
      name: 'ThrottledError',
    });
  });

  it('has at most a hundred', async () => {
    const { ledger, sent } = openLedger({
      QueryCommand: () => names(230),
      BatchGetCommand: ({ RequestItems }) => ({
        Responses: { 'the-table': RequestItems['the-table'].Keys.map(stored) },
      }),
    });
    expect(await ledger.listReleases({ limit: 300 })).toHaveLength(230);
    const sizes = sent.slice(1).map(({ input }) => input.RequestItems['the-table'].Keys.length);
    expect(sizes).toEqual([100, 100, 30]);
  });
});

describe('the writes of the ledger', () => {
  const written = (sent: Sent[]) =>
    sent
      .filter(({ command }) => command === 'TransactWriteCommand')
      .map(({ input }) => input.TransactItems);

  it('are single ones where one item suffices', async () => {
    const { ledger, names } = openLedger();
    await ledger.saveDocument(releaseOf('rel-1').document);
    await ledger.releaseLock('storefront', 'rel-1');
    await ledger.recordBreach('rel-1', breachOf('5 % errors'));
    await ledger.appendEvent(eventOf('rel-1#a'));
    await ledger.putWatch(watchOf('rel-1', []));
    await ledger.answerReceipt('github:1', 'rel-1');
    await ledger.putReportedAlarm(reportOf('5xx'));
    await ledger.putQuieted(quietedOf('rel-1'));
    await ledger.deleteQuieted(quietedOf('rel-1'));
    expect(names()).not.toContain('TransactWriteCommand');
  });

  it('fit into a transaction when fifty alarms are replaced by fifty others', async () => {
    const named = (prefix: string) => Array.from({ length: 50 }, (_, nth) => `${prefix}-${nth}`);
    let alarms = JSON.stringify(named('old'));
    const { ledger, sent } = openLedger({
      GetCommand: () => ({ Item: { alarms, service: 'storefront', expiresAt: timeAt(0) } }),
      TransactWriteCommand: ({ TransactItems }) => {
        alarms = TransactItems[0].Update.ExpressionAttributeValues[':watched'];
        return {};
      },
    });
    await ledger.putWatch(watchOf('rel-1', named('new')));
    expect(written(sent).map((it) => it.length)).toEqual([51, 51]);
    expect(JSON.parse(alarms)).toEqual(named('new'));
  });

  it('understand what 0.1.0 stored of tasks that wait, which had no turn', async () => {
    const { turn: _, ...old } = watchOf('rel-1', ['5xx'], 'old');
    const { turn: __, ...request } = requestOf('rel-1');
    const approval = { ...request, state: 'open', decisions: [] };
    const { ledger, sent } = openLedger({
      QueryCommand: () => ({ Items: [{ body: JSON.stringify(old) }] }),
      GetCommand: ({ Key }) =>
        Key.sk === 'STATE'
          ? { Item: { ...old, alarms: JSON.stringify(old.alarms) } }
          : { Item: { body: JSON.stringify(approval), revision: 1 } },
    });
    const read = { ...old, turn: null };
    expect(await ledger.getWatch('rel-1')).toEqual(read);
    expect(await ledger.watchesOf('5xx')).toEqual([read]);
    expect(await ledger.getApproval('rel-1')).toEqual({ ...approval, turn: null });
    await ledger.putWatch(watchOf('rel-1', ['5xx'], 'new', 'turn-1'));
    expect(JSON.stringify(written(sent))).toContain('"new"');
  });

  it('never let expire what must not be lost (rule 10)', async () => {
    const { ledger, sent } = openLedger();
    const expiring = async (call: (ledger: Ledger) => Promise<unknown>) => {
      sent.length = 0;
      await Promise.allSettled([call(ledger)]);
      return JSON.stringify(sent).includes('"ttl"') || JSON.stringify(sent).includes(':ttl');
    };
    const found = [];
    for (const [name, call] of calls) if (await expiring(call)) found.push(name);
    expect(found).toEqual(['recordIntent', 'putWatch', 'openApproval', 'claimReceipt']);
  });

  it('keep an approval for 400 days after it has expired', async () => {
    const { ledger, sent } = openLedger();
    await ledger.openApproval(requestOf('rel-1', { expiresAt: timeAt(60) }));
    const seconds = Date.parse(timeAt(60)) / 1000 + 400 * 86_400;
    expect(sent.at(-1)?.input.Item.ttl).toBe(seconds);
  });

  it('keep a receipt as long', async () => {
    const { ledger, sent } = openLedger();
    await ledger.claimReceipt(claimOf('github:1'));
    const seconds = Date.parse(timeAt(100)) / 1000 + 400 * 86_400;
    expect(sent[0]?.input.TransactItems[0].Put.Item.ttl).toBe(seconds);
  });
});

describe('a transaction whose answer is lost', () => {
  it('is repeated by the SDK under the same token, so that it happens once', async () => {
    const bodies: string[] = [];
    const handle = async ({ body }: { body: Uint8Array }) => {
      bodies.push(new TextDecoder().decode(body));
      if (bodies.length === 1) throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
      const headers = { 'content-type': 'application/x-amz-json-1.0' };
      return { response: { statusCode: 200, headers, body: Buffer.from('{}') } };
    };
    const real = new DynamoDBClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      requestHandler: { handle } as never,
    });
    const client = DynamoDBDocumentClient.from(real);
    const ledger = createDynamoLedger({ tableName: 't' }, { client });
    expect(await ledger.createRelease(releaseOf('rel-1'))).toMatchObject({ isNew: true });
    const tokens = bodies.map((body) => JSON.parse(body).ClientRequestToken);
    expect(tokens).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), tokens[0]]);
  });
});
