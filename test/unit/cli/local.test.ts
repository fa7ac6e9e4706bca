import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { VerdigrisError } from '../../../lib/release/errors.ts';
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
    local.up = async () => ({ url: nowhere, services: {}, close: () => closing.promise });
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
