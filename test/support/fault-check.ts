import type { Check, CheckContext } from '../../lib/checks/check.ts';
import { type CheckDeps, createCheck } from '../../lib/checks/index.ts';
import type { EnvironmentRef } from '../../lib/release/document.ts';
import { type Fault, readFaults } from '../../scripts/demo-checks/faults.ts';
import { readChecks } from '../../scripts/demo-checks/manifest.ts';
import { realTimers } from '../unit/environments/process-harness.ts';
import { checkContext } from './check-context.ts';
import type { RunningShop } from './faulty.ts';

/** The faults that a kind of check has to catch. @throws Error when there are none. */
export function faultsOf(kind: string): Fault[] {
  const found = readFaults().filter((fault) => fault.kind === kind);
  if (found.length === 0) throw new Error(`there are no faults for ${kind}`);
  return found;
}

/** The check of this name, as `examples/faulty/checks` has it. */
export async function shopCheck(name: string, deps: Partial<CheckDeps> = {}): Promise<Check> {
  const found = readChecks().find((it) => (it.name ?? it.kind) === name);
  if (!found) throw new Error(`no list of checks has ${name}`);
  return createCheck(found, { timers: realTimers, ...deps });
}

/** A running version of the shop as the conductor knows it. */
export function refOf({ environment, version, address }: RunningShop): EnvironmentRef {
  return { id: environment, kind: 'process', version, address, attributes: {} };
}

/** The two versions. */
export interface Sides {
  green: RunningShop;
  blue: RunningShop;
}

/** A verdict on `green` beside `blue`, however often the check has to be asked. */
export async function verdictOn(
  check: Check,
  { green, blue, ...around }: Sides & Omit<Partial<CheckContext>, keyof Sides>,
) {
  const context = checkContext({ ...around, green: refOf(green), blue: refOf(blue) });
  for (let looks = 0; looks < 100; looks += 1) {
    const answer = await check.run(context);
    if (answer.verdict !== 'pending') return answer;
    await new Promise((resolve) => setTimeout(resolve, answer.retryAfterSeconds * 1000));
  }
  throw new Error('no verdict after a hundred looks');
}
