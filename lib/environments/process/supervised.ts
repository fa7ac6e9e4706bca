import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timers } from '../../release/clock.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import type { Logger } from '../../release/logger.ts';
import { formatDuration } from '../../release/quantities.ts';
import type { EnvironmentStatus } from '../environment.ts';
import { probeHealth } from './health.ts';
import { findEnvironmentProcess, isEnvironmentProcess } from './os-process.ts';
import { lastLines } from './output-log.ts';
import { findFreePort, isPortFree } from './ports.ts';
import { createProcessRunner } from './process-runner.ts';
import { addressOf, type EnvironmentRecord, writeRecord } from './record.ts';
import { pause } from './stop-group.ts';

const reportedLines = 10;
const mostPortMoves = 5;
const firstRestartMs = 1000;
const slowestRestartMs = 30_000;
/** A process that ran this long starts over with the shortest delay. */
const steadyAfterMs = 60_000;
const lookAgainSeconds = 0.1;

/** What one environment needs of its supervisor. */
export interface SupervisedDeps {
  /** Holds `app/`, `environment.json` and `output.log`. Absolute. */
  directory: string;
  clock: Clock;
  timers: Timers;
  log: Logger;
  inherited: NodeJS.ProcessEnv;
  /** Ports of all environments, also of those that are just being started again. */
  takenPorts(): ReadonlySet<number>;
}

/** One environment's process from its start to its end. */
export interface Supervised {
  readonly record: Readonly<EnvironmentRecord>;
  /** Starts it for the first time. */
  start(): Promise<void>;
  /** Finds out what became of it after another conductor ended. */
  adopt(): Promise<void>;
  /** Looks once; `address` is what the caller believes it to be. */
  status(address: string | null): Promise<EnvironmentStatus>;
  /** Brings it back and waits until it is healthy. @throws ProvisionFailedError */
  revive(): Promise<void>;
  /** Begins to remove it, or says how far that is. */
  retire(): 'retired' | 'pending';
  /** Ends its process with the conductor; its files stay, so that it can be revived. */
  shutDown(): Promise<void>;
}

