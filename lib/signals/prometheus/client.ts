import { z } from 'zod';
import type { Clock, Timers } from '../../release/clock.ts';
import { isNamed, messageOf, VerdigrisError } from '../../release/errors.ts';
import { isAnySecret, type Secrets } from '../../secrets/secrets.ts';
import type { PrometheusAuth } from '../prometheus.ts';
import { type Attempt, invalid, read, strange } from './answer.ts';

/** What a client of Prometheus works with. */
export interface PrometheusClientDeps {
  fetch: typeof fetch;
  clock: Clock;
  timers: Timers;
  /** Absent on a platform without secrets. */
  secrets?: Secrets | undefined;
}

/** Values of one series by time, in milliseconds since the Unix epoch by the server's clock. */
export type Values = ReadonlyMap<number, number>;

/** One range query. Times are milliseconds by the server's clock, both inclusive. */
export interface RangeQuery {
  /** What is asked, for messages: `queries.requests`. */
  name: string;
  query: string;
  startMs: number;
  endMs: number;
  stepSeconds: number;
}

/** As much of Prometheus' HTTP API as metrics need (prometheus.io/docs/prometheus/latest/querying/api/). */
export interface PrometheusClient {
  /**
   * How far its clock is ahead of ours, in milliseconds; 0 where the two may well agree.
   * @throws as {@link PrometheusClient.range}
   */
  aheadMs(): Promise<number>;
  /**
   * The one series that a query gives; no values where it gives none.
   * @throws ConfigInvalidError for what is the manifest's fault for sure, with Prometheus' own words.
   * @throws ThrottledError, SignalUnavailableError when there was no answer in time.
   */
  range(query: RangeQuery): Promise<Values>;
}

/** Where to ask, as whom, and until when, in milliseconds since the epoch: everything together. */
export interface PrometheusServer {
  url: string;
  auth?: PrometheusAuth | undefined;
  deadlineMs: number;
}

/** One call is given this long, in milliseconds: another one may find a server that answers. */
const longestCallMs = 8000;
/** Waits between attempts double from here, in seconds, and never exceed the second. */
const firstWaitSeconds = 0.25;
const longestWaitSeconds = 4;
/** No answer of 10,000 values is longer. */
const longestAnswerBytes = 8 * 1024 * 1024;
/** Clocks that differ by less are taken to agree. */
const toleranceMs = 1000;

/** A client for one look: all its calls share a deadline. */
export function createPrometheusClient(
  server: PrometheusServer,
  deps: PrometheusClientDeps,
): PrometheusClient {
  const { clock } = deps;
  async function ask(path: string, params: Record<string, string>, name: string): Promise<unknown> {
    const address = `${server.url.replace(/\/+$/, '')}/api/v1/${path}`;
    return repeatedly(`${address}?${new URLSearchParams(params)}`, name, server, deps);
  }
  return {
    async aheadMs() {
      const sentMs = clock.now();
      const { data } = instantAnswer.safeParse(await ask('query', { query: 'time()' }, 'time()'));
      if (!data) throw strange('time()', 'what came is no answer to a query');
      const theirsMs = data.data.result[0] * 1000;
      if (theirsMs < sentMs - toleranceMs) return Math.round(theirsMs - sentMs);
      const receivedMs = clock.now();
      return theirsMs > receivedMs + toleranceMs ? Math.round(theirsMs - receivedMs) : 0;
    },
    async range({ name, query, startMs, endMs, stepSeconds }) {
      const params = {
        query,
        start: String(startMs / 1000),
        end: String(endMs / 1000),
        step: String(stepSeconds),
      };
      return valuesOf(await ask('query_range', params, name), name);
    },
  };
}

const instantAnswer = z.object({
  data: z.object({ result: z.tuple([z.number(), z.string()]) }),
});

const rangeAnswer = z.object({
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])).optional(),
      }),
    ),
  }),
});

