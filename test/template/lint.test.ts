import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { pythonTool, whyNoPython } from '../../scripts/cloud/python.ts';
import { packageDirectory } from './packaged.ts';

const run = promisify(execFile);

/** What cfn-lint may go on about, and why nobody can mend it here. */
const accepted: Record<string, string> = {
  W3005: 'the packaging tool writes DependsOn also where a reference already says so',
};

/** Three Regions of different ages: what one has, another may not. */
const regions = ['us-east-1', 'eu-central-1', 'ap-southeast-4'];

const missing = whyNoPython();

describe('cfn-lint', () => {
  it.skipIf(missing)(
    `finds nothing wrong in the packaged templates${missing ? ` (${missing})` : ''}`,
    async () => {
      const templates = ['create', 'update'].map((kind) =>
        path.join(packageDirectory(), `cloudformation-template-${kind}-stack.json`),
      );
      const options = ['--format', 'parseable', '--regions', ...regions];
      const ignored = ['--ignore-checks', ...Object.keys(accepted)];

      const said = await run(pythonTool('cfn-lint'), [...options, ...ignored, '--', ...templates])
        .then(({ stdout }) => stdout)
        .catch((error: { stdout?: string; message: string }) => error.stdout || error.message);

      expect(said).toBe('');
    },
    120_000,
  );
});
