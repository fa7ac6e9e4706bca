import { describe, expect, it } from 'vitest';
import { splitCommand } from '../../../lib/release/command.ts';

describe('splitting a command', () => {
  it.each<[string, string[]]>([
    ['node server.mjs', ['node', 'server.mjs']],
    ['  node\t server.mjs  ', ['node', 'server.mjs']],
    ['node "my server.mjs" \'a b\'', ['node', 'my server.mjs', 'a b']],
    ['node --title=\'a "b"\'c', ['node', '--title=a "b"c']],
    ['node "say \\"hi\\" \\\\ \\n"', ['node', 'say "hi" \\ \\n']],
    ['node a\\ b ""', ['node', 'a b', '']],
    ['node \'$HOME\' "\\$HOME"', ['node', '$HOME', '$HOME']],
  ])('gives the words a shell would: %s', (line, words) => {
    expect(splitCommand(line)).toEqual(words);
  });

  it.each([
    ['', /is empty/],
    ['   ', /is empty/],
    ['node "open', /open " quote/],
    ["node 'open", /open ' quote/],
    ['node \\', /ends in a backslash/],
    ['npm ci && node server.mjs', /"&", which only a shell understands/],
    ['node server.mjs --port $PORT', /"\$", which only a shell understands/],
    ['node server.mjs "--port=$PORT"', /"\$", which only a shell understands/],
    ['node server.mjs > log', /">", which only a shell understands/],
    ['node *.mjs', /"\*", which only a shell understands/],
  ])('refuses what it cannot mean: %s', (line, reason) => {
    expect(() => splitCommand(line)).toThrow(reason);
  });
});
