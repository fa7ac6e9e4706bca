import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import type { Io, LocalPlatform } from '../io.ts';
import type { Session } from '../session.ts';

/** Sends a manifest, YAML or JSON, to the conductor. */
export async function apply(session: Session, file: string): Promise<number> {
  const source = await readManifest(file, session.io.cwd);
  const service = source.service;
  if (typeof service !== 'string' || service === '') {
    throw invalid(`${file}: service: is missing; a manifest names its service`);
  }
  const record = await session.api.applyManifest(service, source);
  session.show(record, [`✔ ${record.service}: manifest applied, revision ${record.revision}`]);
  return exitCodes.done;
}

/** Looks through a manifest without a conductor. */
export async function validate(
  io: Io,
  local: LocalPlatform,
  file: string,
  isJson: boolean,
): Promise<number> {
  const source = await readManifest(file, io.cwd);
  const service = await local.validateManifest(source);
  const text = isJson ? JSON.stringify({ file, service, isValid: true }) : `✔ ${service}: is valid`;
  io.stdout.write(`${text}\n`);
  return exitCodes.done;
}

async function readManifest(file: string, cwd: string): Promise<Record<string, unknown>> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw invalid(`${file}: cannot be read (${cause.code})`, cause);
  });
  const source = await parse(file, text);
  if (typeof source === 'object' && source !== null && !Array.isArray(source)) {
    return source as Record<string, unknown>;
  }
  throw invalid(`${file}: is no manifest; it needs keys such as service: and environment:`);
}

/** JSON is YAML too, so both get line and column. */
async function parse(file: string, text: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw invalid(`${file}:${line}:${col}: ${error.message}`, error);
  }
  try {
    // Through JSON, as it will travel: an alias that contains itself is found here.
    return JSON.parse(JSON.stringify(document.toJS() ?? null));
  } catch (cause) {
    throw invalid(`${file}: has aliases that contain themselves or expand too far`, cause);
  }
}

function invalid(message: string, cause?: unknown): CommandError {
  return new CommandError('ManifestInvalidError', message, { code: 'VG101', cause });
}

/** Prints the JSON schema of manifests, for editors. */
export async function printSchema(io: Io, local: LocalPlatform): Promise<number> {
  io.stdout.write(`${JSON.stringify(await local.manifestJsonSchema(), null, 2)}\n`);
  return exitCodes.done;
}
