/**
 * A conductor that a test can kill with SIGKILL: provisions one environment, waits until it is ready,
 * prints its ref, and stays. Arguments: state directory, artifact path.
 */

import { createProcessSupervisor } from '../../../lib/environments/process/supervisor.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { quickSpec, realClock, realIds, realTimers, settle } from './process-harness.ts';

const [directory = '', uri = ''] = process.argv.slice(2);
const supervisor = createProcessSupervisor({
  directory,
  baseDirectory: directory,
  clock: realClock,
  timers: realTimers,
  ids: realIds,
  log: silentLogger,
});
const { ref } = await settle(supervisor, { uri, version: '1.0.0' }, quickSpec);
console.log(JSON.stringify(ref));
setInterval(() => {}, 60_000);
