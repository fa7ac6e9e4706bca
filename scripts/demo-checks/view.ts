import process from 'node:process';
import picocolors from 'picocolors';

/** What is shown while the demo runs; nothing at all with `--json`. */
export interface View {
  say(...lines: string[]): void;
  /** A heading with an empty line before it. */
  chapter(title: string): void;
  /** On a terminal: a last line that the next thing replaces. */
  underWay(line: string): void;
}

const eraseLine = '\r\u001b[2K';

/** A view on standard output. */
export function createView({ isJson }: { isJson: boolean }): View {
  const { stdout } = process;
  const isLive = !isJson && stdout.isTTY === true;
  const write = (text: string) => {
    if (!isJson) stdout.write(isLive ? eraseLine + text : text);
  };
  const say = (...lines: string[]) => {
    for (const line of lines) write(`${line}\n`);
  };
  return {
    say,
    chapter: (title) => say('', picocolors.bold(picocolors.cyan(title))),
    underWay(line) {
      if (isLive) write(line);
    },
  };
}
