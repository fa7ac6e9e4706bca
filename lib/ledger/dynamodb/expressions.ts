import type { Item } from './items.ts';
import type { Key } from './keys.ts';

/**
 * Attributes are written `#name` and values `:name` in every expression: that keeps DynamoDB's
 * reserved words out of the way, and the names are collected from the text.
 */
interface Expressions {
  /** A condition expression; nothing is written when it does not hold. */
  if?: string;
  /** By their names without the colon. */
  values?: Record<string, string | number>;
}

/** Stores an item, whatever was there. */
export interface Put extends Expressions {
  kind: 'put';
  item: Item & Key;
}

/** Changes some attributes of an item, which is made if it is not there. */
export interface Update extends Expressions {
  kind: 'update';
  key: Key;
  /** An update expression. */
  change: string;
}

export interface Delete extends Expressions {
  kind: 'delete';
  key: Key;
}

/** Only a condition; for transactions. */
export interface Check extends Expressions {
  kind: 'check';
  key: Key;
  if: string;
}

/** A write, with its condition. */
export type Write = Put | Update | Delete | Check;

/** What every request and every part of a transaction has in common. */
export function expressionsOf(TableName: string, write: Write) {
  const change = write.kind === 'update' ? write.change : '';
  const names = [...`${write.if ?? ''} ${change}`.matchAll(/#(\w+)/g)];
  const values = Object.entries(write.values ?? {});
  return {
    TableName,
    ...(write.if !== undefined && { ConditionExpression: write.if }),
    ...(names.length > 0 && {
      ExpressionAttributeNames: Object.fromEntries(names.map(([text, name]) => [text, name ?? ''])),
    }),
    ...(values.length > 0 && {
      ExpressionAttributeValues: Object.fromEntries(values.map(([name, it]) => [`:${name}`, it])),
    }),
    ...(change !== '' && { UpdateExpression: change }),
  };
}

/** A write as part of a transaction. */
export function toTransactItem(tableName: string, write: Write) {
  const common = expressionsOf(tableName, write);
  switch (write.kind) {
    case 'put':
      return { Put: { ...common, Item: write.item } };
    case 'update':
      return { Update: { ...common, Key: write.key, UpdateExpression: write.change } };
    case 'delete':
      return { Delete: { ...common, Key: write.key } };
    case 'check':
      return { ConditionCheck: { ...common, Key: write.key, ConditionExpression: write.if } };
  }
}
