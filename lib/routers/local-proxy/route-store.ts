import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Ids } from '../../release/clock.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import type { Logger } from '../../release/logger.ts';

const bindingSchema = z.strictObject({
  address: z.string(),
  port: z.int().min(0).max(65_535),
  host: z.string().nullable(),
  drainSeconds: z.number().min(0),
  timeoutSeconds: z.number().positive(),
  stickyCookie: z.string().nullable(),
  /** Absent in files of before 0.2.0, as is `remember`. */
  previewHeader: z.string().nullable().default(null),
  remember: z.strictObject({ requests: z.int(), query: z.boolean() }).nullable().default(null),
});

const serviceSchema = z.strictObject({
  binding: bindingSchema.nullable(),
  /** Absent in files of before 0.2.0, as is `newest`. */
  stickyKey: z.string().optional(),
  newest: z.string().nullable().default(null),
  weights: z.record(z.string(), z.int().min(0).max(100)),
  revision: z.int().min(0),
  /** Environment id to address; `isReported` when its process said so itself. */
  addresses: z.record(z.string(), z.strictObject({ address: z.string(), isReported: z.boolean() })),
});

const storeSchema = z.strictObject({
  version: z.literal(1),
  services: z.record(z.string(), serviceSchema),
});

/** How a service is reached and on what terms its traffic is passed on. */
export type Binding = z.output<typeof bindingSchema>;
/** A service's route as it is kept. */
export type StoredService = z.output<typeof serviceSchema>;
/** Everything that is kept. */
export type StoredRoutes = z.output<typeof storeSchema>;

/** Keeps routes in one file. */
export interface RouteStore {
  /**
   * What was saved last, or null when nothing was.
   * @throws ConfigInvalidError when the file cannot be read or is not one of ours.
   */
  load(): Promise<StoredRoutes | null>;
  /** Writes what `snapshot` returns, soon. Never throws, never waits: failures are logged. */
  save(snapshot: () => StoredRoutes): void;
  /** Waits until what was to be saved is on disk, or has failed and is logged. */
  flush(): Promise<void>;
}

/** A store in `<directory>/routes.json`; the directory is made when it is needed. */
export function createRouteStore(deps: { directory: string; ids: Ids; log: Logger }): RouteStore {
  const path = join(deps.directory, 'routes.json');
  let waiting: (() => StoredRoutes) | null = null;
  let writing: Promise<void> | null = null;

  // One writer that always takes the newest snapshot: an older one cannot overwrite it.
  async function writeAll(): Promise<void> {
    while (waiting) {
      const snapshot = waiting;
      waiting = null;
      await writeAtomically(path, deps, JSON.stringify(snapshot(), null, 2)).catch((error) =>
        deps.log.error('routes could not be saved; traffic is not affected', {
          path,
          reason: messageOf(error),
        }),
      );
    }
    writing = null;
  }

  return {
    load: () => readRoutes(path),
    save(snapshot) {
      waiting = snapshot;
      writing ??= writeAll();
    },
    async flush() {
      while (writing) await writing;
    },
  };
}

async function readRoutes(path: string): Promise<StoredRoutes | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(path, messageOf(cause), cause);
  }
  try {
    return storeSchema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw unreadable(path, reason, cause);
  }
}

function unreadable(path: string, reason: string, cause: unknown): VerdigrisError {
  return new VerdigrisError(
    'ConfigInvalidError',
    `the routes in ${path} cannot be read: ${reason}. Restore the file, or move it away to begin ` +
      'without routes',
    { cause, details: { path } },
  );
}

async function writeAtomically(
  path: string,
  { directory, ids }: { directory: string; ids: Ids },
  text: string,
): Promise<void> {
  const temporary = `${path}.${ids.next()}.tmp`;
  await mkdir(directory, { recursive: true });
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
