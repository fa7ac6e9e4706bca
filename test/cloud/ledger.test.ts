import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import type { TableClient } from '../../lib/ledger/dynamodb/table.ts';
import { createDynamoLedger } from '../../lib/ledger/dynamodb.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { ledgerContract } from '../contract/ledger.contract.ts';
import {
  breachOf,
  claimOf,
  decisionOf,
  endingOf,
  eventOf,
  intentOf,
  type LedgerSubject,
  releaseOf,
  reportOf,
  requestOf,
  runningRelease,
  timeAt,
  tokenOf,
  watchOf,
} from '../contract/ledger-samples.ts';
import { emulators } from '../support/emulators.ts';

const noTokens: Record<string, string> = {
  moto: 'moto 5.2.5 ignores ClientRequestToken, so it refuses a transaction that the SDK repeats',
};

let tables = 0;

function openClient(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
}

/** The table as serverless.yml makes it. */
function createTable(TableName: string): CreateTableCommand {
  const names = ['pk', 'sk', 'gsi1pk', 'gsi1sk'];
  const keysOf = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
  return new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keysOf('pk', 'sk'),
    GlobalSecondaryIndexes: [
      {
        IndexName: 'gsi1',
        KeySchema: keysOf('gsi1pk', 'gsi1sk'),
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
}

interface CloudSubject extends LedgerSubject {
  /** The same table through a network that loses the first answer to every request. */
  unlucky: Ledger;
  /** The same table for somebody whose first write comes after what others do meanwhile. */
  interrupted(meanwhile: () => Promise<unknown>): Ledger;
  dispose(): Promise<void>;
}

/** The SDK repeats what it got no answer to, so every request arrives twice. */
function loseFirstAnswers(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next) => {
      const heard = new WeakSet<object>();
      return async (args) => {
        const answer = await next(args);
        if (heard.has(args.input)) return answer;
        heard.add(args.input);
        throw Object.assign(new Error('the answer was lost'), { name: 'TimeoutError' });
      };
    },
    { step: 'deserialize', priority: 'high', name: 'loseFirstAnswers' },
  );
}

/**
 * Lets one request after the other through. moto answers in threads without a lock: what DynamoDB
 * does in one moment, it does in several, and a transaction that fails there puts the whole table back
 * to what it was before. Requests of two ledgers still come between each other's.
 */
function createQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return (client: DynamoDBDocumentClient): TableClient => {
    const send = (command: Parameters<typeof client.send>[0]) => {
      const answer = last.then(() => client.send(command));
      last = answer.catch(() => {});
      return answer;
    };
    return { send } as TableClient;
  };
}

/** Lets others do something between what a ledger has read and what it writes. */
function interrupt(client: TableClient, meanwhile: () => Promise<unknown>): TableClient {
  let isInterrupted = false;
  const send = async (command: Parameters<typeof client.send>[0]) => {
    const isCounting = JSON.stringify(command.input).includes('"COUNTER"');
    const isWrite = /^(Put|Update|Delete|TransactWrite)/.test(command.constructor.name);
    if (isWrite && !isCounting && !isInterrupted) {
      isInterrupted = true;
      await meanwhile();
    }
    return client.send(command);
  };
  return { send } as TableClient;
}

type Clients = [DynamoDBClient, DynamoDBClient, DynamoDBClient];

const asItIs = (client: DynamoDBDocumentClient): TableClient => client;

/** A ledger and its rival, each with a client of its own, in a table that nobody else has. */
function createSubjects(endpoint: string, guard: typeof asItIs) {
  const [mine, yours, unlucky] = [1, 2, 3].map(() => openClient(endpoint)) as Clients;
  loseFirstAnswers(unlucky);
  return {
    async open(): Promise<CloudSubject> {
      tables += 1;
      const tableName = `ledger-${process.pid}-${tables}`;
      await mine.send(createTable(tableName));
      const ledgerOf = (client: DynamoDBClient) =>
        createDynamoLedger({ tableName }, { client: guard(DynamoDBDocumentClient.from(client)) });
      return {
        ledger: ledgerOf(mine),
        rival: ledgerOf(yours),
        unlucky: ledgerOf(unlucky),
        interrupted: (meanwhile) => {
          const client = guard(DynamoDBDocumentClient.from(mine));
          return createDynamoLedger({ tableName }, { client: interrupt(client, meanwhile) });
        },
        dispose: async () => {
          await mine.send(new DeleteTableCommand({ TableName: tableName }));
        },
      };
    },
    close() {
      mine.destroy();
      yours.destroy();
      unlucky.destroy();
    },
  };
}

