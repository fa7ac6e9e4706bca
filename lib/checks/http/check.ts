import type { Timers } from '../../release/clock.ts';
import type { Check, CheckContext, CheckVerdict } from '../check.ts';
import { type Door, openDoor, valuesOf } from '../doors.ts';
import type { HttpCheckConfig } from '../http.ts';
import { fillIn, fillInJson } from '../placeholders.ts';
import { isSafe } from '../requests.ts';
import { headersWithSecrets } from '../written-requests.ts';
import { createSchemaJudge } from './json-schema.ts';
import { type Asking, type Outcome, sample, type Target, usualTimes } from './samples.ts';
import { conclude } from './verdict.ts';

/** So many paths are asked at once, where nobody looks at how long it takes. */
const concurrency = 4;
/** So often at most where users are served by who is asked. */
const timesWhenLive = 3;

/** The check of a manifest's part that was read. */
export function createHttpCheck(config: HttpCheckConfig, { timers }: { timers: Timers }): Check {
  return {
    async run(context) {
      const door = await openDoor(config.through, context.green, context.secret);
      if ('problem' in door) return { verdict: 'fail', summary: door.problem, evidence: {} };
      return look(config, context, { door, timers });
    },
  };
}

async function look(
  config: HttpCheckConfig,
  context: CheckContext,
  { door, timers }: { door: Door; timers: Timers },
): Promise<CheckVerdict> {
  const all = await targetsOf(config, context, door);
  const mayAsk = ({ method }: Target) => !context.isLive || config.writes || isSafe(method);
  const outcomes = await askAll(all.filter(mayAsk), { door, timers, abort: context.abort });
  return conclude(outcomes, { door, leftOut: all.filter((it) => !mayAsk(it)) });
}

/** In the order of the targets. What is timed is asked when nothing else is. */
async function askAll(targets: readonly Target[], asking: Asking): Promise<Outcome[]> {
  const outcomes = new Map<Target, Outcome>();
  const ask = async (target: Target) => {
    outcomes.set(target, await sample(target, asking));
  };
  const isTimed = ({ expect }: Target) => expect.maxLatency !== undefined;
  const untimed = targets.filter((target) => !isTimed(target));
  await eachOf(untimed, concurrency, ask);
  await eachOf(targets.filter(isTimed), 1, ask);
  return targets.flatMap((target) => outcomes.get(target) ?? []);
}

function targetsOf(config: HttpCheckConfig, context: CheckContext, door: Door): Promise<Target[]> {
  const { path, paths = [] } = config;
  const written = [...(path === undefined ? [] : [path]), ...paths];
  const asked = written.map((one) => (typeof one === 'string' ? { path: one } : one));
  return Promise.all(asked.map((own) => targetOf(config, own, context, door)));
}

type OwnPath = Exclude<NonNullable<HttpCheckConfig['paths']>[number], string>;

async function targetOf(
  config: HttpCheckConfig,
  own: OwnPath,
  { green, isLive, secret }: CheckContext,
  door: Door,
): Promise<Target> {
  const values = valuesOf(green);
  const method = own.method ?? config.method;
  const times = own.times ?? config.times;
  const expect = fillInJson(own.expect ?? config.expect, values);
  const headers = await headersWithSecrets(own.headers ?? config.headers, secret);
  const wanted = times ?? usualTimes(method, expect);
  return {
    method,
    path: fillIn(own.path, values),
    headers: { ...headers, ...door.headers },
    body: own.body ?? config.body,
    expect,
    judgeSchema: expect.schema ? await createSchemaJudge(expect.schema) : () => null,
    times: isLive ? Math.min(wanted, timesWhenLive) : wanted,
    isForgiving: times === undefined,
    tolerance: config.tolerance,
    attempts: config.attempts,
    retryDelaySeconds: config.retryDelay,
  };
}

async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
