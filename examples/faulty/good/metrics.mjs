/** Counts what is answered, and tells it in the text format of Prometheus. */
import { config } from './config.mjs';

const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** By method and route: `{requests, errors, sumSeconds, buckets}`. */
const series = new Map();

const seriesOf = (method, route) => {
  const key = `${method} ${route}`;
  const known = series.get(key);
  if (known) return known;
  const buckets = bucketsSeconds.map(() => 0);
  const fresh = { method, route, requests: 0, errors: 0, sumSeconds: 0, buckets };
  series.set(key, fresh);
  return fresh;
};

/** One request that was answered; `route` is the pattern, not the path. */
export function measure({ method, route, status, durationMs }) {
  const it = seriesOf(method, route);
  const seconds = durationMs / 1000;
  it.requests += 1;
  it.errors += status >= 500 ? 1 : 0;
  it.sumSeconds += seconds;
  bucketsSeconds.forEach((bound, index) => {
    if (seconds <= bound) it.buckets[index] += 1;
  });
}

const quoted = (value) =>
  `"${String(value).replace(/[\\"\n]/g, (it) => (it === '\n' ? '\\n' : `\\${it}`))}"`;

const labels = (facts) => {
  const { environment, version } = config;
  const pairs = Object.entries({ environment, version, ...facts });
  return `{${pairs.map(([name, value]) => `${name}=${quoted(value)}`).join(',')}}`;
};

const counter = (name, help, countOf) => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} counter`,
  ...[...series.values()].map((it) => `${name}${labels(routeOf(it))} ${countOf(it)}`),
];

const histogram = (name, help) => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} histogram`,
  ...[...series.values()].flatMap((it) => [
    ...it.buckets.map(
      (n, i) => `${name}_bucket${labels({ ...routeOf(it), le: bucketsSeconds[i] })} ${n}`,
    ),
    `${name}_bucket${labels({ ...routeOf(it), le: '+Inf' })} ${it.requests}`,
    `${name}_sum${labels(routeOf(it))} ${it.sumSeconds}`,
    `${name}_count${labels(routeOf(it))} ${it.requests}`,
  ]),
];

const routeOf = ({ method, route }) => ({ method, route });

/** `GET /metrics` */
export async function showMetrics() {
  const lines = [
    ...counter('http_requests_total', 'Requests that were answered.', (it) => it.requests),
    ...counter(
      'http_request_errors_total',
      'Answers with a status of 500 or more.',
      (it) => it.errors,
    ),
    ...histogram('http_request_duration_seconds', 'Time until the whole answer was sent.'),
  ];
  const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
  return {
    status: 200,
    headers: { ...headers, 'cache-control': 'no-store' },
    body: `${lines.join('\n')}\n`,
  };
}
