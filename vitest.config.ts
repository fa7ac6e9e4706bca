import { defineConfig } from 'vitest/config';

/** The tiers of the testing ladder, in the order in which they run. Later groups wait for earlier ones. */
const tiers: { name: string; group: number; globalSetup?: string[] }[] = [
  { name: 'unit', group: 0 },
  { name: 'contract', group: 0 },
  { name: 'statemachine', group: 0 },
  { name: 'template', group: 1, globalSetup: ['test/template/package-setup.ts'] },
  // Two emulators of AWS run beside these.
  { name: 'cloud', group: 2, globalSetup: ['test/support/emulators-setup.ts'] },
  // The console in a browser, on a conductor with real processes.
  { name: 'browser', group: 3, globalSetup: ['test/support/browser/setup.ts'] },
  // Real processes under real traffic: nothing else should run beside them.
  { name: 'local', group: 4 },
];

export default defineConfig({
  test: {
    pool: 'forks',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: tiers.map(({ name, group, globalSetup = [] }) => ({
      extends: true,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        globalSetup,
        fileParallelism: !['browser', 'local'].includes(name),
        sequence: { groupOrder: group },
      },
    })),
  },
});
