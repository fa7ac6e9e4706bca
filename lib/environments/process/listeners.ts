import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { groupMembers } from './os-process.ts';

/** The state of a socket that takes connections (include/net/tcp_states.h). */
const listening = '0A';

/**
 * Where the processes of a group take connections, as `127.0.0.1:8080` and `[::1]:8080`, in order. Null
 * where it can't be told: on other systems than Linux, or when the process is not ours.
 */
export function listenersOf(pid: number): string[] | null {
  if (process.platform !== 'linux') return null;
  try {
    const inodes = new Set(groupMembers(pid).flatMap(socketInodes));
    const found = ['tcp', 'tcp6'].flatMap((family) => listeningIn(`/proc/${pid}/net/${family}`));
    return found.flatMap(({ inode, at }) => (inodes.has(inode) ? [at] : [])).sort();
  } catch {
    return null;
  }
}

function socketInodes(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`${directory}/${fd}`)) ?? [];
    return inode ? [inode] : [];
  });
}

/** Empty for a file that was closed meanwhile. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

/** Rows of a table of sockets (proc_net_tcp): number, local address, remote address, state, …, inode. */
function listeningIn(file: string): { inode: string; at: string }[] {
  const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const fields = row.trim().split(/\s+/);
    const [, local = '', , state] = fields;
    return state === listening ? [{ inode: fields[9] ?? '', at: addressIn(local) }] : [];
  });
}

/** `0100007F:1F90` is 127.0.0.1:8080: words of four bytes as this machine has them, and a port. */
export function addressIn(field: string): string {
  const [hex = '', port = ''] = field.split(':');
  const bytes = Buffer.from(hex, 'hex');
  if (isLittleEndian) bytes.swap32();
  const suffix = `:${Number.parseInt(port, 16)}`;
  if (bytes.length === 4) return `${bytes.join('.')}${suffix}`;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2));
  // An address of IPv4 within IPv6.
  if (groups.slice(0, 6).join() === '0,0,0,0,0,65535')
    return `${bytes.subarray(12).join('.')}${suffix}`;
  const text = groups.map((group) => group.toString(16)).join(':');
  return `[${text.replace(/(?:^|:)0(?::0)+(?::|$)/, '::')}]${suffix}`;
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
