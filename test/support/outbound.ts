import type { NotifierDeps } from '../../lib/notifiers/index.ts';
import type { NotifierMemory } from '../../lib/notifiers/notifier.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { Json } from '../../lib/release/json.ts';
import type { Logger } from '../../lib/release/logger.ts';
import type { Secrets } from '../../lib/secrets/secrets.ts';

/** A moment at which these clocks begin. */
export const outboundStart = Date.parse('2026-01-02T03:04:05.678Z');

/** A memory in which, as in the real one, the first thing that is remembered stays. */
export function createFakeMemory(): NotifierMemory & { entries: Map<string, Json> } {
  const entries = new Map<string, Json>();
  return {
    entries,
    recall: async (key) => entries.get(key) ?? null,
    remember: async (key, value) => {
      if (!entries.has(key)) entries.set(key, value);
    },
  };
}

/** Secrets that are in an object. */
export function createFakeSecrets(values: Record<string, string | [string, string]>): Secrets {
  return {
    async read(name) {
      const found = values[name];
      if (found !== undefined) return typeof found === 'string' ? [found] : found;
      throw new VerdigrisError('ConfigInvalidError', `there is no secret "${name}"`);
    },
  };
}

/** What a platform gives its notifiers, on a clock that waiting moves on. */
export interface FakeOutbound extends NotifierDeps {
  memory: ReturnType<typeof createFakeMemory>;
  clock: { now(): number };
  /** Every line of the log, as `[message, facts]`. */
  warnings: [string, Record<string, unknown> | undefined][];
  /** Milliseconds that were waited so far. */
  waitedMs(): number;
}

/** Deps of a notifier that speaks HTTP through this `fetch`. */
export function outboundFor(
  fetch: typeof globalThis.fetch,
  secrets: Record<string, string>,
): FakeOutbound {
  let now = outboundStart;
  const warnings: FakeOutbound['warnings'] = [];
  const log: Logger = {
    info: () => {},
    warn: (message, facts) => void warnings.push([message, facts]),
    error: () => {},
  };
  const after = (delayMs: number, callback: () => void) => {
    const handle = setImmediate(() => {
      now += delayMs;
      callback();
    });
    return () => clearImmediate(handle);
  };
  return {
    fetch,
    log,
    warnings,
    clock: { now: () => now },
    timers: { after },
    secrets: createFakeSecrets(secrets),
    memory: createFakeMemory(),
    consoleUrl: 'https://verdigris.example',
    waitedMs: () => now - outboundStart,
  };
}
