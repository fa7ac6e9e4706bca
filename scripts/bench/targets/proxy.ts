// The local proxy in its own process, for scripts/bench/proxy.ts. Its arguments are a directory and
// the addresses of blue and green. Tells its port to its parent, flips its route on every message,
// and answers with the requests that it failed itself so far.
import { randomUUID } from 'node:crypto';
import { silentLogger } from '../../../lib/release/logger.ts';
import { createLocalProxy } from '../../../lib/routers/local-proxy/proxy.ts';
import { createLocalMetrics } from '../../../lib/signals/local-metrics/metrics.ts';

const [directory = '', blue = '', green = ''] = process.argv.slice(2);
const clock = { now: () => Date.now() };
const metrics = createLocalMetrics({ clock });
const proxy = createLocalProxy({
  clock,
  timers: {
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  },
  ids: { next: () => randomUUID() },
  log: silentLogger,
  directory,
  onRequest: (request) => metrics.record(request),
});
const binding = {
  address: '127.0.0.1',
  port: 0,
  host: null,
  drainSeconds: 10,
  timeoutSeconds: 30,
  stickyCookie: null,
  previewHeader: null,
  remember: null,
};

async function route(side: 'blue' | 'green'): Promise<void> {
  await proxy.change('bench', binding, {
    expected: proxy.read('bench'),
    weights: { [side]: 100 },
    addresses: { blue, green },
    deadlineMs: Number.POSITIVE_INFINITY,
  });
}

await route('blue');
process.send?.({ port: proxy.portOf('bench') });
process.on('message', async () => {
  await route(proxy.read('bench').weights.blue === 100 ? 'green' : 'blue');
  const totals = Object.values(metrics.totals('bench'));
  process.send?.({
    failed: totals.reduce((sum, { errors, bySwitch }) => sum + errors + bySwitch, 0),
  });
});
process.on('disconnect', () => process.exit());
