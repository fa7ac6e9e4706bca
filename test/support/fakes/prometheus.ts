import type { IncomingHttpHeaders, RequestListener } from 'node:http';

/** An answer in place of the usual one. `drop` breaks the connection. */
export type FakeAnswer =
  | { status: number; headers?: Record<string, string>; body: unknown }
  | { drop: true };

/** A call of the HTTP API. */
export interface FakeCall {
  path: string;
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
}

/**
 * As much of Prometheus' HTTP API as the metric source uses. It does not know PromQL: a query is the name
 * of a series, such as `requests{e="blue"}`.
 */
export interface FakePrometheus {
  listener: RequestListener;
  readonly calls: readonly FakeCall[];
  /** The value of a series at a moment, in milliseconds since the Unix epoch; `NaN` and the like as text. */
  set(series: string, atMs: number, value: number | string): void;
  /** The next range queries are answered with these, one after the other. */
  answerNext(...answers: FakeAnswer[]): void;
  /** All range queries are answered with this, whatever is set. */
  answerAlways(answer: FakeAnswer | null): void;
}

/** @param nowMs The server's clock. */
export function createFakePrometheus(nowMs: () => number): FakePrometheus {
  const series = new Map<string, Map<number, string>>();
  const calls: FakeCall[] = [];
  const queue: FakeAnswer[] = [];
  let always: FakeAnswer | null = null;

  function valuesOf({ query = '', start, end, step }: Record<string, string>): [number, string][] {
    const values: [number, string][] = [];
    for (let at = Number(start); at <= Number(end); at += Number(step)) {
      const value = series.get(query)?.get(at * 1000);
      if (value !== undefined) values.push([at, value]);
    }
    return values;
  }

  function usual(path: string, params: Record<string, string>): FakeAnswer {
    const seconds = nowMs() / 1000;
    if (path === '/api/v1/query') {
      const data = { resultType: 'scalar', result: [seconds, String(seconds)] };
      return { status: 200, body: { status: 'success', data } };
    }
    const special = queue.shift() ?? always;
    if (special) return special;
    const values = valuesOf(params);
    const result = values.length > 0 ? [{ metric: {}, values }] : [];
    return { status: 200, body: { status: 'success', data: { resultType: 'matrix', result } } };
  }

  return {
    calls,
    listener(request, response) {
      const url = new URL(request.url ?? '/', 'http://fake');
      const params = Object.fromEntries(url.searchParams);
      calls.push({ path: url.pathname, params, headers: request.headers });
      const answer = usual(url.pathname, params);
      if ('drop' in answer) return void request.socket.destroy();
      const { status, headers = {}, body } = answer;
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    },
    set(name, atMs, value) {
      const values = series.get(name) ?? new Map<number, string>();
      series.set(name, values.set(atMs, String(value)));
    },
    answerNext(...answers) {
      queue.push(...answers);
    },
    answerAlways(answer) {
      always = answer;
    },
  };
}
