import type { TestProject } from 'vitest/node';
import { packageService } from '../../scripts/cloud/stack.ts';
import type {} from './packaged.ts'; // declares what is provided

/** Packages the service once for the whole tier, with nothing but its defaults. */
export default async function setup({ provide }: TestProject) {
  try {
    const { directory, remove } = await packageService([]);
    provide('packaged', directory);
    return remove;
  } catch (error) {
    // The tests say so; the tier's other tests do not need it.
    provide('packaged', `not packaged: ${String(error)}`);
    return undefined;
  }
}