for (const [name, endpoint] of Object.entries(emulators)) {
  const subjects = createSubjects(endpoint, name === 'moto' ? createQueue() : asItIs);
  afterAll(() => subjects.close());
  ledgerContract(`dynamodb on ${name}`, subjects.open);
  describe(`the DynamoDB ledger on ${name}`, () => {
    raceTests(subjects.open);
    interruptionTests(subjects.open);
    sizeTests(subjects.open);
    faithfulnessTests(subjects.open);
    lostAnswerTests(name, subjects.open);
  });
}

type Open = () => Promise<CloudSubject>;

/** Runs `round` again and again in one table, each time with a service and a release of its own. */
async function inRounds(
  open: Open,
  round: (subject: LedgerSubject, ids: { service: string; releaseId: string }) => Promise<void>,
): Promise<void> {
  const subject = await open();
  for (let nth = 1; nth <= 15; nth += 1) {
    await round(subject, { service: `service-${nth}`, releaseId: `rel-${nth}` });
  }
  await subject.dispose();
}

async function running(ledger: Ledger, service: string, releaseId: string) {
  const { record } = await ledger.createRelease(releaseOf(releaseId, service));
  const { epoch } = await ledger.acquireLock(service, releaseId);
  const document = { ...record.document, epoch };
  await ledger.saveDocument(document);
  await ledger.putWatch({ ...watchOf(releaseId, ['5xx', 'p95']), service });
  await ledger.openApproval(requestOf(releaseId));
  return { ...record, document };
}

