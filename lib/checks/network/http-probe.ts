import type { Timers } from '../../release/clock.ts';
import { parseJson, valueAt } from '../body-expectation.ts';
import type { Target } from '../network.ts';
import { askSteadily, type CheckResponse, causeOf } from '../requests.ts';
import type { Probe, Tried } from './probe.ts';

/** So many targets are tried at once. */
const concurrency = 4;

/** The request that tries a connection, and how its answer is read. */
export interface HttpProbeConfig {
  /** With `{host}`, `{port}` and, where it can, `{tls}`. */
  path: string;
  headers: Record<string, string>;
  /** Paths in the JSON answer. */
  open: string;
  error: string;
}

/** A probe that asks a side at its own address to connect. */
export function createHttpProbe(
  base: string,
  config: HttpProbeConfig,
  { timers, abort }: { timers: Timers; abort: AbortSignal },
): Probe {
  async function tryOne(target: Target): Promise<Tried> {
    const url = `${base}${filled(config.path, target)}`;
    const { headers } = config;
    const answer = await askSteadily({ url, headers, signal: abort }, { timers }).catch((error) => {
      throw new Error(`gave no answer: ${causeOf(error)}`, { cause: error });
    });
    return read(answer, config);
  }

  return async (targets) => {
    const tried: Tried[] = [];
    for (let from = 0; from < targets.length; from += concurrency) {
      tried.push(...(await Promise.all(targets.slice(from, from + concurrency).map(tryOne))));
    }
    return tried;
  };
}

function filled(path: string, { host, port, tls }: Target): string {
  return path
    .replaceAll('{host}', encodeURIComponent(host))
    .replaceAll('{port}', String(port))
    .replaceAll('{tls}', tls ? '1' : '0');
}

function read({ status, body }: CheckResponse, { open, error }: HttpProbeConfig): Tried {
  const answer = parseJson(body);
  const isOpen = valueAt(answer, open);
  if (status !== 200)
    throw new Error(`answered status ${status} instead of 200: ${body.slice(0, 120)}`);
  if (typeof isOpen !== 'boolean') throw new Error(`answered without true or false at ${open}`);
  const reason = valueAt(answer, error);
  const ms = valueAt(answer, 'ms');
  return {
    isOpen,
    error: !isOpen && reason !== undefined ? String(reason).slice(0, 200) : null,
    ms: typeof ms === 'number' ? ms : null,
  };
}
