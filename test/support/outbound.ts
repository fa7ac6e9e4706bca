import type { NotifierDeps } from '../../lib/notifiers/index.ts';
import type { NotifierMemory } from '../../lib/notifiers/notifier.ts';
import type { Json } from '../../lib/release/json.ts';
import type { Logger } from '../../lib/release/logger.ts';
import { createFakeSecrets } from './fakes/secrets.ts';

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
  const named = Object.entries(secrets).map(([name, value]) => [name, [value]] as const);
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
    secrets: createFakeSecrets(Object.fromEntries(named)),
    memory: createFakeMemory(),
    consoleUrl: 'https://verdigris.example',
    waitedMs: () => now - outboundStart,
  };
}
