import { resolve } from 'node:path';
import { exitCodes } from '../exit-code.ts';
import type { Io, LocalPlatform, RunningConductor } from '../io.ts';
import { renderTable } from '../table.ts';
import { signInLink } from './console.ts';

/** Two signals within this time are one. */
const sameSignalMs = 500;

/** What a shell shows for a process that was interrupted. */
const interruptedCode = 130;

/**
 * Runs the conductor on this machine until Ctrl-C or SIGTERM, then closes it in order. A second
 * signal ends it at once: the next start finds what was unfinished.
 */
export async function up(
  io: Io,
  local: LocalPlatform,
  options: { config: string; json?: boolean },
): Promise<number> {
  const stop = stopRequest(io);
  const notices = options.json ? io.stderr : io.stdout;
  const conductor = await local.up({
    configPath: resolve(io.cwd, options.config),
    write: (line) => notices.write(`${line}\n`),
  });
  const { url, services } = conductor;
  io.stdout.write(
    options.json ? `${JSON.stringify({ url, services })}\n` : greeting(conductor, io.isTTY),
  );
  await stop;
  if (!options.json) io.stderr.write('stopping; Ctrl-C again ends it at once\n');
  await conductor.close();
  return exitCodes.done;
}

/** The token is shown to who sits there; what is not a terminal may be a log that others read. */
function greeting({ url, token, services }: RunningConductor, isTTY: boolean): string {
  const rows = Object.entries(services).map(([service, address]) => [`  ${service}`, address]);
  const page = isTTY ? signInLink(url, token) : `${url}/ (to sign in: verdigris console)`;
  const lines = renderTable([['verdigris is up', url], ['  console', page], ...rows]);
  return `${[...lines, '', 'stop it with Ctrl-C'].join('\n')}\n`;
}

/** Listens from the first moment, so that a signal while starting is not lost. */
function stopRequest(io: Io): Promise<void> {
  const { promise, resolve: stop } = Promise.withResolvers<void>();
  let first: number | undefined;
  io.onStopSignal(() => {
    // One Ctrl-C may arrive twice: from the terminal, and passed on by whoever started us.
    const isSecond = first !== undefined && io.now() - first > sameSignalMs;
    if (isSecond) io.exitNow(interruptedCode);
    first ??= io.now();
    stop();
  });
  return promise;
}
