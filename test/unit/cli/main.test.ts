import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../../../cli/main.ts');
const node = ['--disable-warning=ExperimentalWarning', main];

function verdigris(...args: string[]) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [...node, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe('the program', () => {
  it('prints the JSON schema of the platform and ends', async () => {
    const { code, stdout, stderr } = await verdigris('schema');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toHaveProperty('properties.service');
  });

  it('hands its exit code to the shell', async () => {
    const [usage, failure] = await Promise.all([
      verdigris('nothing'),
      verdigris('status', '--url', 'http://127.0.0.1:1'),
    ]);
    expect(usage.code).toBe(2);
    expect(failure.code).toBe(1);
    expect(failure.stderr).toContain('is `verdigris up` running');
  });
});
