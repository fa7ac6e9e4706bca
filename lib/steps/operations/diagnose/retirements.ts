import type { MadeEnvironment } from '../../../environments/environment.ts';
import type { ReleaseRecord } from '../../../ledger/ledger.ts';
import type { Ports } from '../../ports.ts';
import { retireName } from '../../retire.ts';
import type { SeenExecution } from './observe.ts';

/** What is known of how an environment will be taken away. */
export interface Retirement {
  environmentId: string;
  /** All that was ever begun for it. */
  executions: SeenExecution[];
  isUnderWay: boolean;
  /** The name of another one: an ended one does not start again. Null where no release knows it. */
  nextName: string | null;
}

/** Looks for everything that takes this environment away, or did not manage to. */
export async function seeRetirement(
  environmentId: string,
  environments: readonly MadeEnvironment[],
  releases: readonly ReleaseRecord[],
  ports: Ports,
): Promise<Retirement> {
  const names = namesOf(environmentId, environments, releases);
  const seen = await Promise.all(names.map((name) => seeOne(name, ports)));
  const executions = seen.filter((one) => one !== null);
  const [first] = names;
  let nextName: string | null = null;
  for (let count = 1; first !== undefined && nextName === null; count += 1) {
    // Fits: a release's id leaves room for twenty more of the 80 characters.
    const name = `${first}-${count}`;
    const again = await seeOne(name, ports);
    if (again) executions.push(again);
    else nextName = name;
  }
  const isUnderWay = executions.some(({ status }) => status === 'running');
  return { environmentId, executions, isUnderWay, nextName };
}

/**
 * What releases call the execution that takes this environment away; its maker's comes first. Without
 * an epoch too, as it was called before 0.1.0 was released.
 */
function namesOf(
  environmentId: string,
  environments: readonly MadeEnvironment[],
  releases: readonly ReleaseRecord[],
): string[] {
  const maker = environments.find(({ ref }) => ref.id === environmentId)?.releaseId;
  const names = releases.flatMap(({ releaseId, document }) =>
    (['green', 'blue'] as const).flatMap((side) =>
      document[side]?.id === environmentId || (side === 'green' && releaseId === maker)
        ? [retireName(document, side), `${releaseId}-${side}`]
        : [],
    ),
  );
  const own = names.filter((name) => maker !== undefined && name.startsWith(`${maker}-green`));
  return [...new Set([...own, ...names])];
}

async function seeOne(name: string, { engine }: Ports): Promise<SeenExecution | null> {
  const found = await engine.describe('retire', name);
  return found && { machine: 'retire', name, status: found.status };
}
