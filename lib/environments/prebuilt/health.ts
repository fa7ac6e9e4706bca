import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';

/** What is handed over is up already, so a few looks are enough: 14 s in all at the very most. */
const looks = 5;
const pauseMs = 1000;
const answerMs = 2000;

/** Asks a URL until it answers 2xx, a few times. Null when it did, else why not. Never throws. */
export async function healthOf(url: string, timers: Timers): Promise<string | null> {
  let reason: string | null = null;
  for (let look = 1; look <= looks; look += 1) {
    if (look > 1) await new Promise<void>((resolve) => timers.after(pauseMs, resolve));
    reason = await askOnce(url, timers);
    if (reason === null) return null;
  }
  return `${url} ${reason} (${looks} looks); hand an environment over once it is up`;
}

async function askOnce(url: string, timers: Timers): Promise<string | null> {
  const abort = new AbortController();
  const cancel = timers.after(answerMs, () => abort.abort());
  try {
    const response = await fetch(url, { redirect: 'manual', signal: abort.signal });
    await response.body?.cancel();
    return response.ok ? null : `answered ${response.status}`;
  } catch (error) {
    if (abort.signal.aborted) return `gave no answer within ${answerMs / 1000} s`;
    return `gave no answer: ${causeOf(error)}`;
  } finally {
    cancel();
  }
}

/** What fetch says itself is "fetch failed"; why is in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause === undefined) return messageOf(error);
  return messageOf(cause) || String((cause as NodeJS.ErrnoException).code);
}
