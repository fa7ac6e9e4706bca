import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { pythonTool, whyNoPython } from '../../scripts/cloud/python.ts';
import { configuredWith, packageDirectory, readTemplate } from './packaged.ts';
import { everything } from './role-sets.ts';

const run = promisify(execFile);

/** What cfn-lint may go on about, and why nobody can mend it here. */
const accepted: Record<string, string> = {
  W3005: 'the packaging tool writes DependsOn also where a reference already says so',
};

/** Three Regions of different ages: what one has, another may not. */
const regions = ['us-east-1', 'eu-central-1', 'ap-southeast-4'];

const missing = whyNoPython();

describe('cfn-lint', () => {
  const why = missing ? ` (${missing})` : '';

  it.skipIf(missing)(
    `finds nothing wrong in the packaged templates${why}`,
    async () => {
      const templates = ['create', 'update'].map((kind) =>
        path.join(packageDirectory(), `cloudformation-template-${kind}-stack.json`),
      );

      expect(await lint(templates)).toBe('');
    },
    120_000,
  );

  it.skipIf(missing)(
    `finds nothing wrong in the roles with everything set${why}`,
    async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-lint-'));
      const file = path.join(directory, 'template.json');
      const { resources } = await configuredWith(everything);
      const { Resources } = readTemplate();
      const roles = Object.entries(resources.Resources as unknown as typeof Resources).filter(
        ([, { Type }]) => Type === 'AWS::IAM::Role',
      );
      const withRoles = { ...Resources, ...Object.fromEntries(roles) };
      writeFileSync(file, JSON.stringify({ ...readTemplate(), Resources: withRoles }));

      const said = await lint([file]);
      rmSync(directory, { recursive: true, force: true });

      expect(roles.length).toBeGreaterThan(10);
      expect(said).toBe('');
    },
    120_000,
  );
});

/** What cfn-lint says of templates; empty when it accepts them. */
async function lint(templates: string[]): Promise<string> {
  const options = ['--format', 'parseable', '--regions', ...regions];
  const ignored = ['--ignore-checks', ...Object.keys(accepted)];
  return run(pythonTool('cfn-lint'), [...options, ...ignored, '--', ...templates])
    .then(({ stdout }) => stdout)
    .catch((error: { stdout?: string; message: string }) => error.stdout || error.message);
}
