import type { Clock, Timers } from '../release/clock.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import type { JsonObject } from '../release/json.ts';
import type { Secrets } from '../secrets/secrets.ts';

/** What a notifier that speaks HTTP works with. */
export interface PostDeps {
  fetch: typeof fetch;
  clock: Clock;
  timers: Timers;
}

/** What a notifier needs that calls somebody else's API with a secret of its own. */
export interface OutboundDeps extends PostDeps {
  secrets: Secrets;
}

/**
 * The same of a platform's deps, where each may be absent.
 * @throws KindUnavailableError when one is.
 */
export function outboundOf(kind: string, deps: Partial<OutboundDeps>): OutboundDeps {
  const { fetch, clock, timers, secrets } = deps;
  if (fetch && clock && timers && secrets) return { fetch, clock, timers, secrets };
  const message = `notifier kind "${kind}" needs secrets and a way out, which this platform lacks`;
  throw new VerdigrisError('KindUnavailableError', message);
}

/** A notifier is given this long for one event, in milliseconds, all its calls together. */
export const patienceMs = 5000;

/** One call. */
export interface PostRequest {
  url: string;
  headers?: Record<string, string>;
  body: JsonObject;
  /** Milliseconds since the epoch: nothing is begun, waited for or read after it. */
  deadlineMs: number;
  /** Whether doing it twice is doing it once: then a broken answer is worth another try, too. */
  isRepeatable: boolean;
}

/** What came back, or why nothing did. The body is what was parsed, or the text where it is no JSON. */
export type Posted = { status: number; body: unknown } | { problem: string };

/** Where the other side does not say how long to wait, in seconds. */
const defaultWaitSeconds = 1;

/**
 * Posts JSON. A 429 is repeated after the time that `Retry-After` asks for (RFC 9110, section 10.2.3,
 * in seconds), as long as that is before the deadline; so is a failure, where the call may be repeated.
 * Never throws.
 */
export async function postJson(request: PostRequest, deps: PostDeps): Promise<Posted> {
  const { clock, timers } = deps;
  for (;;) {
    const { answer, waitSeconds } = await postOnce(request, deps);
    if (waitSeconds === null) return answer;
    if (clock.now() + waitSeconds * 1000 >= request.deadlineMs)
      return impatient(answer, waitSeconds);
    await new Promise<void>((resolve) => void timers.after(waitSeconds * 1000, resolve));
  }
}

interface Attempt {
  answer: Posted;
  /** How long to wait before the next one, or null for none. */
  waitSeconds: number | null;
}

async function postOnce(request: PostRequest, { fetch, clock }: PostDeps): Promise<Attempt> {
  const { url, headers, body, deadlineMs, isRepeatable } = request;
  const orNever = isRepeatable ? defaultWaitSeconds : null;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(Math.max(1, deadlineMs - clock.now())),
    });
    const answer = { status: response.status, body: parse(await firstOf(response)) };
    if (response.status === 429) return { answer, waitSeconds: retryAfter(response) };
    return { answer, waitSeconds: response.status >= 500 ? orNever : null };
  } catch (error) {
    return { answer: { problem: messageOf(error) }, waitSeconds: orNever };
  }
}

/** No answer that tells us anything is longer; whoever answers may be anybody that a manifest names. */
const longestAnswerBytes = 64 * 1024;

/** The beginning of a body. The rest is not read. */
async function firstOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  // Leaving the loop cancels the body.
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (bytes >= longestAnswerBytes) break;
  }
  return text;
}

function retryAfter({ headers }: Response): number {
  const asked = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(asked) ? Number(asked) : defaultWaitSeconds;
}

function impatient(answer: Posted, waitSeconds: number): Posted {
  if ('problem' in answer) return answer;
  const { status } = answer;
  return {
    problem: `HTTP ${status}, and ${waitSeconds} s of waiting were more than there was time for`,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
}
