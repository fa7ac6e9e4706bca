import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { ApiError, isUnreachable } from '../api.ts';
import type { Change } from '../live.ts';
import { useConsole } from './console-context.ts';
import { createLatest } from './latest.ts';

/** Something that is read from the API and kept fresh. */
export interface Resource<T> {
  /** The newest that arrived; stays while a read fails. Null before the first answer. */
  data: T | null;
  /**
   * Why the last read failed; null when it did not. Where the conductor cannot be reached and there is
   * something to show, that is said once, at the top of the page.
   */
  error: ApiError | null;
  /** Reads at once, for instance after an action. */
  reload(): void;
}

interface Held<T> {
  path: string | null;
  data: T | null;
  error: ApiError | null;
}

const nothing = { data: null, error: null };

/**
 * Reads a path and reads it again whenever something may have changed.
 * @param path Null reads nothing.
 * @param concerns Whether it is read again for a change, or (null) at a look for anything; always if absent.
 */
export function useResource<T>(
  path: string | null,
  concerns?: (change: Change | null) => boolean,
): Resource<T> {
  const { api, live } = useConsole();
  const [held, setHeld] = useState<Held<T>>({ path, ...nothing });
  // Another path has tickets of its own.
  const latest = useMemo(createLatest, [path]);
  const reload = useCallback(async () => {
    if (path === null) return;
    const ticket = latest.take();
    const result = await read<T>(() => api.get<T>(path));
    live.report(result.error === null || !isUnreachable(result.error));
    if (latest.show(ticket)) setHeld((before) => merged(before, path, result));
  }, [api, live, path, latest]);
  useEffect(() => {
    void reload();
    return live.onChange((change) => {
      if (!concerns || concerns(change)) void reload();
    });
  }, [reload, live]);
  const { data, error } = held.path === path ? held : nothing;
  return { data, error: data !== null && isUnreachable(error) ? null : error, reload };
}

type Result<T> = { data: T; error: null } | { data: null; error: ApiError };

async function read<T>(ask: () => Promise<T>): Promise<Result<T>> {
  try {
    return { data: await ask(), error: null };
  } catch (error) {
    if (error instanceof ApiError) return { data: null, error };
    throw error;
  }
}

/** What was read before stays in sight while the conductor does not answer. */
function merged<T>(before: Held<T>, path: string, { data, error }: Result<T>): Held<T> {
  const kept = before.path === path ? before.data : null;
  return { path, data: data ?? (isGone(error) ? null : kept), error };
}

function isGone(error: ApiError | null): boolean {
  return error !== null && [401, 403, 404].includes(error.status);
}
