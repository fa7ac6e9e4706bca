import type { Timers } from '../../release/clock.ts';
import type { Check, CheckVerdict, PreflightContext } from '../check.ts';
import type { ConnectionsConfig } from '../connections.ts';
import { addressOf } from '../requests.ts';
import { drainOf } from './drain.ts';
import { type ConnectionSources, lookAtConnections } from './open-connections.ts';
import { type Probed, probeAll } from './probes.ts';
import { judge } from './verdict.ts';

/** A check of connections that go on for long. What a platform can't tell of them is said. */
export function createConnectionsCheck(
  config: ConnectionsConfig,
  deps: ConnectionSources & { timers: Timers },
): Check {
  async function judgeWith(context: PreflightContext, probed: Probed[]): Promise<CheckVerdict> {
    const known = await lookAtConnections(context, deps);
    return judge({ config, drain: drainOf(context.plan, config.drain), known, probed });
  }

  const isProbing = config.webSockets.length + config.eventStreams.length > 0;

  return {
    async run(context) {
      if (!isProbing) return judgeWith(context, []);
      const green = addressOf(context.green);
      if (green === null) {
        const summary = `${context.green.id} has no address to connect to`;
        return { verdict: 'fail', summary, evidence: {} };
      }
      const sides = { green, blue: context.blue ? addressOf(context.blue) : null };
      const time = { timers: deps.timers, abort: context.abort };
      return judgeWith(context, await probeAll(config, sides, context.secret, time));
    },
    preflight: (context) => judgeWith(context, []),
  };
}
