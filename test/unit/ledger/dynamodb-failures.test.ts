import { describe, expect, it } from 'vitest';
import { createDynamoLedger } from '../../../lib/ledger/dynamodb.ts';
import { breachOf, eventOf, releaseOf, watchOf } from '../../contract/ledger-samples.ts';
import {
  type Answer,
  always,
  cancelled,
  createStubClient,
  sdkError,
  times,
} from './dynamodb-client.ts';

function openLedger(answers: Record<string, Answer>) {
  const stub = createStubClient(answers);
  return { ...stub, ledger: createDynamoLedger({ tableName: 'the-table' }, stub) };
}

const denied =
  'User: arn:aws:sts::1:assumed-role/admit is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-central-1:1:table/the-table because no identity-based policy allows it';

describe('errors of DynamoDB', () => {
  it.each([
    ['ProvisionedThroughputExceededException', 'ThrottledError'],
    ['ThrottlingException', 'ThrottledError'],
    ['RequestLimitExceeded', 'ThrottledError'],
    ['InternalServerError', 'LedgerUnavailableError'],
    ['TimeoutError', 'LedgerUnavailableError'],
    ['Error', 'LedgerUnavailableError'],
    ['UnrecognizedClientException', 'ConfigInvalidError'],
    ['CredentialsProviderError', 'ConfigInvalidError'],
  ])('become ours with their cause: %s is a %s', async (name, ours) => {
    const cause = sdkError(name, 'said so');
    const { ledger } = openLedger({ GetCommand: always(cause) });

    const got = ledger.getRelease('rel-1');

    await expect(got).rejects.toMatchObject({ name: ours, cause });
    await expect(got).rejects.toThrow(/the-table.*said so/);
  });

  it('name the variable that names the table when that is not there', async () => {
    const { ledger } = openLedger({ GetCommand: always(sdkError('ResourceNotFoundException')) });

    const got = ledger.getLock('storefront');

    await expect(got).rejects.toMatchObject({ name: 'ConfigInvalidError' });
    await expect(got).rejects.toThrow(/VERDIGRIS_TABLE/);
  });

  it('name the action that the role lacks', async () => {
    const { ledger } = openLedger({
      GetCommand: always(sdkError('AccessDeniedException', denied)),
    });

    const got = ledger.getLock('storefront');

    await expect(got).rejects.toMatchObject({ name: 'ConfigInvalidError' });
    await expect(got).rejects.toThrow(/lacks dynamodb:GetItem/);
  });

  it('say that the table has other keys than ours', async () => {
    const cause = sdkError(
      'ValidationException',
      'The provided key element does not match the schema',
    );
    const { ledger } = openLedger({ GetCommand: always(cause) });

    await expect(ledger.getLock('a')).rejects.toMatchObject({ name: 'ConfigInvalidError' });
  });

  it('come back as they are when the request was our mistake', async () => {
    const cause = sdkError('ValidationException', 'Invalid UpdateExpression');
    const { ledger } = openLedger({ GetCommand: always(cause) });

    await expect(ledger.getLock('a')).rejects.toBe(cause);
  });
});

describe('a transaction that is cancelled', () => {
  const create = (answer: Answer, more: Record<string, Answer> = {}) => {
    const opened = openLedger({ TransactWriteCommand: answer, ...more });
    return { ...opened, creating: opened.ledger.createRelease(releaseOf('rel-1')) };
  };

  it('is sent again at once when another was at the same item', async () => {
    const conflict = cancelled('None', 'TransactionConflict');
    const { creating, names } = create(times(3, conflict));

    expect(await creating).toMatchObject({ isNew: true });
    expect(names()).toEqual(Array(4).fill('TransactWriteCommand'));
  });

  it('is given up as unavailable when others are always there', async () => {
    const { creating, names } = create(always(cancelled('TransactionConflict', 'None')));

    await expect(creating).rejects.toMatchObject({
      name: 'LedgerUnavailableError',
      isRetryable: true,
    });
    await expect(creating).rejects.toThrow(/TransactionConflict: because of TransactionConflict/);
    expect(names()).toHaveLength(6);
  });

  it.each(['ThrottlingError', 'ProvisionedThroughputExceeded', 'RequestLimitExceeded'])(
    'is left to who calls when DynamoDB is busy: %s',
    async (code) => {
      const { creating, names } = create(always(cancelled('None', code)));

      await expect(creating).rejects.toMatchObject({ name: 'ThrottledError', isRetryable: true });
      expect(names()).toHaveLength(1);
    },
  );

  it('is an answer when a condition did not hold, also beside a conflict', async () => {
    const refused = cancelled('ConditionalCheckFailed', 'TransactionConflict');
    const there = createStubClient();
    await createDynamoLedger({ tableName: 't' }, there).createRelease(releaseOf('rel-1'));
    const Item = there.sent[0]?.input.TransactItems[0].Put.Item;
    const { creating, names } = create(always(refused), { GetCommand: () => ({ Item }) });

    expect(await creating).toEqual({ record: releaseOf('rel-1'), isNew: false });
    expect(names()).toEqual(['TransactWriteCommand', 'GetCommand']);
  });

  it('comes back as it is when a write of ours was malformed', async () => {
    const cause = cancelled('None', 'ValidationError');
    await expect(create(always(cause)).creating).rejects.toBe(cause);
  });
});

