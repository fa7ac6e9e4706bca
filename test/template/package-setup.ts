import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import type {} from './packaged.ts'; // declares what is provided

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');

/**
 * Packages the service once for the whole tier, as a user has it who has no AWS account: no
 * credentials, no profile.
 */
export default async function setup({ provide }: TestProject) {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-package-'));
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const build = path.relative(root, path.join(directory, 'build'));
  const own = { HOME: directory, TMPDIR: directory, VERDIGRIS_BUILD_FOLDER: build };
  const env = { ...Object.fromEntries(kept), ...own };
  const cli = path.join(root, 'node_modules/.bin/serverless');
  try {
    await run(cli, ['package', '--package', directory], { cwd: root, env });
    provide('packaged', directory);
  } catch (error) {
    // The tests say so; the tier's other tests do not need it.
    provide('packaged', `not packaged: ${String(error)}`);
  }
  return () => rmSync(directory, { recursive: true, force: true });
}
