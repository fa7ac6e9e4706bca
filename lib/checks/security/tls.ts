import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import type { Finding } from '../findings.ts';
import { pause } from '../requests.ts';
import type { TlsConfig } from '../security.ts';
import type { Sides } from './answers.ts';

/** What a server shows of itself when a connection begins. */
interface Handshake {
  /** `TLSv1.3`, the best that both know. */
  protocol: string;
  /** Why the certificate is not to be trusted, by Node.js; null when it is. */
  distrust: string | null;
  expiresAtMs: number;
}

const dayMs = 86_400_000;

/** What is found, and what was seen of both sides. */
export interface TlsLook {
  findings: Finding[];
  seen: Record<
    string,
    { protocol: string; daysLeft: number | null; distrust: string | null } | null
  >;
}

/**
 * Connects to both sides and compares: protocol, trust, expiry.
 * @param nowMs Null where nobody knows the time.
 */
export async function compareTls(
  config: TlsConfig,
  { blue, green, timers, signal }: Sides,
  nowMs: number | null,
): Promise<TlsLook> {
  const greet = (address: string, host?: string) =>
    shakeHandsSteadily(address, host, timers, signal);
  if (!isHttps(green)) {
    const findings = blue !== null && isHttps(blue) ? [bare()] : [];
    return { findings, seen: { green: null } };
  }
  try {
    const [before, after] = await Promise.all([
      blue !== null && isHttps(blue) ? greet(blue) : null,
      greet(green, config.host),
    ]);
    const findings = [
      ...protocolFindings(config, before, after),
      ...trustFindings(before, after),
      ...expiryFindings(config, after, nowMs),
    ];
    const shown = (one: Handshake | null) => one && showing(one, nowMs);
    return { findings, seen: { blue: shown(before), green: shown(after) } };
  } catch (error) {
    const says = `no TLS with green or blue: ${messageOf(error)}`;
    return { findings: [finding('tls', says)], seen: {} };
  }
}

const isHttps = (address: string) => address.startsWith('https:');

function bare(): Finding {
  return finding('tls', "green's address is http, blue's is https");
}

function finding(path: string, says: string, verdict: Finding['verdict'] = 'fail'): Finding {
  return { path, verdict, says };
}

function protocolFindings(
  { minimum }: TlsConfig,
  before: Handshake | null,
  { protocol }: Handshake,
): Finding[] {
  // `TLSv1` < `TLSv1.1` < … as texts, too.
  if (protocol < minimum)
    return [finding('tls.protocol', `green speaks ${protocol}, and ${minimum} is the least`)];
  if (before === null || protocol >= before.protocol) return [];
  return [finding('tls.protocol', `green speaks ${protocol}, blue ${before.protocol}`)];
}

/** What is wrong with blue's in the same way is no news: neither has an address of its own, for instance. */
function trustFindings(before: Handshake | null, { distrust }: Handshake): Finding[] {
  if (distrust === null || distrust === before?.distrust) return [];
  return [finding('tls.certificate', `green's certificate is not to be trusted: ${distrust}`)];
}

function expiryFindings(
  { expiresAfter }: TlsConfig,
  handshake: Handshake,
  nowMs: number | null,
): Finding[] {
  const days = daysLeft(handshake, nowMs);
  if (days === null || days * 86_400 >= expiresAfter) return [];
  const left = days < 0 ? 'has expired' : `expires in ${Math.floor(days)} days`;
  return [finding('tls.expiry', `green's certificate ${left}`, days < 0 ? 'fail' : 'warn')];
}

function daysLeft({ expiresAtMs }: Handshake, nowMs: number | null): number | null {
  return nowMs === null ? null : (expiresAtMs - nowMs) / dayMs;
}

function showing(handshake: Handshake, nowMs: number | null) {
  const days = daysLeft(handshake, nowMs);
  const { protocol, distrust } = handshake;
  return { protocol, distrust, daysLeft: days === null ? null : Math.floor(days) };
}

/** A connection that broke says more of the way than of the server. */
async function shakeHandsSteadily(
  address: string,
  host: string | undefined,
  timers: Timers,
  abort: AbortSignal,
): Promise<Handshake> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await shakeHands(address, host, abort);
    } catch (error) {
      if (attempt >= 3 || abort.aborted) throw error;
      await pause(timers, 0.2, abort);
    }
  }
}

/** @throws Error with which address gave what instead of TLS. */
async function shakeHands(
  address: string,
  host: string | undefined,
  abort: AbortSignal,
): Promise<Handshake> {
  const { hostname, port } = new URL(address);
  const plain = hostname.replace(/^\[|\]$/g, '');
  const isIp = /^[\d.]+$|:/.test(plain);
  const socket = connect({
    host: plain,
    port: Number(port || 443),
    rejectUnauthorized: false,
    // A name is sent only where there is one (RFC 6066, section 3).
    ...(host !== undefined || !isIp ? { servername: host ?? plain } : {}),
  });
  const { promise, resolve, reject } = Promise.withResolvers<Handshake>();
  const giveUp = () => reject(new Error(`${address}: the time was up`));
  socket.once('secureConnect', () => {
    // Nobody else catches what a listener throws.
    try {
      resolve(read(socket));
    } catch (error) {
      reject(error);
    }
  });
  // Stays: there may be another one once the first was told.
  socket.on('error', (error) => reject(new Error(`${address}: ${messageOf(error)}`)));
  abort.addEventListener('abort', giveUp, { once: true });
  if (abort.aborted) giveUp();
  try {
    return await promise;
  } finally {
    abort.removeEventListener('abort', giveUp);
    socket.destroy();
  }
}

function read(socket: TLSSocket): Handshake {
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
  // Node.js gives a code here, or an Error.
  const distrust: unknown = socket.authorizationError;
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    distrust: socket.authorized
      ? null
      : distrust instanceof Error
        ? distrust.message
        : String(distrust),
    expiresAtMs: Date.parse(certificate.valid_to ?? ''),
  };
}
