import { z } from 'zod';
import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import { parseJson, valueAt } from '../body-expectation.ts';
import type { CheckContext } from '../check.ts';
import type { NetworkConfig } from '../network.ts';
import { addressOf, askSteadily, causeOf } from '../requests.ts';
import { headersWithSecrets } from '../written-requests.ts';
import {
  type Destination,
  destinationText,
  hostText,
  isAllowed,
  parseDestination,
} from './destination.ts';

/** Whom green says that it calls. */
export type Declared = Destination[];

/**
 * Asks green whom it calls; nobody where the manifest does not ask.
 * @throws Error with the reason when it does not say.
 */
export async function readDeclaredOf(
  config: NetworkConfig['declared'],
  { green, secret, abort }: CheckContext,
  timers: Timers,
): Promise<Declared> {
  if (!config) return [];
  const base = addressOf(green);
  if (base === null) throw new Error(`${green.id} has no address to ask`);
  const headers = await headersWithSecrets(config.headers, secret);
  const request = { url: `${base}${config.path}`, headers, signal: abort };
  const answer = await askSteadily(request, { timers }).catch((error) => {
    throw new Error(`GET ${config.path}: no answer: ${causeOf(error)}`, { cause: error });
  });
  if (answer.status !== 200)
    throw new Error(`GET ${config.path}: status ${answer.status} instead of 200`);
  const all = parseJson(answer.body);
  try {
    return readDeclared(config.at === undefined ? all : valueAt(all, config.at));
  } catch (error) {
    const where = config.at === undefined ? '' : ` at ${config.at}`;
    throw new Error(`GET ${config.path}${where}: ${messageOf(error)}`, { cause: error });
  }
}

const port = z.int().min(1).max(65_535);
const hostAndPorts = z.union([
  z.object({ host: z.string().min(1), port }).transform((it) => `${hostText(it.host)}:${it.port}`),
  z
    .object({ host: z.string().min(1), ports: z.tuple([port, port]) })
    .transform((it) => `${hostText(it.host)}:${it.ports[0]}-${it.ports[1]}`),
  z.strictObject({ host: z.string().min(1) }).transform((it) => hostText(it.host)),
  z.string().min(1),
]);

/**
 * What a service says that it calls: a list of `host:port`, `{host, port}` or `{host, ports: [first, last]}`.
 * @throws Error that says what is no list, or no host.
 */
export function readDeclared(value: unknown): Destination[] {
  const list = z.array(hostAndPorts).safeParse(value);
  if (!list.success) throw new Error('it is no list of host:port or { host, ports }');
  return list.data.map((text) => {
    const found = parseDestination(text);
    if (!found) throw new Error(`"${text.slice(0, 80)}" is no host:port`);
    return found;
  });
}

/** Of what green declares and of the targets, what is not in the manifest's list. */
export function unlisted({ targets, allowed }: NetworkConfig, declared: Declared): string[] {
  if (!allowed) return [];
  const list = allowed.flatMap((entry) => parseDestination(entry) ?? []);
  const needed = targets.map(({ host, port }) => ({
    host: host.toLowerCase(),
    firstPort: port,
    lastPort: port,
  }));
  const outside = [...declared, ...needed].filter((one) => !isAllowed(list, one));
  return [...new Set(outside.map(destinationText))];
}