/** A supervised environment with this record, whose process is not looked at yet. */
export function createSupervised(initial: EnvironmentRecord, deps: SupervisedDeps): Supervised {
  const { clock, timers, log, directory } = deps;
  const { healthPath, readyWithinSeconds, stopWithinSeconds } = initial.spec;
  const logFile = join(directory, 'output.log');
  const appDirectory = join(directory, 'app');
  const runner = createProcessRunner({ clock, timers, onEnd: ended });
  let record = initial;
  let isReviving = false;
  let isShutDown = false;
  let portMoves = 0;
  let restartsInARow = 0;
  let cancelRestart = () => {};
  let retiring: Promise<void> | null = null;

  function update(change: Partial<EnvironmentRecord>): void {
    record = { ...record, ...change };
    writeRecord(join(directory, 'environment.json'), record);
  }

  function launchOn(port: number): void {
    const workingDirectory = join(appDirectory, record.spec.workingDirectory);
    const { inherited } = deps;
    // Before the process is there: a conductor that is killed in between finds it by this record.
    update({ pid: null, port, startedAtMs: clock.now(), nodeVersion: process.version });
    const logOffset = runner.start({ record, port, workingDirectory, logFile, inherited });
    update({ pid: runner.pid, logOffset });
  }

  /** Called out of an event, so it must not throw. */
  function ended(how: string): void {
    try {
      update({ pid: null });
      if (isBeginning() && portMoves < mostPortMoves && hasLostPort()) void moveToFreePort();
      else if (isBeginning()) giveUp(how);
      else if (record.state === 'live') restartLater(how);
    } catch (error) {
      log.error(`${record.id} ${how} and cannot be cared for`, { reason: messageOf(error) });
    }
  }

  /** Not healthy yet, so that it may still move to another port, and is not started again. */
  function isBeginning(): boolean {
    return record.state === 'starting' || isReviving;
  }

  function hasLostPort(): boolean {
    const lines = lastLines(logFile, record.logOffset, 100);
    return lines.some((line) => /EADDRINUSE|address already in use/i.test(line));
  }

  async function moveToFreePort(): Promise<void> {
    portMoves += 1;
    try {
      const port = await findFreePort(deps.takenPorts());
      log.warn(`port ${record.port} of ${record.id} was taken meanwhile; trying ${port}`);
      if (isBeginning()) launchOn(port);
    } catch (error) {
      giveUp(`could not be started on another port: ${messageOf(error)}`);
    }
  }

  function giveUp(how: string): void {
    const lines = lastLines(logFile, record.logOffset, reportedLines);
    const tail = lines.length > 0 ? `its last lines:\n${lines.join('\n')}` : 'it wrote nothing';
    const state = record.state === 'starting' ? 'failed' : 'down';
    isReviving = false;
    update({ state, reason: `${how}; ${tail}` });
    log.warn(`${record.id} ${how}`, { state, lines });
  }

  function restartLater(how: string): void {
    if (clock.now() - record.startedAtMs >= steadyAfterMs) restartsInARow = 0;
    const delayMs = Math.min(slowestRestartMs, firstRestartMs * 2 ** restartsInARow);
    restartsInARow += 1;
    update({ reason: `${how}; it is started again after ${formatDuration(delayMs / 1000)}` });
    log.error(`${record.id} ${record.reason}`, { restarts: record.restarts });
    cancelRestart = timers.after(delayMs, restart);
  }

  function restart(): void {
    try {
      update({ restarts: record.restarts + 1 });
      launchOn(record.port);
    } catch (error) {
      restartLater(`could not be started again: ${messageOf(error)}`);
    }
  }

  function stopProcess(): Promise<void> {
    cancelRestart();
    return runner.stop(stopWithinSeconds);
  }

  function probe(): Promise<string | null> {
    return probeHealth(addressOf(record.port), healthPath, timers);
  }

  async function statusOfStarting(address: string | null): Promise<EnvironmentStatus> {
    const { generation } = runner;
    const reason = await probe();
    const isOfNow = runner.isRunning && runner.generation === generation;
    // Who answers may be somebody who took the port while this process was dying for it.
    if (record.state === 'failed') return statusOf('failed', record.reason);
    if (record.state !== 'starting' || !isOfNow) return statusOf('pending', 'is being started');
    if (reason === null) return becomeReady(address);
    const waiting = `GET ${healthPath}: ${reason}`;
    if (clock.now() - record.startedAtMs < readyWithinSeconds * 1000)
      return statusOf('pending', waiting);
    giveUp(`was not healthy within ${formatDuration(readyWithinSeconds)} (${waiting})`);
    void stopProcess();
    return statusOf('failed', record.reason);
  }

  function becomeReady(address: string | null): EnvironmentStatus {
    update({ state: 'live', reason: '' });
    if (address === addressOf(record.port)) return statusOf('ready', '');
    // Whoever provisions gets the new address before the next look.
    return statusOf('pending', 'has just changed its port');
  }

  async function statusOfLive(): Promise<EnvironmentStatus> {
    if (!runner.isRunning) return statusOf('pending', record.reason);
    const reason = await probe();
    if (reason === null) return statusOf('ready', '');
    return statusOf('pending', `GET ${healthPath}: ${reason}`);
  }

  async function finishRetiring(): Promise<void> {
    try {
      await stopProcess();
      await rm(appDirectory, { recursive: true, force: true });
      update({ state: 'retired', reason: 'was removed', pid: null });
    } catch (error) {
      log.error(`${record.id} cannot be removed yet`, { reason: messageOf(error) });
    } finally {
      retiring = null;
    }
  }

  function retire(): 'retired' | 'pending' {
    if (record.state === 'retired') return 'retired';
    isReviving = false;
    if (record.state !== 'stopping') update({ state: 'stopping', reason: 'is being removed' });
    retiring ??= finishRetiring();
    return 'pending';
  }

  async function adopt(): Promise<void> {
    const { state } = record;
    const pid = findOurs();
    const isOurs = pid !== null;
    if (isOurs) runner.adopt(pid);
    if (pid !== record.pid) update({ pid });
    if (state === 'stopping') retire();
    else if (state === 'failed') void stopProcess();
    else if (state === 'starting' && !isOurs) giveUp('ended while no conductor was there');
    else if (state === 'live' || state === 'down') await adoptLive(isOurs);
  }

  /** The process on record, or one that was started and never got there. */
  function findOurs(): number | null {
    const { pid, id, port, state } = record;
    if (pid !== null && isEnvironmentProcess(pid, id)) return pid;
    return pid !== null || state === 'retired' ? null : findEnvironmentProcess(id, port);
  }

  async function adoptLive(isOurs: boolean): Promise<void> {
    const reason = isOurs ? await probe() : 'its process is gone';
    if (reason === null) update({ state: 'live', reason: '' });
    else update({ state: 'down', reason: `is not running: ${reason}` });
  }

  async function revive(): Promise<void> {
    if (record.state === 'starting' || (record.state === 'live' && runner.isRunning)) return;
    if (record.state !== 'live' && record.state !== 'down')
      throw unrevivable('it was never ready or is removed; release its version again');
    update({ state: 'down', reason: 'is being started again', restarts: record.restarts + 1 });
    await stopProcess();
    const isFree = await isPortFree(record.port);
    const port = isFree ? record.port : await findFreePort(deps.takenPorts());
    if (isShutDown || record.state !== 'down') throw unrevivable('it was stopped meanwhile');
    isReviving = true;
    portMoves = 0;
    launchOn(port);
    await untilHealthy();
  }

  async function untilHealthy(): Promise<void> {
    const deadline = clock.now() + readyWithinSeconds * 1000;
    while (isReviving) {
      const { generation } = runner;
      const reason = await probe();
      if (!isReviving) break;
      if (reason === null && runner.isRunning && runner.generation === generation) {
        isReviving = false;
        update({ state: 'live', reason: '' });
        return;
      }
      if (clock.now() >= deadline) {
        giveUp(`was not healthy again within ${formatDuration(readyWithinSeconds)}`);
        await stopProcess();
      } else await pause(timers, lookAgainSeconds * 1000);
    }
    throw unrevivable(record.reason);
  }

  function unrevivable(reason: string): VerdigrisError {
    return new VerdigrisError('ProvisionFailedError', `${record.id} cannot be revived: ${reason}`);
  }

  return {
    get record() {
      return record;
    },
    async start() {
      launchOn(await findFreePort(deps.takenPorts()));
    },
    adopt,
    async status(address) {
      if (record.state === 'starting') return statusOfStarting(address);
      if (record.state === 'live') return statusOfLive();
      const isGone = record.state === 'stopping' || record.state === 'retired';
      return statusOf(isGone ? 'gone' : 'failed', record.reason);
    },
    revive,
    retire,
    async shutDown() {
      isShutDown = true;
      if (isBeginning()) giveUp('was stopped with the conductor before it was ready');
      if (record.state === 'live')
        update({ state: 'down', reason: 'was stopped with the conductor' });
      await stopProcess();
      await retiring;
    },
  };
}

function statusOf(state: EnvironmentStatus['state'], reason: string): EnvironmentStatus {
  return { state, reason, retryAfterSeconds: lookAgainSeconds };
}
