import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
const because = missing ? ` (${missing})` : '';
const root = path.join(import.meta.dirname, '../..');

/** What cfn-lint says of these files; nothing when they are in order. */
async function lint(templates: string[], ignored: string[] = []): Promise<string> {
  const options = ['--format', 'parseable', '--regions', ...regions];
  const ignore = ignored.length > 0 ? ['--ignore-checks', ...ignored] : [];
  return run(pythonTool('cfn-lint'), [...options, ...ignore, '--', ...templates])
    .then(({ stdout }) => stdout)
    .catch((error: { stdout?: string; message: string }) => error.stdout || error.message);
}

describe('cfn-lint', () => {
  it.skipIf(missing)(
    `finds nothing wrong in the packaged templates${because}`,
    async () => {
      const templates = ['create', 'update'].map((kind) =>
        path.join(packageDirectory(), `cloudformation-template-${kind}-stack.json`),
      );

      expect(await lint(templates, Object.keys(accepted))).toBe('');
    },
    120_000,
  );

  it.skipIf(missing)(
    `finds nothing wrong in the roles with everything set${because}`,
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

      const said = await lint([file], Object.keys(accepted));
      rmSync(directory, { recursive: true, force: true });

      expect(roles.length).toBeGreaterThan(10);
      expect(said).toBe('');
    },
    120_000,
  );

  it.skipIf(missing)(
    `finds nothing wrong in the templates of the examples${because}`,
    async () => {
      const templates = globSync('examples/{*,*/*}/template.yml', { cwd: root });

      expect(templates.length).toBeGreaterThan(1);
      expect(await lint(templates.map((file) => path.join(root, file)))).toBe('');
    },
    60_000,
  );
});
