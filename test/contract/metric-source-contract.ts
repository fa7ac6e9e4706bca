import { afterEach, describe, expect, it } from 'vitest';
import type { MetricSource } from '../../lib/signals/signal.ts';

/** A metric source for one service without data. */
export interface MetricSourceSubject {
  source: MetricSource;
  /**
   * Lets this many requests be answered in one second that begins at `startMs + second * 1000`;
   * `errors` of them fail, each takes `latencyMs`. Calls come with rising seconds.
   */
  serve(
    environmentId: string,
    second: number,
    traffic: { requests: number; errors: number; latencyMs: number },
  ): Promise<void>;
  /** Beginning of second 0, in milliseconds since the Unix epoch. */
  startMs: number;
  stop(): Promise<void>;
}

/** What every metric source keeps. */
export function metricSourceContract(
  name: string,
  makeSubject: () => Promise<MetricSourceSubject>,
): void {
  describe(`metric source contract: ${name}`, () => {
    let stop: () => Promise<void> = async () => {};
    afterEach(() => stop());
    async function prepare() {
      const subject = await makeSubject();
      stop = subject.stop;
      const { source, startMs } = subject;
      const look = (environmentIds: string[], fromSecond: number, toSecond: number) =>
        source.samples({
          environmentIds,
          fromMs: startMs + fromSecond * 1000,
          toMs: startMs + toSecond * 1000,
        });
      return { ...subject, look };
    }

    it('has an empty list for an environment without data', async () => {
      const { look } = await prepare();
      expect(await look(['blue', 'green'], 0, 60)).toEqual({ blue: [], green: [] });
    });

    it('counts requests, errors and latencies per environment', async () => {
      const { look, serve } = await prepare();
      await serve('blue', 1, { requests: 50, errors: 2, latencyMs: 20 });
      await serve('green', 2, { requests: 40, errors: 0, latencyMs: 80 });
      const { blue = [], green = [] } = await look(['blue', 'green'], 0, 60);
      const sum = (points: typeof blue, key: 'requests' | 'errors') =>
        points.reduce((total, point) => total + point[key], 0);
      expect([sum(blue, 'requests'), sum(blue, 'errors')]).toEqual([50, 2]);
      expect([sum(green, 'requests'), sum(green, 'errors')]).toEqual([40, 0]);
      const withLatency = blue.find((point) => point.latencyMs !== null);
      expect(withLatency?.latencyMs?.p50).toBeGreaterThan(19.5);
      expect(withLatency?.latencyMs?.p99).toBeLessThan(20.5);
    });

    it('gives points oldest first, and latency with requests only', async () => {
      const { look, serve } = await prepare();
      for (const second of [1, 3, 5]) {
        await serve('blue', second, { requests: 5, errors: 0, latencyMs: 10 });
      }
      const { blue = [] } = await look(['blue'], 0, 60);
      expect(blue.map((point) => point.at)).toEqual(blue.map((point) => point.at).toSorted());
      for (const point of blue) expect(point.latencyMs === null).toBe(point.requests === 0);
      expect(blue.every((point) => point.periodSeconds > 0)).toBe(true);
    });

    it('gives only points that begin in the time asked for, and only those asked for', async () => {
      const { look, serve, startMs } = await prepare();
      for (const second of [1, 2, 3, 4]) {
        await serve('blue', second, { requests: 5, errors: 0, latencyMs: 10 });
      }
      const answer = await look(['blue'], 2, 4);
      expect(Object.keys(answer)).toEqual(['blue']);
      const seconds = answer.blue?.map((point) => (Date.parse(point.at) - startMs) / 1000);
      expect(seconds?.every((second) => second >= 2 && second < 4)).toBe(true);
      expect(seconds?.length).toBeGreaterThan(0);
    });
  });
}
