import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of scripts/bench/targets, and the first message that it sent. */
export interface Target<Hello> {
  child: ChildProcess;
  hello: Hello;
}

/** Starts a file of scripts/bench/targets and waits for its first message. */
export async function startTarget<Hello>(file: string, args: string[]): Promise<Target<Hello>> {
  const path = fileURLToPath(new URL(`targets/${file}`, import.meta.url));
  const child = fork(path, args, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code} before it was ready`);
  });
  const [hello] = (await Promise.race([once(child, 'message'), gone])) as [Hello];
  gone.catch(() => {});
  return { child, hello };
}

/** Sends a message and waits for the next one. */
export async function ask<Answer>(child: ChildProcess, question: object | string): Promise<Answer> {
  const answer = once(child, 'message');
  child.send(question);
  return (await answer)[0] as Answer;
}

/** Ends a process and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
