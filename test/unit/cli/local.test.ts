import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { startTestApi, testToken } from '../../support/api-server.ts';
import { createCommandLine } from '../../support/command-line.ts';

const nowhere = 'http://127.0.0.1:1';

describe('verdigris up', () => {
  it('prints the addresses, runs until it is stopped, and closes in order', async () => {
    const { verdigris, output, local, io, signal } = createCommandLine(nowhere);
    const running = verdigris('up');
    await vi.waitFor(() => expect(output.stdout).toContain('verdigris is up'));
    expect(local.closed).toBe(0);
    signal();
    expect(await running).toBe(0);
    expect(local).toMatchObject({ started: [join(io.cwd, 'verdigris.yml')], closed: 1 });
    expect(output.stdout).toMatch(/verdigris is up +http:\/\/127\.0\.0\.1:7420/);
    expect(output.stdout).toMatch(/storefront +http:\/\/127\.0\.0\.1:8080/);
  });

  it('signs the person at a terminal in to the console, and writes no token into a log', async () => {
    const greetings = [];
    for (const isTTY of [true, false]) {
      const { verdigris, output, signal } = createCommandLine(nowhere, { isTTY });
      const running = verdigris('up');
      await vi.waitFor(() => expect(output.stdout).toContain('verdigris is up'));
      signal();
      await running;
      greetings.push(output.stdout);
    }

    expect(greetings[0]).toMatch(/console +http:/);
    expect(greetings[0]).toContain(`http://127.0.0.1:7420/#token=${testToken}`);
    expect(greetings[1]).toContain('http://127.0.0.1:7420/ ');
    expect(greetings[1]).not.toContain(testToken);
  });

  it('takes another config', async () => {
    const { verdigris, local, signal, io } = createCommandLine(nowhere);
    const running = verdigris('up', '--config', 'sub/other.yml');
    await vi.waitFor(() => expect(local.started).toEqual([join(io.cwd, 'sub/other.yml')]));
    signal();
    expect(await running).toBe(0);
  });

  it('ends at once at the second signal', async () => {
    const { verdigris, output, local, signal, exits, io } = createCommandLine(nowhere);
    let now = 1_000;
    io.now = () => now;
    const closing = Promise.withResolvers<void>();
    local.up = async () => ({
      url: nowhere,
      token: testToken,
      services: {},
      close: () => closing.promise,
    });
    const running = verdigris('up');
    await vi.waitFor(() => expect(output.stdout).toContain('verdigris is up'));
    signal();
    signal();
    // One Ctrl-C that arrived twice.
    expect(exits).toEqual([]);
    now += 1_000;
    signal();
    expect(exits).toEqual([130]);
    closing.resolve();
    await running;
  });

  it('closes what has just started when the signal came while starting', async () => {
    const { verdigris, local, signal } = createCommandLine(nowhere);
    const running = verdigris('up');
    signal();
    expect(await running).toBe(0);
    expect(local.closed).toBe(1);
  });

  it('prints one document with --json and keeps notices out of it', async () => {
    const { verdigris, output, json, signal } = createCommandLine(nowhere);
    const running = verdigris('up', '--json');
    await vi.waitFor(() => expect(output.stdout).not.toBe(''));
    signal();
    await running;
    expect(json()).toEqual({
      url: 'http://127.0.0.1:7420',
      services: { storefront: 'http://127.0.0.1:8080' },
    });
    expect(output.stderr).toContain('a notice');
  });

  it('exits 1 with the error of the platform', async () => {
    const { verdigris, output, local } = createCommandLine(nowhere);
    local.up = () => Promise.reject(new VerdigrisError('PortInUseError', 'port 8080 is in use'));
    expect(await verdigris('up')).toBe(1);
    expect(output.stderr).toBe('error PortInUseError (VG506): port 8080 is in use\n');
  });
});

describe('verdigris schema', () => {
  it('prints the JSON schema without a conductor', async () => {
    const { verdigris, json } = createCommandLine(nowhere);
    expect(await verdigris('schema')).toBe(0);
    expect(json()).toEqual({ title: 'Verdigris manifest' });
  });
});

