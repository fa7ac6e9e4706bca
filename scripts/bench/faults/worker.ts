/** One lot of schedules in a process of its own; its result goes to the parent. */
import process from 'node:process';
import { mutants } from '../../../test/statemachine/faults/mutants.ts';
import { installMutant } from '../../../test/statemachine/faults/mutate.ts';

/** What a worker does, as JSON in its first argument. */
export interface FaultsJob {
  schedules: number;
  seed: number;
  isShrunk: boolean;
  /** The name of a safeguard to switch off. */
  mutant: string | null;
}

const job = JSON.parse(process.argv[2] ?? '') as FaultsJob;
const mutant = mutants.find(({ name }) => name === job.mutant);
if (mutant) installMutant(mutant);
// Loaded only now: what is loaded earlier would be without the mutation.
const { search, tellFinding } = await import('../../../test/statemachine/faults/search.ts');
const result = await search(job);
const story = result.finding ? tellFinding(result.finding) : null;
process.send?.({ ...result, story });
