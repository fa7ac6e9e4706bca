import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openBrowser } from '../support/browser/visitor.ts';

const root = path.join(import.meta.dirname, '../..');

interface Demo {
  /** The console, signed in, as the demo prints it. */
  address: string;
  /** Where it keeps everything. */
  directory: string;
  /** Ctrl-C, and the exit code. */
  stop(): Promise<number | null>;
}

/** Runs `npm run demo -- --keep` until it says where the console is. */
async function startDemo(): Promise<Demo> {
  const args = ['--disable-warning=ExperimentalWarning', 'scripts/demo.ts', '--keep'];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const text = await outputUntil(child, /Ctrl-C ends it/);
  return {
    address: /console +(\S+)/.exec(text)?.[1] ?? '',
    directory: /token in (\S+)\/\.verdigris/.exec(text)?.[1] ?? '',
    async stop() {
      child.kill('SIGINT');
      return (await ended)[0] as number | null;
    },
  };
}

function outputUntil(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
      if (wanted.test(text)) resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}: ${text}`)));
  });
}

describe('npm run demo -- --keep', () => {
  it('lets a newcomer watch a release and roll it back, with nothing but the address', async () => {
    const demo = await startDemo();
    const visitor = await openBrowser({ url: new URL(demo.address).origin });
    onTestFinished(() => visitor.close());
    const { pathname, hash } = new URL(demo.address);

    const page = await visitor.visit(pathname + hash);
    await page.getByRole('link', { name: /Watching/ }).click();
    await page.getByRole('progressbar', { name: 'Watch window' }).waitFor();
    await page
      .getByRole('img', { name: /green \d/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Roll back…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('region', { name: 'Outcome' }).getByText('Rolled back').waitFor();

    expect(visitor.conduct).toMatchObject({ violations: [], strangers: [], crashes: [] });
    expect(await demo.stop()).toBe(130);
    expect(existsSync(demo.directory)).toBe(false);
  }, 240_000);
});
