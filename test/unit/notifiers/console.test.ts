import { describe, expect, it } from 'vitest';
import { createNotifier, type NotifierDeps } from '../../../lib/notifiers/index.ts';
import type { ReleaseEvent } from '../../../lib/release/events.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { releaseFacts } from '../../support/release-facts.ts';

const event: ReleaseEvent = {
  id: 'r1#completed',
  type: 'Completed',
  releaseId: 'r1',
  service: 'shop',
  at: '2026-01-02T03:04:05.678Z',
  by: 'conductor',
  summary: 'shop-2-abc is live',
  data: {},
};

async function linesOf(sent: ReleaseEvent, deps: Partial<NotifierDeps> = {}): Promise<string[]> {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const notifier = await createNotifier({ kind: 'console' }, { write, log: silentLogger, ...deps });
  await notifier.send(sent, releaseFacts());
  return lines;
}

describe('the console notifier', () => {
  it('writes time, service, release, type and summary in one plain line', async () => {
    expect(await linesOf(event)).toEqual([
      '2026-01-02T03:04:05.678Z shop r1 Completed: shop-2-abc is live',
    ]);
  });

  it('leaves out the release of what belongs to none', async () => {
    expect(await linesOf({ ...event, releaseId: null })).toEqual([
      '2026-01-02T03:04:05.678Z shop Completed: shop-2-abc is live',
    ]);
  });

  it('says nothing of inner events', async () => {
    expect(await linesOf({ ...event, type: 'Verdict' })).toEqual([]);
  });

  it('uses colours only when told', async () => {
    const [line] = await linesOf(event, { hasColour: true });
    expect(line).toContain('\u001b[32mCompleted\u001b[39m');
  });

  it('lets no line break and no escape sequence of a summary through', async () => {
    const [line] = await linesOf({ ...event, summary: 'failed:\n\u001b[2Jgone\r\u0007' });
    expect(line).toBe('2026-01-02T03:04:05.678Z shop r1 Completed: failed: [2Jgone');
  });

  it('does not throw when the terminal is gone, but logs it', async () => {
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
    const write = () => {
      throw new Error('EPIPE');
    };
    expect(await linesOf(event, { write, log })).toEqual([]);
    expect(warnings).toHaveLength(1);
  });

  it('is not there on a platform without a terminal', async () => {
    const refused = { name: 'KindUnavailableError' };
    const log = silentLogger;
    await expect(createNotifier({ kind: 'console' }, { log })).rejects.toMatchObject(refused);
    await expect(createNotifier({ kind: 'consol' }, { log })).rejects.toMatchObject(refused);
  });
});
