import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, Parser, type ReadEntry } from 'tar';

/** More than this is no artifact but an accident or an attack. */
const largestUnpackedBytes = 2 * 1024 ** 3;
const mostEntries = 200_000;

/** What the rules look at in an entry of an archive. */
export interface ArchiveEntry {
  path: string;
  /** node-tar's name of the type: `File`, `Directory`, `SymbolicLink`, `Link` and others. */
  type: string;
  linkpath: string | undefined;
  sizeBytes: number;
}

const fileTypes: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile']);

/**
 * Unpacks a `.tgz` into an existing, empty directory. The archive is read twice: the first time only to
 * judge every entry, because node-tar by itself leaves out or bends bad entries and unpacks the rest.
 * @throws Error with the reason, for people, when it is no archive, is damaged, or holds anything that
 * would leave the directory. What is in the directory then is to be thrown away.
 */
export async function unpack(file: string, directory: string): Promise<void> {
  const reason = refusalOf(await listEntries(file));
  if (reason) throw new Error(reason);
  await extract({
    file,
    cwd: directory,
    strict: true,
    preserveOwner: false,
    noMtime: true,
    filter: (_path, entry) => {
      // Whoever unpacked it must be able to remove it again.
      if ('type' in entry && entry.mode !== undefined) entry.mode |= ownerMode(entry.type);
      return true;
    },
  });
}

function ownerMode(type: string): number {
  return type === 'Directory' ? 0o700 : 0o600;
}

/** Every entry, those included that node-tar would pass over. */
async function listEntries(file: string): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  const note = (entry: ReadEntry) => {
    const { path, type, linkpath, size } = entry;
    entries.push({ path, type, linkpath, sizeBytes: size });
    entry.resume();
  };
  const parser = new Parser({ strict: true });
  parser.on('entry', note);
  parser.on('ignoredEntry', note);
  await pipeline(createReadStream(file), parser as unknown as NodeJS.WritableStream);
  return entries;
}

/** Why the archive as a whole is refused, or null when it may be unpacked. Pure. */
export function refusalOf(entries: readonly ArchiveEntry[]): string | null {
  if (entries.length === 0) return 'holds no files';
  if (entries.length > mostEntries) return `holds more than ${mostEntries} entries`;
  const bytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  if (bytes > largestUnpackedBytes) return `would unpack to ${bytes} bytes; 2 GiB are allowed`;
  const files = new Set<string>();
  const links = new Set<string>();
  for (const entry of entries) {
    const reason = entryRefusal(entry, files, links);
    if (reason) return `holds "${entry.path}", ${reason}`;
    const path = posix.normalize(entry.path);
    if (entry.type === 'SymbolicLink') links.add(path);
    else if (entry.type !== 'Directory') files.add(path);
  }
  return null;
}

function entryRefusal(
  entry: ArchiveEntry,
  files: ReadonlySet<string>,
  links: ReadonlySet<string>,
): string | null {
  if (leaves(entry.path)) return 'which would be written outside its directory';
  if (parentsOf(entry.path).some((parent) => links.has(parent)))
    return 'which would be written through a symbolic link';
  if (entry.type === 'Directory' || fileTypes.has(entry.type)) return null;
  if (entry.type === 'SymbolicLink') return symbolicLinkRefusal(entry);
  if (entry.type === 'Link') return hardLinkRefusal(entry, files);
  return `which is of type ${entry.type}; files, directories and links are allowed`;
}

/** Only as text: where it really leads is seen once everything is unpacked. */
function symbolicLinkRefusal({ path, linkpath = '' }: ArchiveEntry): string | null {
  const target = posix.join(posix.dirname(path), linkpath);
  const isOutside = isAbsolute(linkpath) || target === '..' || target.startsWith('../');
  return isOutside ? `a symbolic link to "${linkpath}", outside its directory` : null;
}

/** A hard link may name a file that came before it in the archive, and nothing else on this machine. */
function hardLinkRefusal(
  { linkpath = '' }: ArchiveEntry,
  files: ReadonlySet<string>,
): string | null {
  if (!leaves(linkpath) && files.has(posix.normalize(linkpath))) return null;
  return `a hard link to "${linkpath}", which is no earlier file of the archive`;
}

function leaves(path: string): boolean {
  return isAbsolute(path) || path.includes('\0') || path.split(/[/\\]/).includes('..');
}

function isAbsolute(path: string): boolean {
  return /^([/\\]|[A-Za-z]:)/.test(path);
}

function parentsOf(path: string): string[] {
  const parts = posix.normalize(path).split('/');
  return parts.slice(1).map((_part, i) => parts.slice(0, i + 1).join('/'));
}
