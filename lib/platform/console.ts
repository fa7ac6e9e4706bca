import type { ConsoleFiles } from '../http/console.ts';

let files: Promise<ConsoleFiles> | undefined;

/** The console's files, read when somebody first asks for them; a failure is tried again. */
export function readConsole(): Promise<ConsoleFiles> {
  files ??= read().catch((error) => {
    files = undefined;
    throw error;
  });
  return files;
}

async function read(): Promise<ConsoleFiles> {
  const { readConsoleFiles } = await import('./console-files.ts');
  return readConsoleFiles();
}