describe('verdigris validate', () => {
  const good = [
    'service: storefront',
    'environment: { kind: process, command: node server.mjs, healthPath: /healthz }',
    'router: { kind: local-proxy, port: 8080 }',
    'checks: [{ kind: http, name: health, path: /healthz }]',
    'watch: { window: 10s, interval: 2s }',
  ].join('\n');

  it('finds nothing wrong with a good manifest, and needs no conductor', async () => {
    const { verdigris, output, io } = createCommandLine(nowhere);
    writeFileSync(join(io.cwd, 'storefront.yml'), good);
    expect(await verdigris('validate', 'storefront.yml')).toBe(0);
    expect(output.stdout).toBe('✔ storefront: is valid\n');
  });

  it('prints one document with --json', async () => {
    const { verdigris, json, io } = createCommandLine(nowhere);
    writeFileSync(join(io.cwd, 'storefront.yml'), good);
    await verdigris('validate', 'storefront.yml', '--json');
    expect(json()).toEqual({ file: 'storefront.yml', service: 'storefront', isValid: true });
  });

  it('exits 1 with everything that is wrong, as apply does', async () => {
    const { verdigris, output, io } = createCommandLine(nowhere);
    writeFileSync(join(io.cwd, 'bad.yml'), `${good}\nretian: 24h\nonBreach: panic\n`);
    expect(await verdigris('validate', 'bad.yml')).toBe(1);
    expect(output.stderr).toMatch(/ManifestInvalidError \(VG101\)/);
    expect(output.stderr).toContain('retian: is not a known key; did you mean "retain"?');
    expect(output.stderr).toContain('onBreach: ');
  });

  it('names line and column of what is no YAML', async () => {
    const { verdigris, output, io } = createCommandLine(nowhere);
    writeFileSync(join(io.cwd, 'bad.yml'), 'service: [\n');
    expect(await verdigris('validate', 'bad.yml')).toBe(1);
    expect(output.stderr).toMatch(/bad\.yml:\d+:\d+: /);
  });
});

describe('verdigris console', () => {
  it('prints where the console is, signed in, once the conductor has let us in', async () => {
    const api = await startTestApi();
    const { verdigris, output, opened } = createCommandLine(api.url);
    expect(await verdigris('console')).toBe(0);
    expect(output.stdout).toBe(`${api.url}/#token=${testToken}\n`);
    expect(opened).toEqual([]);
    await api.close();
  });

  it('opens it in the browser, and says where that is not possible', async () => {
    const api = await startTestApi();
    const { verdigris, opened, output, io } = createCommandLine(api.url);
    expect(await verdigris('console', '--open')).toBe(0);
    expect(opened).toEqual([`${api.url}/#token=${testToken}`]);

    io.openInBrowser = async () => false;
    expect(await verdigris('console', '--open')).toBe(1);
    expect(output.stderr).toContain('open the link');
    await api.close();
  });

  it('gives no link that would not work', async () => {
    const api = await startTestApi();
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris('console', '--token', 'x'.repeat(20))).toBe(1);
    expect(output.stdout).toBe('');

    const without = createCommandLine(api.url, { env: {} });
    expect(await without.verdigris('console', '--url', api.url)).toBe(2);
    expect(without.output.stderr).toContain('no token');
    await api.close();
  });
});

describe('verdigris digest', () => {
  it('prints what release --digest takes', async () => {
    const { verdigris, output, io } = createCommandLine(nowhere);
    writeFileSync(join(io.cwd, 'v2.tgz'), 'content');
    expect(await verdigris('digest', 'v2.tgz')).toBe(0);
    const hex = createHash('sha256').update('content').digest('hex');
    expect(output.stdout).toBe(`sha256:${hex}\n`);
  });

  it('refuses a directory and a file that is not there', async () => {
    const { verdigris, output, io } = createCommandLine(nowhere);
    mkdirSync(join(io.cwd, 'v2'));
    expect(await verdigris('digest', 'v2')).toBe(1);
    expect(await verdigris('digest', 'none')).toBe(1);
    expect(output.stderr).toMatch(/v2: is a directory[\s\S]*none: cannot be read \(ENOENT\)/);
  });
});