function raceTests(open: Open): void {
  it('completes a release or takes its breach, never both', async () => {
    await inRounds(open, async ({ ledger, rival }, { service, releaseId }) => {
      const record = await running(ledger, service, releaseId);
      const [ended, told] = await Promise.allSettled([
        ledger.endRelease(releaseId, endingOf(record, 'completed'), [null]),
        rival.recordBreach(releaseId, breachOf('5 % errors')),
      ]);
      expect([ended.status, told.status].sort()).toEqual(['fulfilled', 'rejected']);
      const isCompleted = ended.status === 'fulfilled';
      expect(isCompleted ? told : ended).toMatchObject({
        reason: { name: isCompleted ? 'ReleaseStateError' : 'BreachError' },
      });
      expect((await ledger.getRelease(releaseId))?.outcome).toBe(isCompleted ? 'completed' : null);
      expect(await ledger.getBreach(releaseId)).toEqual(
        isCompleted ? null : breachOf('5 % errors'),
      );
      expect(await ledger.listEvents(releaseId)).toHaveLength(isCompleted ? 1 : 0);
    });
  });

  it('completes a release or raises its epoch, never both', async () => {
    await inRounds(open, async ({ ledger, rival }, { service, releaseId }) => {
      const record = await running(ledger, service, releaseId);
      const [ended, raised] = await Promise.allSettled([
        ledger.endRelease(releaseId, endingOf(record, 'completed'), [null]),
        rival.raiseEpoch(service, releaseId),
      ]);
      expect([ended.status, raised.status].sort()).toEqual(['fulfilled', 'rejected']);
      const lock = await ledger.getLock(service);
      expect(lock?.epoch).toBe(ended.status === 'fulfilled' ? undefined : 2);
    });
  });

  it('gives every raise an epoch of its own', async () => {
    await inRounds(open, async ({ ledger, rival }, { service, releaseId }) => {
      await ledger.acquireLock(service, releaseId);
      const raised = await Promise.all(
        [ledger, rival, ledger].map((one) => one.raiseEpoch(service, releaseId)),
      );
      expect(raised.map(({ epoch }) => epoch).sort()).toEqual([2, 3, 4]);
    });
  });

  it('takes an intent before the epoch is raised, or not at all', async () => {
    await inRounds(open, async ({ ledger, rival }, { service, releaseId }) => {
      await ledger.acquireLock(service, releaseId);
      const intent = intentOf(1, { id: `${releaseId}#1`, releaseId, service });
      const [intended, raised] = await Promise.allSettled([
        rival.recordIntent(intent),
        ledger.raiseEpoch(service, releaseId),
      ]);
      expect(raised).toMatchObject({ value: { epoch: 2 } });
      const kept = await ledger.listIntents(releaseId);
      expect(kept).toEqual(intended.status === 'fulfilled' ? [intent] : []);
    });
  });

  it('leaves no watch, in no alarm, that came while the release ended', async () => {
    await inRounds(open, async ({ ledger, rival }, { service, releaseId }) => {
      const record = await running(ledger, service, releaseId);
      const alarms = ['5xx', `cpu-${releaseId}`];
      await Promise.all([
        ledger.endRelease(releaseId, endingOf(record, 'rolled-back'), [null]),
        rival.putWatch({ ...watchOf(releaseId, alarms, 'late'), service }),
      ]);
      expect(await ledger.getWatch(releaseId)).toBeNull();
      const found = await Promise.all([...alarms, 'p95'].map((it) => ledger.watchesOf(it)));
      expect(found.flat()).toEqual([]);
    });
  });

  it('leaves no lock with a release that took it while it ended', async () => {
    await inRounds(open, async ({ ledger, rival }, { service, releaseId }) => {
      const { record } = await ledger.createRelease(releaseOf(releaseId, service));
      await Promise.allSettled([
        ledger.endRelease(releaseId, endingOf(record, 'discarded'), [null]),
        rival.acquireLock(service, releaseId),
      ]);
      expect(await ledger.getLock(service)).toBeNull();
    });
  });

  it('closes an approval or counts the decision, and keeps what was decided', async () => {
    await inRounds(open, async ({ ledger, rival }, { service, releaseId }) => {
      const record = await running(ledger, service, releaseId);
      const [ended, decided] = await Promise.allSettled([
        ledger.endRelease(releaseId, endingOf(record, 'discarded'), [null]),
        rival.recordDecision(releaseId, decisionOf('ada')),
      ]);
      expect(ended.status).toBe('fulfilled');
      const state = decided.status === 'fulfilled' ? 'approved' : 'closed';
      expect(await ledger.getApproval(releaseId)).toMatchObject({ state });
    });
  });

  it('gives two that complete it at once the same record, and tells only one that it is new', async () => {
    await inRounds(open, async ({ ledger, rival }, { service, releaseId }) => {
      const record = await running(ledger, service, releaseId);
      const answers = await Promise.all(
        [ledger, rival].map((one) =>
          one.endRelease(releaseId, endingOf(record, 'completed'), [null]),
        ),
      );
      expect(answers.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
      expect(answers[0]?.record).toEqual(answers[1]?.record);
    });
  });

  it('gives a name to one of several tokens, and to another once that is revoked', async () => {
    await inRounds(open, async ({ ledger, rival }, { service: name, releaseId: id }) => {
      const wanted = [`${id}-a`, `${id}-b`, `${id}-c`];
      const answers = await Promise.allSettled(
        wanted.map((one, nth) => (nth % 2 ? ledger : rival).putToken(tokenOf(one, { name }))),
      );
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const [holder] = (await ledger.listTokens()).filter((token) => token.name === name);
      await Promise.all(
        [ledger, rival].map((one) => one.revokeToken(String(holder?.id), 'bob', timeAt(5))),
      );
      await rival.putToken(tokenOf(`${id}-d`, { name }));
    });
  });

  it('tells one of several who claim a receipt that it is new, also when it had expired', async () => {
    await inRounds(open, async ({ ledger, rival }, { releaseId: key }) => {
      for (const seconds of [0, 100]) {
        const answers = await Promise.all(
          [ledger, rival, ledger].map((one) => one.claimReceipt(claimOf(key, seconds))),
        );
        expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
      }
    });
  });

  it('keeps every event that is added at once, in one order for everybody', async () => {
    const { ledger, rival, dispose } = await open();
    const ids = Array.from({ length: 24 }, (_, nth) => `rel-1#${nth}`);
    await Promise.all(ids.map((id, nth) => (nth % 2 ? ledger : rival).appendEvent(eventOf(id))));
    const listed = (await ledger.listEvents('rel-1')).map(({ id }) => id);
    expect([...listed].sort()).toEqual([...ids].sort());
    const ofService = await rival.listServiceEvents('storefront', 100);
    expect(ofService.map(({ id }) => id).reverse()).toEqual(listed);
    await dispose();
  });
}

/** What the races above meet by chance, here every time. */
function interruptionTests(open: Open): void {
  it.each(['completed', 'rolled-back'] as const)(
    'leaves no watch of a release that is %s while its first one is stored',
    async (outcome) => {
      const { ledger, interrupted, dispose } = await open();
      const record = (await ledger.createRelease(releaseOf('rel-1'))).record;
      const { epoch } = await ledger.acquireLock('storefront', 'rel-1');
      const ending = endingOf(record, outcome, epoch);
      const late = interrupted(() => ledger.endRelease('rel-1', ending, [null]));
      await late.putWatch(watchOf('rel-1', ['5xx']));
      expect(await ledger.getWatch('rel-1')).toBeNull();
      expect(await ledger.watchesOf('5xx')).toEqual([]);
      await dispose();
    },
  );

  it('counts the change of a manifest that others changed meanwhile', async () => {
    const { ledger, interrupted, dispose } = await open();
    await ledger.putManifest('storefront', { a: 1 }, 'ada', timeAt(1));
    const late = interrupted(() => ledger.putManifest('storefront', { a: 2 }, 'bob', timeAt(2)));
    const stored = await late.putManifest('storefront', { a: 3 }, 'eve', timeAt(3));
    expect(stored.revision).toBe(3);
    await dispose();
  });

  const meanwhiles: [string, string, (ledger: Ledger) => Promise<unknown>][] = [
    ['BreachError', 'a breach', (it) => it.recordBreach('rel-1', breachOf('5 % errors'))],
    ['StaleEpochError', 'a rollback', (it) => it.raiseEpoch('storefront', 'rel-1')],
    ['StaleEpochError', 'a free lock', (it) => it.releaseLock('storefront', 'rel-1')],
  ];
  it.each(meanwhiles)('does not complete, for a %s, when there is %s', async (name, _, act) => {
    const { ledger, interrupted, dispose } = await open();
    const record = await runningRelease(ledger);
    const late = interrupted(() => act(ledger));
    const ending = late.endRelease('rel-1', endingOf(record, 'completed'), [null]);
    await expect(ending).rejects.toMatchObject({ name });
    expect(await ledger.getRelease('rel-1')).toEqual(record);
    expect(await ledger.listEvents('rel-1')).toEqual([]);
    await dispose();
  });

  it('ends with all that came meanwhile: other alarms, a decision, a document', async () => {
    const { ledger, interrupted, dispose } = await open();
    const record = await runningRelease(ledger);
    const late = interrupted(async () => {
      await ledger.putWatch(watchOf('rel-1', ['p95', 'cpu']));
      await ledger.recordDecision('rel-1', decisionOf('ada'));
      await ledger.saveDocument({ ...record.document, phase: 'completing' });
    });
    const ended = await late.endRelease('rel-1', endingOf(record, 'completed'), [null]);
    expect(ended).toEqual({ record: await ledger.getRelease('rel-1'), isNew: true });
    expect(await ledger.getApproval('rel-1')).toMatchObject({ state: 'approved' });
    const found = await Promise.all(['5xx', 'p95', 'cpu'].map((it) => ledger.watchesOf(it)));
    expect(found.flat()).toEqual([]);
    await dispose();
  });

  it('gives back what others wrote when they ended it meanwhile', async () => {
    const { ledger, interrupted, dispose } = await open();
    const record = await runningRelease(ledger);
    const late = interrupted(() =>
      ledger.endRelease('rel-1', endingOf(record, 'rolled-back'), [null]),
    );
    const answer = await late.endRelease('rel-1', endingOf(record, 'completed'), [null]);
    expect(answer).toEqual({ record: await ledger.getRelease('rel-1'), isNew: false });
    expect(answer.record.outcome).toBe('rolled-back');
    await dispose();
  });

  it('ends a release that holds and watches nothing only once', async () => {
    const { ledger, interrupted, dispose } = await open();
    const { record } = await ledger.createRelease(releaseOf('rel-1'));
    const late = interrupted(() => ledger.endRelease('rel-1', endingOf(record, 'refused'), [null]));
    const answer = await late.endRelease('rel-1', endingOf(record, 'held'), [null]);
    expect(answer).toMatchObject({ isNew: false, record: { outcome: 'refused' } });
    expect(await ledger.listEvents('rel-1')).toHaveLength(1);
    await dispose();
  });

  it('takes no lock that others took, and none for a release that ended', async () => {
    const { ledger, interrupted, dispose } = await open();
    const other = interrupted(() => ledger.acquireLock('storefront', 'rel-2'));
    await expect(other.acquireLock('storefront', 'rel-1')).rejects.toMatchObject({
      name: 'ReleaseInProgressError',
      details: { releaseId: 'rel-2' },
    });
    const { record } = await ledger.createRelease(releaseOf('rel-3', 'search'));
    const end = () => ledger.endRelease('rel-3', endingOf(record, 'discarded'), [null]);
    const ended = interrupted(end).raiseEpoch('search', 'rel-3');
    await expect(ended).rejects.toMatchObject({ name: 'ReleaseStateError' });
    expect(await ledger.getLock('search')).toBeNull();
    await dispose();
  });

  it('takes no name that others took, and leaves them one that they have by now', async () => {
    const { ledger, interrupted, dispose } = await open();
    const other = tokenOf('tok-1', { name: 'ci', expiresAt: timeAt(100) });
    const late = interrupted(() => ledger.putToken(other)).putToken(
      tokenOf('tok-2', { name: 'ci' }),
    );
    await expect(late).rejects.toMatchObject({ details: { tokenId: 'tok-1' } });
    const heir = tokenOf('tok-3', { name: 'ci', createdAt: timeAt(100) });
    const revoking = interrupted(() => ledger.putToken(heir));
    const revoked = await revoking.revokeToken('tok-1', 'bob', timeAt(101));
    expect(revoked).toEqual({ ...other, revokedAt: timeAt(101), revokedBy: 'bob' });
    const third = ledger.putToken({ ...heir, id: 'tok-4' });
    await expect(third).rejects.toMatchObject({ details: { tokenId: 'tok-3' } });
    await dispose();
  });

  it('claims no receipt that others claimed, and tells of no alarm what others know better', async () => {
    const { ledger, interrupted, dispose } = await open();
    const claiming = interrupted(() => ledger.claimReceipt(claimOf('github:1', 1)));
    const answer = await claiming.claimReceipt(claimOf('github:1', 2));
    expect(answer).toMatchObject({ isNew: false, receipt: { at: timeAt(1) } });
    const over = reportOf('5xx', { state: 'ok', since: timeAt(20) });
    await interrupted(() => ledger.putReportedAlarm(over)).putReportedAlarm(reportOf('5xx'));
    expect(await ledger.getReportedAlarms(['5xx'])).toEqual([over]);
    await dispose();
  });

  it('opens no release that others opened, or whose lock they took', async () => {
    const { ledger, interrupted, dispose } = await open();
    const record = await runningRelease(ledger);
    await ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
    const reopen = (it: Ledger) => it.reopenRelease('rel-1', ['completed'], 'rolling-back');
    const locked = reopen(interrupted(() => ledger.acquireLock('storefront', 'rel-2')));
    await expect(locked).rejects.toMatchObject({ name: 'ReleaseInProgressError' });
    await ledger.releaseLock('storefront', 'rel-2');
    const opened = reopen(interrupted(() => reopen(ledger)));
    await expect(opened).rejects.toMatchObject({ name: 'ReleaseStateError' });
    expect(await ledger.getLock('storefront')).toMatchObject({ releaseId: 'rel-1', epoch: 3 });
    await dispose();
  });
}

function sizeTests(open: Open): void {
  const named = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, nth) => `${prefix}-${nth}-${'x'.repeat(60)}`);

  it('replaces fifty alarms by fifty others, and ends with all of them', async () => {
    const { ledger, dispose } = await open();
    const record = await runningRelease(ledger);
    const [before, after] = [named('old', 50), named('new', 50)];
    await ledger.putWatch(watchOf('rel-1', before, 'first'));
    await ledger.putWatch(watchOf('rel-1', after, 'second'));
    expect(await ledger.getWatch('rel-1')).toEqual(watchOf('rel-1', after, 'second'));
    for (const alarm of [before[0], before[49], '5xx']) {
      expect(await ledger.watchesOf(String(alarm))).toEqual([]);
    }
    for (const alarm of [after[0], after[49]]) {
      expect(await ledger.watchesOf(String(alarm))).toEqual([watchOf('rel-1', after, 'second')]);
    }
    await ledger.endRelease('rel-1', endingOf(record, 'completed'), [null]);
    expect(await ledger.watchesOf(String(after[49]))).toEqual([]);
    await dispose();
  });

  it('lists more than DynamoDB gives in one answer', async () => {
    const { ledger, dispose } = await open();
    // 20 times 100 KB are two pages of 1 MB.
    const blob = 'x'.repeat(100_000);
    for (let nth = 0; nth < 20; nth += 1) {
      await ledger.appendEvent(eventOf(`rel-1#${nth}`, { at: timeAt(nth), data: { blob } }));
    }
    expect(await ledger.listEvents('rel-1')).toHaveLength(20);
    expect(await ledger.listServiceEvents('storefront', 50)).toHaveLength(20);
    expect(await ledger.listServiceEvents('storefront', 15)).toHaveLength(15);
    await dispose();
  });

  it('lists more releases than one batch reads', async () => {
    const { ledger, rival, dispose } = await open();
    const ids = Array.from({ length: 130 }, (_, nth) => nth);
    for (const nth of ids) await ledger.createRelease(releaseOf(`rel-${nth}`, 'storefront', nth));
    const expected = ids.reverse().map((nth) => `rel-${nth}`);
    for (const query of [{ limit: 200 }, { service: 'storefront', limit: 125 }]) {
      const listed = (await rival.listReleases(query)).map(({ releaseId }) => releaseId);
      expect(listed).toEqual(expected.slice(0, query.limit));
    }
    await dispose();
  });

  it('stores names that are longer than a key', async () => {
    const { ledger, dispose } = await open();
    const alarm = 'ü'.repeat(2000);
    await ledger.putWatch(watchOf('rel-1', [alarm]));
    expect(await ledger.watchesOf(alarm)).toEqual([watchOf('rel-1', [alarm])]);
    expect(await ledger.watchesOf(`${alarm}!`)).toEqual([]);
    const event = eventOf(`rel-1#${alarm}`);
    await ledger.appendEvent(event);
    expect(await ledger.appendEvent(event)).toEqual({ isNew: false });
    expect(await ledger.listEvents('rel-1')).toEqual([event]);
    await dispose();
  });
}

