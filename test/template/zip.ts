import { inflateRawSync } from 'node:zlib';

const signatures = { end: 0x06054b50, entry: 0x02014b50 };
const stored = 0;

/**
 * The files of a zip archive by name. Enough of the format (PKWARE APPNOTE 4.3) for the archives
 * that serverless-esbuild writes: no encryption, no zip64.
 */
export function readZip(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'));
  if (end < 0 || zip.readUInt32LE(end) !== signatures.end)
    throw new Error('this is no zip archive');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== signatures.entry) throw new Error(`no entry at byte ${at}`);
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    files.set(name, contentOf(zip, at));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return files;
}

function contentOf(zip: Buffer, entry: number): Buffer {
  const size = zip.readUInt32LE(entry + 20);
  const header = zip.readUInt32LE(entry + 42);
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const content = zip.subarray(start, start + size);
  return zip.readUInt16LE(entry + 10) === stored ? content : inflateRawSync(content);
}
