import type { Timers } from '../../release/clock.ts';
import type { CheckContext } from '../check.ts';
import { addressOf, askSteadily, causeOf, isSafe } from '../requests.ts';
import type { Answer } from './answers.ts';
import type { Change } from './compare-schemas.ts';

/** A request to green, and what its answer is held against. */
export interface Probe {
  /** `GET /products/mug` */
  name: string;
  method: string;
  /** Path and query. */
  target: string;
  headers: Record<string, string>;
  body?: string | undefined;
  judge(answer: Answer): Change[];
}

/** What came of a probe. */
export interface Probed {
  name: string;
  status: number | null;
  /** What green alone does wrong. */
  changes: Change[];
  /** What blue does wrong just the same. */
  shared: Change[];
}

/** What asking needs. */
export interface ProbeDeps {
  timers: Timers;
  /** An answer that takes longer is none. */
  patienceMs: number;
}

/** So many at once: this is a look, not a load. */
const atOnce = 4;

/** Asks green all of them. What is wrong is asked of blue, too, before green gets the blame. */
export async function askAll(
  probes: Probe[],
  context: CheckContext,
  deps: ProbeDeps,
): Promise<Probed[]> {
  const queue = [...probes.entries()];
  const results: Probed[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next && !context.abort.aborted; next = queue.shift()) {
      const [index, probe] = next;
      results[index] = await askBoth(probe, context, deps);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results.filter((result) => result !== undefined);
}

async function askBoth(probe: Probe, context: CheckContext, deps: ProbeDeps): Promise<Probed> {
  const { name } = probe;
  const { green, blue, abort } = context;
  const answer = await askOnce(probe, addressOf(green), abort, deps);
  const changes = changesOf(probe, answer);
  const status = typeof answer === 'string' ? null : answer.status;
  const address = blue && isSafe(probe.method) ? addressOf(blue) : null;
  if (changes.length === 0 || address === null) return { name, status, changes, shared: [] };
  const known = changesOf(probe, await askOnce(probe, address, abort, deps));
  const isShared = (change: Change) =>
    !isOutage(answer) && known.some((one) => isAlike(one, change));
  return {
    name,
    status,
    changes: changes.filter((change) => !isShared(change)),
    shared: changes.filter(isShared),
  };
}

/** What blue does just the same is no excuse for it. */
function isOutage(answer: Answer | string): boolean {
  return typeof answer === 'string' || answer.status >= 500 || answer.status === 429;
}

function isAlike(one: Change, other: Change): boolean {
  return one.at === other.at && (one.rule ?? one.says) === (other.rule ?? other.says);
}

function changesOf(probe: Probe, answer: Answer | string): Change[] {
  if (typeof answer === 'string') return [{ at: probe.name, says: `gives no answer: ${answer}` }];
  return probe.judge(answer);
}

/** The answer, or why there is none. */
async function askOnce(
  { method, target, headers, body }: Probe,
  address: string | null,
  abort: AbortSignal,
  { timers, patienceMs }: ProbeDeps,
): Promise<Answer | string> {
  if (address === null) return 'there is no address to ask';
  const late = new AbortController();
  const cancel = timers.after(patienceMs, () => late.abort());
  const signal = AbortSignal.any([abort, late.signal]);
  try {
    const request = { url: `${address}${target}`, method, headers, body, signal };
    return await askSteadily(request, { timers });
  } catch (error) {
    const isLate = late.signal.aborted && !abort.aborted;
    return isLate ? `none within ${patienceMs / 1000} s` : causeOf(error);
  } finally {
    cancel();
  }
}
