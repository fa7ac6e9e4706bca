import { readFileSync } from 'node:fs';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { parse } from 'yaml';
import type { Handler } from '../engine/embedded.ts';
import { type Machine, machines } from '../engine/engine.ts';
import type { Json } from '../release/json.ts';
import { admit } from '../steps/admit.ts';
import { complete } from '../steps/complete.ts';
import { cutover } from '../steps/cutover.ts';
import { discard } from '../steps/discard.ts';
import { hold } from '../steps/hold.ts';
import { judge } from '../steps/judge.ts';
import type { Ports, StepCall } from '../steps/ports.ts';
import { provision } from '../steps/provision.ts';
import { reportRollbackFailed } from '../steps/report-rollback-failed.ts';
import { requestApproval } from '../steps/request-approval.ts';
import { retire } from '../steps/retire.ts';
import { rollback } from '../steps/rollback.ts';
import { type TokenPayload, type TokenStep, waitingTaskOf } from '../steps/step.ts';
import { validate } from '../steps/validate.ts';
import { watchWindow } from '../steps/watch-window.ts';

/** The shipped state machines, parsed. */
export function readDefinitions(): Record<Machine, StateMachineDefinition> {
  const read = (machine: Machine) => {
    const file = new URL(`../../statemachines/${machine}.asl.yml`, import.meta.url);
    return [machine, parse(readFileSync(file, 'utf8'), { merge: true })] as const;
  };
  return Object.fromEntries(machines.map(read)) as Record<Machine, StateMachineDefinition>;
}

type AnyStep = (input: never, ports: Ports, call: StepCall) => Promise<unknown>;

/** The steps in place of their Lambda functions, by the function keys of serverless.yml. */
export function createHandlers(ports: Ports): Record<string, Handler> {
  const step =
    (run: AnyStep): Handler =>
    async (payload, call) =>
      (await run(payload as never, ports, call)) as Json;
  const tokenStep =
    (run: TokenStep): Handler =>
    async (payload) => {
      const { document, ...task } = payload as unknown as { document: never } & TokenPayload;
      await run(document, waitingTaskOf(task), ports);
      return null;
    };
  return {
    admit: step(admit),
    provision: step(provision),
    validate: step(validate),
    requestApproval: tokenStep(requestApproval),
    cutover: step(cutover),
    watchWindow: tokenStep(watchWindow),
    judge: step(judge),
    complete: step(complete),
    hold: step(hold),
    discard: step(discard),
    rollback: step(rollback),
    reportRollbackFailed: step(reportRollbackFailed),
    retire: step(retire),
  };
}
