import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createWorkplace, startTraffic } from '../../scripts/demo/storefront.ts';
import { runScript, startConductor } from '../support/local-conductor.ts';

const page = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');
/** The tour, up to the next heading. */
const tour = page.split(/^## /m).find((part) => part.startsWith('Five minutes')) ?? '';

/** The files that the tour shows, by the name on their first line. */
function shownFiles(): [name: string, text: string][] {
  const blocks = tour.matchAll(/```\w+\n(?:\/\/|#) file: (\S+)\n([\s\S]*?)```/g);
  return [...blocks].map(([, name = '', text = '']) => [name, text]);
}

/** The commands that the tour runs while `verdigris up` is running. */
function shownCommands(): string[] {
  const blocks = [...tour.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  const lines = blocks.flatMap((block) => block.trim().split('\n'));
  const isPartOfIt = /^(verdigris (release|rollback|status)|curl|while) /;
  return lines.filter((line) => isPartOfIt.test(line));
}

it('does what the tour in the README says, on other ports and with shorter windows', async () => {
  const place = await createWorkplace();
  const port = new URL(place.storefrontUrl).port;
  for (const [name, text] of shownFiles()) {
    const file = path.join(place.directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const api =
      name === 'verdigris.yml' ? readFileSync(place.configPath, 'utf8').split('services')[0] : '';
    writeFileSync(file, api + text.replace('8080', port).replace('window: 20s', 'window: 6s'));
  }
  const [first] = shownFiles();
  expect(first?.[0]).toBe('v1/server.mjs');
  const second = path.join(place.directory, 'v2/server.mjs');
  writeFileSync(second, (first?.[1] ?? '').replace('Hello', 'Hello again'));

  const conductor = await startConductor(place);
  const answers: string[] = [];
  let users: ReturnType<typeof startTraffic> | undefined;
  for (const command of shownCommands()) {
    if (command.startsWith('while')) users = startTraffic(place.storefrontUrl, 50);
    if (command.startsWith('curl')) {
      answers.push(await (await fetch(`http://127.0.0.1:${port}/`)).text());
    }
    if (!command.startsWith('verdigris')) continue;
    const expected = Number(/# .*exit code (\d)/.exec(command)?.[1] ?? 0);
    const words = command.replace(/#.*/, '').matchAll(/"([^"]*)"|(\S+)/g);
    const args = [...words].slice(1).map(([, quoted, word]) => quoted ?? word ?? '');
    const ended = await runScript('cli/main.ts', args, {
      cwd: place.directory,
      env: { VERDIGRIS_URL: conductor.url },
    });
    const output = ended.code === expected ? '' : ended.stderr + ended.stdout;
    expect(`${command}: ${ended.code}\n${output}`).toBe(`${command}: ${expected}\n`);
  }
  await users?.stop();
  await conductor.stop();
  place.remove();
  const v1 = 'Hello from v1\n';
  expect(answers).toEqual([v1, 'Hello again from v2\n', v1, v1]);
}, 120_000);
