import {
  BatchGetCommand,
  type BatchGetCommandOutput,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandOutput,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { VerdigrisError } from '../../release/errors.ts';
import { expressionsOf, toTransactItem, type Update, type Write } from './expressions.ts';
import { isConflict, isRefusal, toOurs } from './failures.ts';
import { type Item, readable } from './items.ts';
import type { Key } from './keys.ts';

/** What the ledger uses of the SDK's document client. */
export type TableClient = Pick<DynamoDBDocumentClient, 'send'>;

/** Which items of one partition, in the order of their sort keys. */
export interface TableQuery {
  pk: string;
  /** How the sort key begins; all of the partition if absent. */
  prefix?: string;
  /** Walks `gsi1`, whose answers may be a moment old. The table itself is read consistently. */
  isOverIndex?: boolean;
  isNewestFirst?: boolean;
  limit?: number;
}

/** One table. Every method throws what {@link toOurs} makes of a failure. */
export interface Table {
  /** Consistent. */
  get(key: Key): Promise<Item | undefined>;
  /** Several items as they were in one moment. */
  snapshot(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  /** Consistent, each item by itself. */
  getAll(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  query(query: TableQuery): Promise<Item[]>;
  /** All of the writes, or none. False when a condition did not hold. */
  write(...writes: [Write, ...Write[]]): Promise<boolean>;
  /** All or none, also for one write: it stays true when the SDK had to repeat a lost answer. */
  writeOnce(...writes: [Write, ...Write[]]): Promise<boolean>;
  /** Changes an item and gives it back; undefined when the condition did not hold. */
  update(update: Update): Promise<Item | undefined>;
}

/**
 * How often a request that conflicts with another is sent. It is repeated at once: what stands in
 * its way is over within milliseconds. Throttling is not repeated here; the SDK has done that with
 * pauses, and who calls the ledger does it with longer ones.
 */
const conflictTries = 6;

/** Items that one request takes, each by /amazondynamodb/latest/developerguide/Constraints.html. */
const limits = { batchGet: 100, transaction: 100 };

/** Reads without progress after which a batch is given up: the SDK does not repeat these. */
const batchTries = 6;

/** The table of that name. */
export function createTable(tableName: string, client: TableClient): Table {
  /** `request` makes its command anew, so that every try has a ClientRequestToken of its own. */
  async function ask<T>(request: () => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await request();
      } catch (error) {
        if (isRefusal(error)) throw error;
        if (!isConflict(error) || tried >= conflictTries) throw toOurs(error, tableName);
      }
    }
  }

  const found = (item: Item | undefined) => item && readable(item, tableName);

  async function getBatch(wanted: readonly Key[]): Promise<Item[]> {
    const items: Item[] = [];
    let left: Record<string, unknown>[] = wanted.map((key) => ({ ...key }));
    for (let tried = 1; left.length > 0; tried += 1) {
      if (tried > batchTries) throw unread(tableName, left.length);
      const RequestItems = { [tableName]: { Keys: left, ConsistentRead: true } };
      const answer: BatchGetCommandOutput = await ask(() =>
        client.send(new BatchGetCommand({ RequestItems })),
      );
      const got = answer.Responses?.[tableName] ?? [];
      if (got.length > 0) tried = 0;
      items.push(...got);
      left = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return items;
  }

  const table: Table = {
    async get(Key) {
      const command = () => new GetCommand({ TableName: tableName, Key, ConsistentRead: true });
      return found((await ask(() => client.send(command()))).Item);
    },

    async snapshot(keys) {
      const TransactItems = keys.map((Key) => ({ Get: { TableName: tableName, Key } }));
      const command = () => new TransactGetCommand({ TransactItems });
      const { Responses = [] } = await ask(() => client.send(command()));
      return keys.map((_, i) => found(Responses[i]?.Item));
    },

    async getAll(keys) {
      const byKey = new Map<string, Item>();
      for (let start = 0; start < keys.length; start += limits.batchGet) {
        const items = await getBatch(keys.slice(start, start + limits.batchGet));
        for (const item of items) byKey.set(`${item.pk} ${item.sk}`, item);
      }
      return keys.map(({ pk, sk }) => found(byKey.get(`${pk} ${sk}`)));
    },

    async query({ limit = Number.POSITIVE_INFINITY, ...query }) {
      const items: Item[] = [];
      let start: Record<string, unknown> | undefined;
      while (items.length < limit) {
        const input = toQueryInput(tableName, query, limit - items.length, start);
        const page: QueryCommandOutput = await ask(() => client.send(new QueryCommand(input)));
        items.push(...(page.Items ?? []).map((item) => readable(item, tableName)));
        start = page.LastEvaluatedKey;
        if (!start) break;
      }
      return items;
    },

    async write(first, ...rest) {
      if (rest.length > 0) return table.writeOnce(first, ...rest);
      return isDone(() => ask(() => sendOne(client, tableName, first)));
    },

    async writeOnce(...writes) {
      if (writes.length > limits.transaction) {
        throw new RangeError(`${writes.length} writes do not fit into one transaction`);
      }
      const TransactItems = writes.map((write) => toTransactItem(tableName, write));
      return isDone(() => ask(() => client.send(new TransactWriteCommand({ TransactItems }))));
    },

    async update(update) {
      const input = { ...expressionsOf(tableName, update), Key: update.key };
      const command = () => new UpdateCommand({ ...input, ReturnValues: 'ALL_NEW' });
      try {
        return found((await ask(() => client.send(command()))).Attributes);
      } catch (error) {
        if (isRefusal(error)) return undefined;
        throw error;
      }
    },
  };
  return table;
}

async function isDone(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** One write by itself costs half of what it costs in a transaction. */
function sendOne(client: TableClient, tableName: string, write: Write): Promise<unknown> {
  const common = expressionsOf(tableName, write);
  switch (write.kind) {
    case 'put':
      return client.send(new PutCommand({ ...common, Item: write.item }));
    case 'update':
      return client.send(new UpdateCommand({ ...common, Key: write.key }));
    case 'delete':
      return client.send(new DeleteCommand({ ...common, Key: write.key }));
    case 'check':
      throw new TypeError('a condition by itself writes nothing');
  }
}

function toQueryInput(
  tableName: string,
  { pk, prefix, isOverIndex = false, isNewestFirst = false }: Omit<TableQuery, 'limit'>,
  limit: number,
  start: Record<string, unknown> | undefined,
) {
  const names = isOverIndex ? { pk: 'gsi1pk', sk: 'gsi1sk' } : { pk: 'pk', sk: 'sk' };
  const isPart = prefix !== undefined;
  return {
    TableName: tableName,
    ...(isOverIndex ? { IndexName: 'gsi1' } : { ConsistentRead: true }),
    KeyConditionExpression: isPart ? '#pk = :pk AND begins_with(#sk, :prefix)' : '#pk = :pk',
    ExpressionAttributeNames: { '#pk': names.pk, ...(isPart && { '#sk': names.sk }) },
    ExpressionAttributeValues: { ':pk': pk, ...(isPart && { ':prefix': prefix }) },
    ScanIndexForward: !isNewestFirst,
    ...(Number.isFinite(limit) && { Limit: limit }),
    ...(start && { ExclusiveStartKey: start }),
  };
}

function unread(tableName: string, count: number): VerdigrisError {
  const message = `ledger ${tableName}: DynamoDB asks for patience: ${count} items were not read`;
  return new VerdigrisError('ThrottledError', message, { details: { tableName } });
}

/** Says that somebody else was faster between a look and its write. */
export const raced = Symbol('raced');

/** Looks, decides and writes again as often as others come in between. */
const raceTries = 10;

/**
 * Repeats an attempt until nobody came between what it read and what it wrote.
 * @throws LedgerUnavailableError when somebody always does.
 */
export async function settle<T>(
  what: string,
  attempt: () => Promise<T | typeof raced>,
): Promise<T> {
  for (let tried = 1; tried <= raceTries; tried += 1) {
    const answer = await attempt();
    if (answer !== raced) return answer;
  }
  throw new VerdigrisError(
    'LedgerUnavailableError',
    `${what} is being changed by others all the time; ${raceTries} attempts came too late`,
  );
}
