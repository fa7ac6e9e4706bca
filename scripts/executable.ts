import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** Whether this is a program that may be started. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where a program lies: the first of these names on PATH, or in one of these folders besides. */
export function findProgram(names: readonly string[], besides: readonly string[] = []) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...besides];
  return names.flatMap((name) => folders.map((it) => path.join(it, name))).find(isExecutable);
}
