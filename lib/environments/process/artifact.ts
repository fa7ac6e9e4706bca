import { copyFile, cp, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Artifact } from '../../release/artifact.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { unpack } from './archive.ts';
import { digestOfDirectory, digestOfFile } from './digest.ts';

/** Where an artifact comes from and where it goes to. Paths are absolute. */
export interface Staging {
  artifact: Artifact;
  /** What a relative path is relative to. */
  baseDirectory: string;
  /** A folder that is not there yet, on the file system of `destination`; gone afterwards. */
  scratch: string;
  /** The folder that will hold the artifact's files. It must not be there yet. */
  destination: string;
}

/**
 * Brings an artifact's files to `destination`: copies a directory, so that later edits do not change
 * what runs, or unpacks a `.tgz`. All of it or nothing: the work is done in `scratch` and renamed.
 * @throws ArtifactInvalidError naming the URI, the reason and what would be right.
 */
export async function stageArtifact(staging: Staging): Promise<void> {
  const { artifact, baseDirectory, scratch, destination } = staging;
  try {
    const source = await locate(artifact.uri, baseDirectory);
    const app = join(scratch, 'app');
    await mkdir(app, { recursive: true });
    if (source.isDirectory) await copyIn(source.path, app, artifact);
    else await unpackIn(source.path, scratch, app, artifact);
    await refuseEscapingLinks(app);
    await mkdir(dirname(destination), { recursive: true });
    await rename(app, destination);
  } catch (error) {
    throw invalid(artifact.uri, error);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Looks whether an artifact is there at all, so that what is obviously missing begins no release.
 * @throws ArtifactInvalidError naming the URI, the reason and what would be right.
 */
export async function requireArtifact({ uri }: Artifact, baseDirectory: string): Promise<void> {
  try {
    await locate(uri, baseDirectory);
  } catch (error) {
    throw invalid(uri, error);
  }
}

function invalid(uri: string, error: unknown): VerdigrisError {
  const message = `artifact ${uri} ${reasonOf(error)}`;
  return new VerdigrisError('ArtifactInvalidError', message, { cause: error, details: { uri } });
}

/** node-tar and the file system speak in codes; people should not have to. */
function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code.startsWith('TAR_') || code.startsWith('Z_') || code === 'ZlibError')
    return `is damaged or no archive: ${messageOf(error)}; use a gzipped tar file`;
  if (code.startsWith('ERR_FS_CP'))
    return `cannot be copied: ${messageOf(error)}; use a folder of files and folders`;
  if (/^E[A-Z]+$/.test(code)) return `cannot be read: ${messageOf(error)}`;
  return messageOf(error);
}

async function locate(
  uri: string,
  baseDirectory: string,
): Promise<{ path: string; isDirectory: boolean }> {
  const path = await realpath(pathOf(uri, baseDirectory)).catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`is missing; looked for ${pathOf(uri, baseDirectory)}`, { cause: error });
  });
  const facts = await stat(path);
  if (facts.isDirectory()) return { path, isDirectory: true };
  if (facts.isFile() && /\.(tgz|tar\.gz)$/i.test(pathOf(uri, baseDirectory)))
    return { path, isDirectory: false };
  throw new Error('is neither a directory nor a .tgz or .tar.gz file; name one of these');
}

function pathOf(uri: string, baseDirectory: string): string {
  if (uri.includes('\0')) throw new Error('has a zero byte in its path');
  if (/^file:\/\//i.test(uri)) return fileURLToPath(uri);
  // A single letter before the colon is a drive.
  if (/^[a-z][a-z0-9+.-]+:/i.test(uri))
    throw new Error('is not on this machine; name a path or a file:///absolute/path');
  return isAbsolute(uri) ? uri : resolve(baseDirectory, uri);
}

async function copyIn(source: string, app: string, { digest }: Artifact): Promise<void> {
  await cp(source, app, { recursive: true, verbatimSymlinks: true });
  if (digest) refuseWrongDigest(digest, await digestOfDirectory(app));
}

/** Works on a copy, so that nobody can change the archive between judging and unpacking it. */
async function unpackIn(
  source: string,
  scratch: string,
  app: string,
  { digest }: Artifact,
): Promise<void> {
  const copy = join(scratch, 'artifact.tgz');
  await copyFile(source, copy);
  if (digest) refuseWrongDigest(digest, await digestOfFile(copy));
  await unpack(copy, app);
}

function refuseWrongDigest(expected: string, actual: string): void {
  if (expected === actual) return;
  throw new Error(`has the digest ${actual}, not ${expected}; was it built again?`);
}

/** Follows every symbolic link to where it really leads, chains of links included. */
async function refuseEscapingLinks(root: string): Promise<void> {
  const realRoot = await realpath(root);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const target = await realpath(path).catch(() => null);
    if (target === realRoot || target?.startsWith(realRoot + sep)) continue;
    const leads = target === null ? 'to nothing' : 'outside its directory';
    throw new Error(
      `holds the symbolic link "${relative(root, path)}", which leads ${leads}; use links that stay inside`,
    );
  }
}
