import { createHash } from 'node:crypto';
import type { Timers } from '../../release/clock.ts';
import type { CheckContext } from '../check.ts';
import { addressOf, askSteadily, causeOf } from '../requests.ts';

/** What was sent to green, and came back. */
export interface Traffic {
  /** 32 hex digits, in every request. */
  traceId: string;
  sent: number;
  /** Answers of whatever status. */
  answered: number;
  /** Why the others got none, in words, each once. */
  problems: string[];
  /** Answers whose own header has the trace id. */
  traced: number;
}

interface Wanted {
  paths: readonly string[];
  header: string;
}

/** Reads some paths of green, in a trace that is the same for all looks of a release. */
export async function sendTraffic(
  { paths, header }: Wanted,
  context: CheckContext,
  timers: Timers,
): Promise<Traffic> {
  const { green, releaseId, abort: signal } = context;
  const [traceId, spanId] = idsOf(`${releaseId ?? ''} ${green.id}`);
  const headers = { [header]: `00-${traceId}-${spanId}-01` };
  const address = addressOf(green);
  const traffic: Traffic = { traceId, sent: 0, answered: 0, problems: [], traced: 0 };
  for (const path of address === null ? [] : paths) {
    traffic.sent += 1;
    try {
      const url = `${address}${path}`;
      const answer = await askSteadily({ url, headers, signal }, { timers });
      traffic.answered += 1;
      if (answer.headers.get(header)?.includes(traceId)) traffic.traced += 1;
    } catch (error) {
      const problem = causeOf(error);
      if (!traffic.problems.includes(problem)) traffic.problems.push(problem);
    }
  }
  return traffic;
}

/** A trace id and a span id, of which W3C Trace Context wants neither to be all zeros. */
function idsOf(text: string): [string, string] {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 32), hex.slice(32, 48)];
}
