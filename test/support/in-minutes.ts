import { isoTime } from '../../lib/release/clock.ts';
import type { MetricSource } from '../../lib/signals/signal.ts';

/** A second of the contract suite as a minute of the source: Lambda measures once a minute. */
export function inMinutes(source: MetricSource, startMs: number): MetricSource {
  const stretch = (ms: number) => startMs + (ms - startMs) * 60;
  const shrink = (at: string) => isoTime(startMs + (Date.parse(at) - startMs) / 60);
  return {
    async samples({ environmentIds, fromMs, toMs }) {
      const query = { environmentIds, fromMs: stretch(fromMs), toMs: stretch(toMs) };
      const points = Object.entries(await source.samples(query));
      return Object.fromEntries(
        points.map(([id, those]) => [id, those.map((it) => ({ ...it, at: shrink(it.at) }))]),
      );
    },
  };
}
