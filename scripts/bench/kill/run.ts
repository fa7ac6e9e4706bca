import { messageOf } from '../../../lib/release/errors.ts';
import { type KillResult, killOnce } from './kill-once.ts';
import { drawPlan } from './plan.ts';
import { type KillReport, summarize, type Violation } from './report.ts';
import { closeStage, dropStage, openStage, type Stage } from './stage.ts';

/** What is to be run, and who hears how far it is. */
export interface RunOptions {
  kills: number;
  seed: number;
  onProgress?: (done: number, violations: number) => void;
}

/** After so many violations there is enough to find out. */
const mostViolations = 10;

/**
 * Kills a conductor as often as asked, one release after the other on the same data folder. After a
 * violation it goes on in a new one, so that the next kill is not blamed for it. Needs Linux's /proc.
 */
export async function run({ kills, seed, onProgress }: RunOptions): Promise<KillReport> {
  const at = new Date().toISOString();
  const startedAt = performance.now();
  const results: KillResult[] = [];
  const closing: Violation[] = [];
  const silencesMs: number[] = [];
  let stage: Stage | null = null;
  try {
    for (let i = 0; i < kills; i += 1) {
      stage ??= await openStage();
      const result = await killOnce(stage, drawPlan(seed + i));
      results.push(result);
      if (result.problems.length > 0) {
        silencesMs.push(...stage.visitors.silencesMs());
        await dropStage(stage);
        stage = null;
      }
      const violations = results.filter(({ problems }) => problems.length > 0).length;
      onProgress?.(i + 1, violations);
      if (violations >= mostViolations) break;
    }
    if (stage) {
      const problems = await close(stage);
      silencesMs.push(...stage.visitors.silencesMs());
      if (problems.length > 0) closing.push({ seed: null, what: problems, story: [] });
      stage = null;
    }
  } finally {
    if (stage) await dropStage(stage);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return summarize(results, { at, seed, seconds, silencesMs, closing });
}

async function close(stage: Stage): Promise<string[]> {
  try {
    return await closeStage(stage);
  } catch (error) {
    await dropStage(stage);
    return [messageOf(error)];
  }
}
