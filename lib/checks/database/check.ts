import type { Check, CheckVerdict, PreflightContext } from '../check.ts';
import type { CheckDeps } from '../index.ts';
import type { ConnectionConfig, DatabaseCheckConfig } from './config.ts';
import { openNamed, UnreachableError } from './connections.ts';
import { examine } from './examine.ts';
import { conclude, onePart } from './findings.ts';
import { loadParser } from './parser.ts';
import { type Files, filesOf } from './places.ts';

/** Green, as far as there is one. */
interface Green {
  files: Files;
  isProvisioned: boolean;
  isLive: boolean;
}

/** A check of the database that blue and green share. */
export function createDatabaseCheck(config: DatabaseCheckConfig, deps: CheckDeps): Check {
  const { timers, files: readable } = deps;
  const { bucket, keyPrefix = '' } = config.migrations ?? {};
  const place = bucket === undefined ? null : { bucket, keyPrefix };
  const placeTools = (abort: AbortSignal) => ({ files: readable, bucket: place, abort });

  async function look(context: PreflightContext, green: Green): Promise<CheckVerdict> {
    const { abort, blue, timeoutSeconds } = context;
    const { files: greenFiles, ...rest } = green;
    const blueFiles = blue && (await filesOf(blue, 'blue', placeTools(abort)));
    const open = (connection: ConnectionConfig) =>
      openNamed(connection, context, { abort, timers });
    const session = await open(config.connection);
    try {
      const time = { abort, timeoutSeconds, timers };
      const tools = { session, parser: await loadParser(), open, ...time };
      const parts = await examine(config, { ...rest, greenFiles, blueFiles }, tools);
      return abort.aborted ? tooLong : conclude(parts);
    } finally {
      await session.end();
    }
  }

  return {
    async run(context) {
      const { green, isLive, abort } = context;
      const files = await filesOf(green, 'green', placeTools(abort));
      return orSay(look(context, { files, isProvisioned: true, isLive }), abort);
    },
    async preflight(context) {
      const { artifact, abort } = context;
      const files = await filesOf(artifact, 'green', placeTools(abort));
      return orSay(look(context, { files, isProvisioned: false, isLive: false }), abort);
    },
  };
}

const tooLong = conclude([onePart('fail', 'the database took too long')]);

/** A database that cannot be reached, or not in time, is an answer. */
async function orSay(verdict: Promise<CheckVerdict>, abort: AbortSignal): Promise<CheckVerdict> {
  try {
    return await verdict;
  } catch (error) {
    if (abort.aborted) return tooLong;
    if (error instanceof UnreachableError) return conclude([onePart('fail', error.message)]);
    throw error;
  }
}
