import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../support/api-server.ts';
import { createCommandLine } from '../../support/command-line.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

async function run(...args: string[]) {
  const { verdigris, output } = createCommandLine(api.url);
  const code = await verdigris('token', ...args);
  return { code, ...output };
}

describe('verdigris token', () => {
  it('makes one and prints it alone on its first line', async () => {
    const args = ['--role', 'releaser', '--service', 'storefront', '--service', 'checkout'];
    const { code, stdout } = await run('create', 'ci', ...args, '--expires', '30d');

    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^vgt_\w+$/);
    expect(api.operations.calls).toEqual([
      [
        'createToken',
        {
          name: 'ci',
          grants: [{ role: 'releaser', services: ['storefront', 'checkout'] }],
          expiresInSeconds: 2_592_000,
        },
        'ada',
      ],
    ]);
  });

  it('makes one for all services that does not expire', async () => {
    const { stdout } = await run('create', 'ci', '--role', 'viewer', '--expires', 'never');

    expect(stdout).toContain('viewer of *, for good');
  });

  it('lists them without what they are made of', async () => {
    await run('create', 'ci', '--role', 'viewer');
    const { stdout } = await run('list');

    expect(stdout).toMatch(/ci\s+viewer of \*\s+until 2026-05-30\s+ada/);
    expect(stdout).not.toContain('vgt_');
  });

  it('says how to make the first one', async () => {
    expect((await run('list')).stdout).toContain('verdigris token create');
  });

  it.each(['ci', 'token0000000'])('revokes one by name and by id: %s', async (name) => {
    await run('create', 'ci', '--role', 'viewer');
    const { code, stdout } = await run('revoke', name);

    expect(code).toBe(0);
    expect(stdout).toContain('ci (token0000000) no longer counts');
    expect((await run('list')).stdout).toContain('revoked 2026-03-01');
  });

  it('says that there is none of that name', async () => {
    const { code, stderr } = await run('revoke', 'cy');

    expect(code).toBe(2);
    expect(stderr).toContain('there is no token "cy"');
  });

  it('needs a role, and one that there is', async () => {
    expect((await run('create', 'ci')).code).toBe(2);
    const { code, stderr } = await run('create', 'ci', '--role', 'admin');
    expect(code).toBe(1);
    expect(stderr).toContain('grants[0].role');
  });
});
