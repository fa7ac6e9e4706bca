import type { ApiToken, Ledger } from '../ledger.ts';
import { byNewest, holdsName, nameTaken } from '../token-rules.ts';
import type { Delete, Put, Update } from './expressions.ts';
import { fromText, type Item, toText } from './items.ts';
import { keys, partitions } from './keys.ts';
import { raced, settle, type Table } from './table.ts';

/** A revocation stands beside the token, which is never written again. */
function toToken({ body, revokedAt, revokedBy }: Item): ApiToken {
  const token = fromText<ApiToken>(body) as ApiToken;
  if (typeof revokedAt !== 'string') return token;
  return { ...token, revokedAt, revokedBy: String(revokedBy) };
}

/** Who has a name, as an item of its own, so that a condition can look at it. */
interface NameHolder {
  id: string;
  /** A token's never changes, so it may stand in both items. */
  expiresAt: string | null;
}

function toHolder(item: Item | undefined): NameHolder | null {
  if (!item) return null;
  return { id: String(item.holder), expiresAt: item.expiresAt as string | null };
}

function addToken(token: ApiToken): Put {
  const item = { ...keys.token(token.id), body: toText(`the token ${token.id}`, token) };
  return { kind: 'put', item, if: 'attribute_not_exists(#pk)' };
}

/** Takes a token's name, if whoever had it last is still who was seen. */
function takeName({ id, name, expiresAt }: ApiToken, seen: NameHolder | null): Put {
  const item = { ...keys.tokenName(name), holder: id, expiresAt };
  if (!seen) return { kind: 'put', item, if: 'attribute_not_exists(#pk)' };
  return { kind: 'put', item, if: '#holder = :seen', values: { seen: seen.id } };
}

function freeName({ id, name }: ApiToken): Delete {
  return { kind: 'delete', key: keys.tokenName(name), if: '#holder = :id', values: { id } };
}

function revoke(id: string, by: string, at: string): Update {
  return {
    kind: 'update',
    key: keys.token(id),
    change: 'SET #revokedAt = :at, #revokedBy = :by',
    if: 'attribute_exists(#pk) AND attribute_not_exists(#revokedAt)',
    values: { at, by },
  };
}

/** Keys of machines to the API. Revoked ones stay, since events name them. */
export function createTokens(table: Table) {
  async function read(id: string): Promise<ApiToken | null> {
    const item = await table.get(keys.token(id));
    return item ? toToken(item) : null;
  }

  /** A name that was lost to another after the token had expired does not come back. */
  async function hasName({ id, name }: ApiToken): Promise<boolean> {
    return toHolder(await table.get(keys.tokenName(name)))?.id === id;
  }

  return {
    async putToken(token) {
      const { id, name, createdAt, revokedAt } = token;
      await settle(`the token ${id}`, async () => {
        const [there, item] = await table.snapshot([keys.token(id), keys.tokenName(name)]);
        if (there) return;
        const holder = toHolder(item);
        if (holder && holdsName({ ...holder, revokedAt: null }, createdAt)) {
          throw nameTaken(name, holder.id);
        }
        const naming = revokedAt === null ? [takeName(token, holder)] : [];
        return (await table.write(addToken(token), ...naming)) ? undefined : raced;
      });
    },

    getToken: read,

    async listTokens() {
      return (await table.query({ pk: partitions.tokens })).map(toToken).sort(byNewest);
    },

    revokeToken: (id, by, at) =>
      settle(`the token ${id}`, async () => {
        const token = await read(id);
        if (!token || token.revokedAt !== null) return token;
        const freeing = (await hasName(token)) ? [freeName(token)] : [];
        const isDone = await table.write(revoke(id, by, at), ...freeing);
        return isDone ? { ...token, revokedAt: at, revokedBy: by } : raced;
      }),
  } satisfies Partial<Ledger>;
}
