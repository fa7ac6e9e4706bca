import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Timers } from '../../release/clock.ts';
import { isNamed, messageOf } from '../../release/errors.ts';
import type { Check, CheckAnswer, CheckContext, PreflightContext } from '../check.ts';
import type { LambdaApi, NetworkConfig } from '../network.ts';
import { addressOf } from '../requests.ts';
import { headersWithSecrets } from '../written-requests.ts';
import { type Declared, readDeclaredOf, unlisted } from './declared.ts';
import { createFunctionProbe } from './function-probe.ts';
import { createHttpProbe } from './http-probe.ts';
import { findPaths, type PathFinding } from './paths.ts';
import type { Probe } from './probe.ts';
import { judge, judgeBefore } from './verdict.ts';

/** After Lambda has asked for patience. */
const retryAfterSeconds = 5;

/** What the check needs of its platform. */
export interface NetworkDeps {
  timers: Timers;
  lambda?: LambdaApi | undefined;
  /** Resolves a name; throws where there is none. The machine's own resolver if absent. */
  resolve?: (host: string) => Promise<unknown>;
}

/** A check of the ways out that green needs. */
export function createNetworkCheck(
  config: NetworkConfig,
  { timers, lambda, resolve = lookup }: NetworkDeps,
): Check {
  const { targets } = config;

  async function probesOf(context: CheckContext): Promise<{ green: Probe; blue: Probe | null }> {
    const { probe } = config;
    const { green, blue, secret, abort } = context;
    if (probe?.functionName !== undefined && lambda) {
      const { functionName, alias } = probe;
      return { green: createFunctionProbe({ functionName, alias }, lambda, abort), blue: null };
    }
    if (probe?.path === undefined) throw new Error('is nowhere');
    const { path, open, error } = probe;
    const headers = await headersWithSecrets(probe.headers, secret);
    const probeOn = (base: string) =>
      createHttpProbe(base, { path, headers, open, error }, { timers, abort });
    const [greenBase, blueBase] = [addressOf(green), blue ? addressOf(blue) : null];
    if (greenBase === null) throw new Error(`can't be asked: ${green.id} has no address`);
    return { green: probeOn(greenBase), blue: blueBase === null ? null : probeOn(blueBase) };
  }

  async function lookAtPaths(context: CheckContext): Promise<PathFinding[]> {
    if (targets.length === 0) return [];
    const probes = await probesOf(context);
    return findPaths(targets, probes, { timers, abort: context.abort });
  }

  return {
    async run(context): Promise<CheckAnswer> {
      const [paths, declared] = await Promise.allSettled([
        lookAtPaths(context),
        readDeclaredOf(config.declared, context, timers),
      ]);
      if (paths.status === 'rejected' && isNamed(paths.reason, 'ThrottledError'))
        return { verdict: 'pending', summary: messageOf(paths.reason), retryAfterSeconds };
      if (context.abort.aborted) return failed('its time was up');
      if (paths.status === 'rejected') return failed(`the probe ${messageOf(paths.reason)}`);
      if (declared.status === 'rejected')
        return failed(`what green declares can't be read: ${messageOf(declared.reason)}`);
      return judge({
        paths: paths.value,
        declared: declared.value,
        unlisted: missing(declared.value),
      });
    },
    async preflight(context) {
      const unresolved = await unresolvedNames(context);
      return judgeBefore({ targets, unlisted: missing([]), unresolved });
    },
  };

  function missing(declared: Declared): string[] {
    return unlisted(config, declared);
  }

  async function unresolvedNames({ abort }: PreflightContext): Promise<string[]> {
    const names = [...new Set(targets.map(({ host }) => host))].filter((host) => isIP(host) === 0);
    const aborted = new Promise<never>((_, reject) => {
      abort.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
    });
    aborted.catch(() => {});
    const found = await Promise.allSettled(
      names.map((name) => Promise.race([resolve(name), aborted])),
    );
    return names.flatMap((name, i) => {
      const one = found[i];
      return one?.status === 'rejected' ? [`${name} (${messageOf(one.reason)})`] : [];
    });
  }
}

function failed(summary: string): CheckAnswer {
  return { verdict: 'fail', summary, evidence: {} };
}
