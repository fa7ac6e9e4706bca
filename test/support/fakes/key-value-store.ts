import { cloudFrontError } from './cloudfront-control-plane.ts';
import type { Operations } from './sdk-client.ts';

/** A look inside, and what others do past Verdigris. */
export interface KeyValueStoreView {
  readonly keyValueStoreArn: string;
  valueOf(key: string): string | undefined;
  storeEtag(): string;
  /** Somebody else puts a value. */
  putByHand(key: string, value: string): void;
}

/** One key value store, made after API_kvs_PutKey: one ETag for all of its keys. */
export function createKeyValueStore() {
  const keyValueStoreArn = 'arn:aws:cloudfront::123456789012:key-value-store/0a1b2c';
  const values = new Map<string, string>();
  let version = 1;
  const etag = () => `KV${version}`;

  function put(key: string, value: string): void {
    values.set(key, value);
    version += 1;
  }

  function throwIfOther(KvsARN: unknown): void {
    if (KvsARN === keyValueStoreArn) return;
    throw cloudFrontError('ResourceNotFoundException', `Key value store ${KvsARN} was not found.`);
  }

  const operations: Operations = {
    DescribeKeyValueStore({ KvsARN }) {
      throwIfOther(KvsARN);
      return { ETag: etag(), KvsARN, ItemCount: values.size, Status: 'READY' };
    },
    GetKey({ KvsARN, Key }) {
      throwIfOther(KvsARN);
      const Value = values.get(String(Key));
      if (Value === undefined)
        throw cloudFrontError('ResourceNotFoundException', `Key ${Key} was not found.`);
      return { Key, Value };
    },
    PutKey({ KvsARN, Key, Value, IfMatch }) {
      throwIfOther(KvsARN);
      if (IfMatch !== etag())
        throw cloudFrontError('ConflictException', 'The given ETag is not the current one.');
      if (String(Value).length > 1024)
        throw cloudFrontError('ValidationException', 'The value is too long.');
      put(String(Key), String(Value));
      return { ETag: etag(), ItemCount: values.size };
    },
  };

  const view: KeyValueStoreView = {
    keyValueStoreArn,
    valueOf: (key) => values.get(key),
    storeEtag: etag,
    putByHand: put,
  };
  return { operations, view };
}