function faithfulnessTests(open: Open): void {
  const awkward = {
    '': 'an empty name',
    empty: '',
    nothing: null,
    nested: { deep: { deeper: [null, [], {}, { '': null }] }, none: {} },
    numbers: [0, -0.5, 1e21, 9007199254740991, 1e-7],
    text: '"\\\n\u0000 ☂ 𝄞 \ud800',
    'a.b#c:d': true,
  };

  it('gives every JSON value back as it was', async () => {
    const { ledger, rival, dispose } = await open();
    await ledger.putManifest('storefront', awkward, 'ada', timeAt(1));
    expect((await rival.getManifest('storefront'))?.source).toStrictEqual(awkward);
    await ledger.appendEvent(eventOf('rel-1#a', { data: awkward }));
    expect((await rival.listEvents('rel-1'))[0]?.data).toStrictEqual(awkward);
    const record = { ...releaseOf('rel-1'), requestedBy: '' };
    await ledger.createRelease(record);
    expect(await rival.getRelease('rel-1')).toStrictEqual(record);
    const ending = { ...endingOf(record, 'discarded'), reason: '' };
    await ledger.endRelease('rel-1', ending, [null]);
    expect((await rival.getRelease('rel-1'))?.reason).toBe('');
    await dispose();
  });
}

