import { setTimeout as sleep } from 'node:timers/promises';
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { clientConfig } from '../../cloud/emulators.ts';
import type { Cloud } from '../../cloud/open-cloud.ts';
import { functionNameOf, stageName } from '../../cloud/stack.ts';
import type { Meter } from './meter.ts';
import { between, type MeasuredRelease, plus, type Usage } from './usage.ts';

const patienceMs = 300_000;
const quietMs = 3000;
const lookEveryMs = 200;

/** The conductor's machines; a plain release runs the first and the last. */
const machines = ['release', 'rollback', 'retire'] as const;

/** Reads what releases use, without asking the conductor: that would be counted too. */
export interface Book {
  /**
   * Has a release begin, follows it to its end and that of blue's retirement, and tells what was used.
   * @throws Error when it did not complete.
   */
  release(begin: () => Promise<unknown>): Promise<MeasuredRelease>;
  /** Calls a function by itself and tells what it used. */
  invoke(functionKey: string): Promise<Usage>;
}

/** Opens the book of a cloud whose functions ask through this meter. */
export async function openBook(
  cloud: Cloud,
  meter: Meter,
  functionKeys: readonly string[],
): Promise<Book> {
  const config = clientConfig(cloud.url);
  const [states, lambda, events] = [
    new SFNClient(config),
    new LambdaClient(config),
    new EventBridgeClient(config),
  ];
  // What runs by the clock would be counted with whatever release it falls into.
  await events.send(new DisableRuleCommand({ Name: `verdigris-${stageName}-sweep` }));
  const seen = new Set<string>();
  return {
    async release(begin) {
      const before = await counted();
      await begin();
      const executions = await untilStill();
      const histories = await Promise.all(executions.map((it) => historyOf(states, it)));
      const transitions = Object.fromEntries(
        machines.map((machine) => [
          `transitions.${machine}`,
          sum(
            histories.filter((it) => it.machine === machine).map((it) => transitionsOf(it.events)),
          ),
        ]),
      );
      const used = between(before, await counted());
      const looks = sum(histories.map(({ events }) => timesEntered(events, 'Judge')));
      return { looks, usage: plus(used, transitions) };
    },
    async invoke(key) {
      const before = await counted();
      const FunctionName = functionNameOf(key);
      const { FunctionError, Payload = [] } = await lambda.send(
        new InvokeCommand({ FunctionName, Payload: '{}' }),
      );
      if (FunctionError) throw new Error(`${key}: ${Buffer.from(Payload).toString('utf8')}`);
      return between(before, await counted());
    },
  };

  async function counted(): Promise<Usage> {
    const counts = functionKeys.map(async (key) => [
      `invocations.${key}`,
      await invocationsOf(cloud.url, functionNameOf(key)),
    ]);
    return plus(meter.read(), Object.fromEntries(await Promise.all(counts)));
  }

  /** Executions that are new, once all have ended and the functions have nothing more to ask. */
  async function untilStill(): Promise<Execution[]> {
    const deadline = performance.now() + patienceMs;
    let [last, since] = ['', performance.now()];
    for (;;) {
      const found = (await listAll()).filter(({ arn }) => !seen.has(arn));
      const now = JSON.stringify([found, meter.read()]);
      if (now !== last) [last, since] = [now, performance.now()];
      const isOver = found.length > 1 && found.every(({ status }) => status !== 'RUNNING');
      if (isOver && performance.now() - since > quietMs) {
        for (const { arn, status, machine } of found) {
          if (status !== 'SUCCEEDED') throw new Error(`the ${machine} machine ended ${status}`);
          seen.add(arn);
        }
        return found;
      }
      if (performance.now() > deadline) throw new Error(`no end within five minutes: ${last}`);
      await sleep(lookEveryMs);
    }
  }

  async function listAll(): Promise<Execution[]> {
    const lists = machines.map(async (machine) => {
      const output = `${machine[0]?.toUpperCase()}${machine.slice(1)}StateMachineArn`;
      const stateMachineArn = cloud.outputs[output];
      const { executions = [] } = await states.send(new ListExecutionsCommand({ stateMachineArn }));
      return executions.map(({ executionArn: arn = '', status = '' }) => ({
        machine,
        arn,
        status,
      }));
    });
    return (await Promise.all(lists)).flat();
  }
}

interface Execution {
  machine: (typeof machines)[number];
  arn: string;
  status: string;
}

async function historyOf(client: SFNClient, { machine, arn }: Execution) {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000, nextToken }),
    );
    events.push(...(page.events ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return { machine, events };
}

/** States entered, and retries, which are billed as transitions too. */
function transitionsOf(events: HistoryEvent[]): number {
  const count = (test: (type: string) => boolean) =>
    events.filter(({ type = '' }) => test(type)).length;
  const retries = count((it) => it === 'TaskScheduled') - count((it) => it === 'TaskStateEntered');
  return count((it) => it.endsWith('StateEntered')) + Math.max(0, retries);
}

function timesEntered(events: HistoryEvent[], state: string): number {
  return events.filter(({ stateEnteredEventDetails: it }) => it?.name === state).length;
}

interface LogPage {
  events?: { message: string }[];
  nextToken?: string;
}

/** Since the emulator began: a function's log has a START line for each. */
async function invocationsOf(url: string, functionName: string): Promise<number> {
  let count = 0;
  let nextToken: string | undefined;
  do {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Logs_20140328.FilterLogEvents',
      },
      body: JSON.stringify({ logGroupName: `/aws/lambda/${functionName}`, nextToken }),
    });
    if (!answer.ok) throw new Error(`the log of ${functionName} cannot be read: ${answer.status}`);
    const page = (await answer.json()) as LogPage;
    const messages = (page.events ?? []).map(({ message }) => message);
    count += messages.filter((it) => it.startsWith('START RequestId')).length;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return count;
}

function sum(values: number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
