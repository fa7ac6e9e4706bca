import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createWorkplace } from '../demo/storefront.ts';
import { end } from './children.ts';
import type { BenchOptions, Measurement } from './row.ts';

const budgetMb = 120;
const cli = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** The resident memory of `verdigris up` with one service and nothing to do. Needs Linux's /proc. */
export async function measureMemory({ isQuick }: BenchOptions): Promise<Measurement> {
  const idleSeconds = isQuick ? 1 : 5;
  const place = await createWorkplace();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', cli, 'up', '--json', '--config', place.configPath],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const gone = once(child, 'exit').then(([code]) => {
      throw new Error(`verdigris up ended with ${code}`);
    });
    await Promise.race([once(child.stdout, 'data'), gone]);
    gone.catch(() => {});
    await sleep(idleSeconds * 1000);
    const megabytes = residentMegabytes(child.pid);
    if (megabytes === null) throw new Error(`/proc/${child.pid}/status does not say VmRSS`);
    return {
      what: 'Node.js process for `verdigris up`, idle',
      measured: `${megabytes} MB RSS`,
      budget: `≤ ${budgetMb} MB`,
      isMet: megabytes <= budgetMb,
      figures: { megabytes, idleSeconds },
    };
  } finally {
    await end(child);
    place.remove();
  }
}

/** The resident memory of a process, in megabytes; null where there is no /proc, or no such process. */
export function residentMegabytes(pid: number | undefined): number | null {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return null;
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(file, 'utf8'))?.[1];
  return kilobytes === undefined ? null : Math.round((Number(kilobytes) * 1024) / 1e5) / 10;
}
