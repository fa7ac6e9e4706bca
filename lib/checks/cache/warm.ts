import { askSteadily, causeOf } from '../requests.ts';
import type { VisitDeps } from './visits.ts';

/** A URL that was asked twice. */
export interface Warmed {
  /** As the manifest has it. */
  url: string;
  /** Milliseconds of the first answer and of the second; null where there was none. */
  coldMs: number | null;
  warmMs: number | null;
  /** Why it is not warm; null when it is. */
  problem: string | null;
}

/** Asks everything twice, one after the other, so that figures are of one request alone. */
export async function warmUp(
  address: string,
  urls: readonly string[],
  deps: VisitDeps,
): Promise<Warmed[]> {
  const warmed: Warmed[] = [];
  for (const url of urls) {
    if (deps.abort.aborted) break;
    warmed.push(await warmOne(url, url.startsWith('/') ? `${address}${url}` : url, deps));
  }
  return warmed;
}

async function warmOne(name: string, url: string, { timers, abort }: VisitDeps): Promise<Warmed> {
  const warmed: Warmed = { url: name, coldMs: null, warmMs: null, problem: null };
  try {
    const request = { url, signal: abort };
    const cold = await askSteadily(request, { timers });
    const again = await askSteadily(request, { timers });
    const problem = again.status >= 400 ? `answers ${again.status}` : null;
    return { ...warmed, coldMs: cold.latencyMs, warmMs: again.latencyMs, problem };
  } catch (error) {
    return { ...warmed, problem: `gives no answer: ${causeOf(error)}` };
  }
}