function lostAnswerTests(name: string, open: Open): void {
  it('tells of an event and of a decision once when the answer to it was lost', async () => {
    const { unlucky, dispose } = await open();
    expect(await unlucky.appendEvent(eventOf('rel-1#a'))).toEqual({ isNew: true });
    expect(await unlucky.appendEvent(eventOf('rel-1#a'))).toEqual({ isNew: false });
    await unlucky.openApproval(requestOf('rel-1'));
    const decided = await unlucky.recordDecision('rel-1', decisionOf('ada'));
    expect(decided).toMatchObject({ state: 'approved', decisions: [decisionOf('ada')] });
    const manifest = await unlucky.putManifest('storefront', { a: 1 }, 'ada', timeAt(1));
    expect(manifest.revision).toBe(1);
    expect(await unlucky.recordBreach('rel-1', breachOf('5 % errors'))).toMatchObject({
      reason: '5 % errors',
    });
    await unlucky.putReportedAlarm(reportOf('5xx'));
    expect(await unlucky.getReportedAlarms(['5xx'])).toEqual([reportOf('5xx')]);
    await dispose();
  });

  it('does a transaction once, and says so, when the answer to it was lost', async ({ skip }) => {
    skip(name in noTokens, noTokens[name]);
    const { unlucky, ledger, dispose } = await open();
    const record = releaseOf('rel-1');
    expect(await unlucky.createRelease(record)).toEqual({ record, isNew: true });
    expect(await unlucky.acquireLock('storefront', 'rel-1')).toMatchObject({ epoch: 1 });
    expect(await unlucky.raiseEpoch('storefront', 'rel-1')).toMatchObject({ epoch: 2 });
    const ending = endingOf(record, 'completed', 2);
    expect(await unlucky.endRelease('rel-1', ending, [null])).toMatchObject({ isNew: true });
    expect(await ledger.listEvents('rel-1')).toHaveLength(1);
    await unlucky.reopenRelease('rel-1', ['completed'], 'rolling-back');
    expect(await ledger.getLock('storefront')).toMatchObject({ epoch: 3 });
    await unlucky.putFreeze({ scope: '*', reason: 'sale', by: 'ada', at: timeAt(1) });
    expect(await unlucky.claimReceipt(claimOf('github:1'))).toMatchObject({ isNew: true });
    expect(await unlucky.claimReceipt(claimOf('github:1'))).toMatchObject({ isNew: false });
    await unlucky.answerReceipt('github:1', 'rel-1');
    expect((await unlucky.getReceipt('github:1', timeAt(1)))?.answer).toBe('rel-1');
    await unlucky.putToken(tokenOf('tok-1'));
    const revoked = await unlucky.revokeToken('tok-1', 'bob', timeAt(5));
    expect(revoked).toMatchObject({ revokedAt: timeAt(5), revokedBy: 'bob' });
    expect(await unlucky.deleteFreeze('*')).toBe(true);
    expect(await unlucky.deleteFreeze('*')).toBe(false);
    await dispose();
  });
}
