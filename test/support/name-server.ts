import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** A record as it is answered: an address, a name, or the text of a TXT in strings of 255 bytes. */
export type Answers = (name: string, type: string) => string[] | null;

/** A name server on this machine. */
export interface TestNameServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Names and types that were asked for, as `TXT shop.example.com`. */
  readonly questions: string[];
  stop(): Promise<void>;
}

const types: Record<number, string> = { 1: 'A', 5: 'CNAME', 16: 'TXT', 28: 'AAAA' };

/**
 * A name server that speaks DNS over UDP (RFC 1035), authoritative for whatever it is asked: `answers` says
 * what there is, null refuses.
 */
export async function startNameServer(answers: Answers): Promise<TestNameServer> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const { name, type, end } = readQuestion(query);
    questions.push(`${type} ${name}`);
    socket.send(respond(query, end, type, answers(name, type)), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    async stop() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function readQuestion(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = types[query.readUInt16BE(at + 1)] ?? 'other';
  return { name: labels.join('.').toLowerCase(), type, end: at + 5 };
}

function respond(query: Buffer, end: number, type: string, values: string[] | null): Buffer {
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  const refused = values === null ? 5 : 0;
  header.writeUInt16BE(0x8400 | (query.readUInt16BE(2) & 0x0100) | refused, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(values?.length ?? 0, 6);
  const records = (values ?? []).map((value) => record(type, toData(type, value)));
  return Buffer.concat([header, query.subarray(12, end), ...records]);
}

function record(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name that was asked for
  head.writeUInt16BE(Number(Object.keys(types).find((code) => types[Number(code)] === type)), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function toData(type: string, value: string): Buffer {
  if (type === 'A') return Buffer.from(value.split('.').map(Number));
  if (type === 'AAAA') return toAddress(value);
  if (type === 'TXT') return Buffer.concat((value.match(/.{1,255}/g) ?? ['']).map(toLabel));
  return Buffer.concat([...value.replace(/\.$/, '').split('.').map(toLabel), Buffer.from([0])]);
}

const toLabel = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);

function toAddress(value: string): Buffer {
  if (!isIPv6(value)) throw new Error(`${value} is no IPv6 address`);
  const [front = '', back = ''] = value.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const zeros = Array(8 - groups(front).length - groups(back).length).fill('0');
  const all = [...groups(front), ...zeros, ...groups(back)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