describe('a single write', () => {
  it('is sent again at once when a transaction was at its item', async () => {
    const conflict = sdkError('TransactionConflictException');
    const Attributes = { breach: JSON.stringify(breachOf('5 % errors')) };
    const { ledger, names } = openLedger({
      UpdateCommand: times(2, conflict, () => ({ Attributes })),
    });

    expect(await ledger.recordBreach('rel-1', breachOf('later'))).toEqual(breachOf('5 % errors'));
    expect(names()).toEqual(Array(3).fill('UpdateCommand'));
  });

  it('has no effect when its condition does not hold', async () => {
    const refused = sdkError('ConditionalCheckFailedException');
    const { ledger } = openLedger({ UpdateCommand: always(refused) });

    await expect(ledger.saveDocument(releaseOf('rel-1').document)).resolves.toBeUndefined();
    await expect(ledger.releaseLock('storefront', 'rel-1')).resolves.toBeUndefined();
  });
});

describe('a look and its write', () => {
  it('look again at once when a transaction was at the items', async () => {
    const conflict = cancelled('None', 'TransactionConflict');
    const { ledger, names } = openLedger({ TransactGetCommand: times(2, conflict) });

    expect(await ledger.acquireLock('storefront', 'rel-1')).toMatchObject({ epoch: 1 });
    const looks = Array(3).fill('TransactGetCommand');
    expect(names()).toEqual([...looks, 'TransactWriteCommand']);
  });

  it('are repeated while others come in between, and given up in the end', async () => {
    const refused = sdkError('ConditionalCheckFailedException');
    const { ledger, names } = openLedger({ PutCommand: always(refused) });

    const putting = ledger.putManifest('storefront', { a: 1 }, 'ada', 'now');

    await expect(putting).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
    expect(names().slice(0, 4)).toEqual(['GetCommand', 'PutCommand', 'GetCommand', 'PutCommand']);
  });
});

describe('what does not fit', () => {
  it('is refused by name before it is sent', async () => {
    const { ledger, names } = openLedger({ UpdateCommand: () => ({ Attributes: { seq: 1 } }) });
    const event = eventOf('rel-1#huge', { data: { blob: 'ü'.repeat(250_000) } });

    const appending = ledger.appendEvent(event);

    await expect(appending).rejects.toMatchObject({ name: 'RequestTooLargeError' });
    await expect(appending).rejects.toThrow(/rel-1#huge has 5\d{5} bytes/);
    expect(names()).not.toContain('PutCommand');
  });

  it('is refused for a watch with more alarms than one transaction holds', async () => {
    const { ledger, names } = openLedger({});
    const alarms = Array.from({ length: 91 }, (_, nth) => `alarm-${nth}`);

    const putting = ledger.putWatch(watchOf('rel-1', alarms));

    await expect(putting).rejects.toMatchObject({ name: 'RequestInvalidError' });
    expect(names()).toEqual([]);
  });

  it('is refused when a newer Verdigris wrote it', async () => {
    const Item = { pk: 'SERVICE#storefront', sk: 'LOCK', epoch: 3, v: 2 };
    const { ledger } = openLedger({ GetCommand: () => ({ Item }) });

    await expect(ledger.getLock('storefront')).rejects.toMatchObject({
      name: 'LedgerVersionError',
      details: { found: 2, supported: 1 },
    });
  });
});
