import type { Execution, Machine } from '../engine/engine.ts';
import type { ArtifactArrival } from '../release/artifact-source.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import type { FiringAlarm } from '../signals/signal.ts';
import type { Ports } from '../steps/ports.ts';
import {
  type ContainerDeps,
  container,
  type Handler,
  type HandlerDeps,
  withLogging,
} from './lambda-container.ts';
import { readAlarmEvent } from './triggers/alarm-event.ts';
import { readArtifactEvent } from './triggers/artifact-event.ts';
import { unwrapEvent } from './triggers/delivered-event.ts';
import { type ExecutionEnd, readExecutionEvent } from './triggers/execution-event.ts';

/*
 * What is thrown here makes Lambda try again, twice, and then leave the event in the dead-letter queue
 * (lambda/latest/dg/invocation-async-error-handling.html). So only what a repetition or a person can
 * mend is thrown. What lies in the queue may be sent again as it is (docs/triggers.md).
 */

/** The Lambda handler of artifacts that land, by EventBridge. */
export function artifactHandler(
  onArtifact: (arrival: ArtifactArrival, ports: Ports) => Promise<void>,
  { logger, ports }: HandlerDeps = container,
): Handler<null> {
  return withLogging(logger, async (event) => {
    const arrival = readArtifactEvent(unwrapEvent(event));
    if (arrival) await onArtifact(arrival, ports());
    else logger.info('no artifact has landed', { event });
    return null;
  });
}

/**
 * The Lambda handler of alarms, by EventBridge and by SNS. Only ALARM counts; what is no alarm at all
 * is logged, since anything may be published to a topic.
 */
export function alarmHandler(
  recordAlarm: (alarm: FiringAlarm, ports: Ports) => Promise<void>,
  { logger, ports }: HandlerDeps = container,
): Handler<null> {
  return withLogging(logger, async (event) => {
    const { clock } = ports();
    const told = readAlarmEvent(unwrapEvent(event), clock.now()).map(async (it) => {
      if ('noAlarm' in it) logger.warn('what came is no alarm', { came: it.noAlarm });
      else if (it.state !== 'ALARM') logger.info('an alarm is not firing', { ...it });
      else await recordAlarm({ name: it.name, since: it.since, reason: it.reason }, ports());
    });
    // All of them to their end: after an answer Lambda lets nothing go on.
    const failed = (await Promise.allSettled(told)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    return null;
  });
}

/** The Lambda handler of executions that ended, by EventBridge. */
export function executionHandler(
  onExecutionEnded: (ended: Omit<Execution, 'input'>, ports: Ports) => Promise<void>,
  { logger, ports, machineOf }: Pick<ContainerDeps, 'logger' | 'ports' | 'machineOf'> = container,
): Handler<null> {
  return withLogging(logger, async (event) => {
    const ended = readExecutionEvent(unwrapEvent(event));
    const machine = ended && machineOf(ended.stateMachineArn);
    if (ended && machine) await onExecutionEnded(await withCause(machine, ended, ports()), ports());
    else logger.info('no execution of ours has ended', { event });
    return null;
  });
}

/** A release is left alone this long before a sweep asks whether anybody works on it, in milliseconds. */
const sweepGraceMs = 120_000;

/** The Lambda handler of the schedule that looks for stranded releases. */
export function sweepHandler(
  sweepStranded: (graceMs: number, ports: Ports) => Promise<void>,
  { logger, ports }: HandlerDeps = container,
): Handler<null> {
  return withLogging(logger, async () => {
    await sweepStranded(sweepGraceMs, ports());
    return null;
  });
}

/**
 * Asks the engine why an execution failed. Step Functions answers that a moment late at times; who
 * goes on from the old answer would take a stranded release for a running one.
 * @throws EngineUnavailableError while the engine still says that it runs: try again.
 */
async function withCause(
  machine: Machine,
  { name, status, error, cause }: ExecutionEnd,
  ports: Ports,
): Promise<Omit<Execution, 'input'>> {
  const told = { machine, name, status, error, cause };
  const found = await describe(machine, name, ports);
  if (found?.status === 'running') {
    const message = `execution ${name} has ended (${status}), but is still described as running`;
    throw new VerdigrisError('EngineUnavailableError', message);
  }
  return { ...told, error: error ?? found?.error ?? null, cause: cause ?? found?.cause ?? null };
}

/** A cause is worth a question, not the rollback of a stranded release. */
async function describe(machine: Machine, name: string, ports: Ports): Promise<Execution | null> {
  try {
    return await ports.engine.describe(machine, name);
  } catch (error) {
    ports.log.warn('why an execution ended is unknown', { name, reason: messageOf(error) });
    return null;
  }
}
