import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** An emulator's answer to a request that was passed on. */
export interface Answered {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/**
 * What a relay does about each request: it passes on what it was given, or something else, when it
 * likes, and gives the caller the answer, or another one.
 */
export type Relaying = (
  asked: IncomingMessage,
  body: Buffer,
  passOn: (body: Buffer) => Promise<Answered>,
) => Promise<Answered>;

/** Stands between the functions of an emulated cloud and the emulator. */
export interface Relay {
  /** What the functions have to take for AWS. */
  url: string;
  /** The emulator. Nothing is answered before this is known. */
  forwardTo(url: string): void;
  close(): Promise<void>;
}

/** Starts a relay on a free port of 127.0.0.1. */
export async function startRelay(relaying: Relaying): Promise<Relay> {
  const agent = new Agent({ keepAlive: true });
  let target: string | undefined;
  const server = createServer(async (asked, answer) => {
    try {
      const got = await relaying(asked, await buffer(asked), async (body) => {
        if (target === undefined) throw new Error('the emulator is not known yet');
        return forward(asked, body, target, agent);
      });
      answer.writeHead(got.status, got.headers).end(got.body);
    } catch (error) {
      answer.writeHead(502).end((error as Error).message);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    forwardTo(url) {
      target = url;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  target: string,
  agent: Agent,
): Promise<Answered> {
  const { 'transfer-encoding': _, 'accept-encoding': __, ...kept } = headers;
  const got = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(new URL(url ?? '/', target), {
      ...{ method, agent },
      headers: { ...kept, 'content-length': body.byteLength },
    });
    sent.once('response', resolve);
    sent.once('error', reject);
    sent.end(body);
  });
  return { status: got.statusCode ?? 502, headers: got.headers, body: await buffer(got) };
}