/** @throws ConfigInvalidError where it is not exactly one series of plain numbers. */
function valuesOf(answer: unknown, name: string): Values {
  const { data, error } = rangeAnswer.safeParse(answer);
  if (error) throw strange(name, 'what came is no answer to a range query');
  const [series, ...others] = data.data.result;
  if (!series) return new Map();
  if (others.length > 0) {
    const labels = Object.keys(series.metric).join(', ') || 'none';
    const reason = `gives ${others.length + 1} series and has to give one: put sum(…) around it, or max(…) for a latency (their labels: ${labels})`;
    throw invalid(name, reason);
  }
  if (!series.values) throw invalid(name, 'gives histograms and has to give numbers');
  return new Map(series.values.map(([seconds, value]) => [Math.round(seconds * 1000), +value]));
}

/** Backs off until something comes that another attempt would not change, or time is up. */
async function repeatedly(
  url: string,
  name: string,
  server: PrometheusServer,
  deps: PrometheusClientDeps,
): Promise<unknown> {
  let waitSeconds = firstWaitSeconds;
  for (;;) {
    const attempt = await tryOnce(url, name, server, deps);
    if ('answer' in attempt) return attempt.answer;
    // Who asks for no patience gets it all the same; who asks for more than is left is let alone.
    const seconds = Math.max(attempt.askedSeconds ?? 0, waitSeconds);
    const isLate = deps.clock.now() + seconds * 1000 >= server.deadlineMs;
    if (isLate) throw attempt.problem;
    await new Promise<void>((resolve) => void deps.timers.after(seconds * 1000, resolve));
    waitSeconds = Math.min(waitSeconds * 2, longestWaitSeconds);
  }
}

async function tryOnce(
  url: string,
  name: string,
  server: PrometheusServer,
  deps: PrometheusClientDeps,
): Promise<Attempt> {
  try {
    const response = await authorized(server.auth, deps, (authorization) =>
      deps.fetch(url, {
        headers: { Accept: 'application/json', ...authorization },
        // It would take the secret elsewhere.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeLeft(server, deps.clock)),
      }),
    );
    return read(response, await textOf(response), name);
  } catch (cause) {
    return { problem: problemOf(cause), askedSeconds: null };
  }
}

/** @throws what no other attempt mends */
function problemOf(cause: unknown): VerdigrisError {
  const isForLater = isNamed(cause, 'SecretUnavailableError');
  if (cause instanceof VerdigrisError && !isForLater) throw cause;
  const message = isForLater
    ? `the secret of metrics.auth cannot be read: ${cause.message}`
    : `Prometheus does not answer: ${causeOf(cause)}`;
  return new VerdigrisError('SignalUnavailableError', message, { cause });
}

function timeLeft({ deadlineMs }: PrometheusServer, clock: Clock): number {
  return Math.max(1, Math.min(longestCallMs, deadlineMs - clock.now()));
}

type Send = (headers: Record<string, string>) => Promise<Response>;

/** Sends as whom the manifest says; while a secret is being rotated, as either. */
async function authorized(
  auth: PrometheusAuth | undefined,
  deps: Pick<PrometheusClientDeps, 'secrets'>,
  send: Send,
): Promise<Response> {
  if (!auth) return send({});
  // Only now: a platform may have none, which matters to nobody else.
  const { secrets } = deps;
  if (!secrets) {
    const message = 'metrics.auth names a secret, and there are no secrets on this platform';
    throw new VerdigrisError('ConfigInvalidError', message);
  }
  const { bearer, basic } = auth;
  const name = bearer?.secret ?? basic?.secret ?? '';
  let response: Response | undefined;
  await isAnySecret(secrets, name, async (value) => {
    const pair = Buffer.from(`${basic?.user}:${value}`).toString('base64');
    response = await send({ Authorization: bearer ? `Bearer ${value}` : `Basic ${pair}` });
    return response.status !== 401 && response.status !== 403;
  });
  if (!response) throw new VerdigrisError('ConfigInvalidError', `the secret "${name}" is empty`);
  return response;
}

/** @throws Error where it is longer than any answer should be. */
async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > longestAnswerBytes) throw new Error(`more than ${longestAnswerBytes} bytes came`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** What `fetch` keeps in a cause: `connect ECONNREFUSED 127.0.0.1:9090`. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return messageOf(cause instanceof Error && cause.message ? cause : error);
}
