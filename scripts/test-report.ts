import path from 'node:path';

/** How many tests of one tier went how. */
export interface Count {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
}

/** What we read of vitest's JSON report. */
export interface Report {
  testResults: {
    /** The file's absolute path. */
    name: string;
    status: string;
    assertionResults: { status: string }[];
  }[];
}

type Verdict = 'passed' | 'failed' | 'skipped';

/** A file that could not even be loaded has no tests to fail: it counts as one. */
function verdictsOf({ status, assertionResults }: Report['testResults'][number]): Verdict[] {
  const verdicts = assertionResults.map(({ status: word }): Verdict => {
    if (word === 'passed' || word === 'failed') return word;
    return 'skipped';
  });
  return status === 'failed' && !verdicts.includes('failed') ? [...verdicts, 'failed'] : verdicts;
}

/** The tests of each tier, in the order of their first files. Tier: the folder below `testRoot`. */
export function readTiers(report: Report, testRoot: string, exitCode: number): Count[] {
  const counts = new Map<string, Count>();
  for (const file of report.testResults) {
    const name = path.relative(testRoot, file.name).split(path.sep)[0] ?? 'unknown';
    const count = counts.get(name) ?? { name, passed: 0, failed: 0, skipped: 0 };
    counts.set(name, count);
    for (const verdict of verdictsOf(file)) count[verdict] += 1;
  }
  const tiers = [...counts.values()];
  const hasSaidWhy = exitCode === 0 || tiers.some((count) => count.failed > 0);
  return hasSaidWhy ? tiers : [...tiers, { name: 'vitest', passed: 0, failed: 1, skipped: 0 }];
}

/** All of them together. */
export function sum(counts: Count[]): Omit<Count, 'name'> {
  return counts.reduce(
    (total, count) => ({
      passed: total.passed + count.passed,
      failed: total.failed + count.failed,
      skipped: total.skipped + count.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}
