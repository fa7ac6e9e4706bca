import {
  type AlarmType,
  type CloudWatchClient,
  type CompositeAlarm,
  DescribeAlarmsCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import { z } from 'zod';
import { isoTime } from '../release/clock.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig } from '../release/json.ts';
import type { KindSchema } from '../release/manifest.ts';
import { nearestName } from '../release/nearest.ts';
import { toSignalError } from './cloudwatch-errors.ts';
import type { AlarmActions, FiringAlarm, Signal } from './signal.ts';

/** `signals: { kind: cloudwatch-alarms }` of a manifest. */
export const cloudWatchAlarmsSchema = z.strictObject({ kind: z.literal('cloudwatch-alarms') });

/** The kind, for the manifest. */
export const cloudWatchAlarmsKind: KindSchema = {
  kind: 'cloudwatch-alarms',
  schema: cloudWatchAlarmsSchema,
};

/** What the signal needs of the SDK. */
export interface CloudWatchAlarmsDeps {
  client: Pick<CloudWatchClient, 'send'>;
  /** The topic over which alarms reach the conductor, if there is one. */
  topicArn?: string | undefined;
}

type Alarm = Pick<
  MetricAlarm & CompositeAlarm,
  | 'AlarmName'
  | 'ActionsEnabled'
  | 'AlarmActions'
  | 'OKActions'
  | 'InsufficientDataActions'
  | 'StateValue'
  | 'StateReason'
  | 'StateTransitionedTimestamp'
  | 'StateUpdatedTimestamp'
>;

/** Without this DescribeAlarms leaves composite alarms out. */
const alarmTypes: AlarmType[] = ['MetricAlarm', 'CompositeAlarm'];
/** DescribeAlarms takes so many names at once. */
const namesPerCall = 100;

/**
 * CloudWatch alarms of this account and region, by name. An alarm fires in state ALARM; one with too
 * little data does not. Alarms are told apart by upper and lower case, as in CloudWatch.
 * See AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html.
 * @throws ZodError when `config` is not valid against {@link cloudWatchAlarmsSchema}.
 */
export function createCloudWatchAlarms(
  config: AdapterConfig,
  { client, topicArn }: CloudWatchAlarmsDeps,
): Signal {
  cloudWatchAlarmsSchema.parse(config);
  return {
    async firing(names) {
      const found = await findAlarms(client, names);
      await refuseUnknown(client, names, found);
      return [...found.values()].filter(({ StateValue }) => StateValue === 'ALARM').map(toFiring);
    },
    async examine(names) {
      const found = await findAlarms(client, names);
      return names.map((name) => {
        const alarm = found.get(name);
        return { name, exists: alarm !== undefined, hasAction: tells(alarm, topicArn) };
      });
    },
    actions: actionsOf(client),
  };
}

/** EventBridge hears of an alarm all the same: events do not depend on `ActionsEnabled`. */
function actionsOf(client: CloudWatchAlarmsDeps['client']): AlarmActions {
  return {
    async inForce(names) {
      const found = await findAlarms(client, names);
      return [...found].filter(([, alarm]) => hasActions(alarm)).map(([name]) => name);
    },
    async suspend(names) {
      for (const AlarmNames of batchesOf(names)) {
        await client.send(new DisableAlarmActionsCommand({ AlarmNames })).catch((error) => {
          throw toSignalError(error, 'cloudwatch:DisableAlarmActions');
        });
      }
    },
    async resume(names) {
      for (const AlarmNames of batchesOf(names)) {
        await client.send(new EnableAlarmActionsCommand({ AlarmNames })).catch((error) => {
          throw toSignalError(error, 'cloudwatch:EnableAlarmActions');
        });
      }
    },
  };
}

function hasActions({ ActionsEnabled, ...alarm }: Alarm): boolean {
  const { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = alarm;
  const all = [...AlarmActions, ...OKActions, ...InsufficientDataActions];
  return ActionsEnabled !== false && all.length > 0;
}

/** EventBridge hears of every alarm that there is; an action at the topic is the second way. */
function tells(alarm: Alarm | undefined, topicArn: string | undefined): boolean | null {
  if (!alarm || topicArn === undefined) return null;
  return alarm.ActionsEnabled !== false && (alarm.AlarmActions ?? []).includes(topicArn);
}

async function findAlarms(
  client: CloudWatchAlarmsDeps['client'],
  names: readonly string[],
): Promise<Map<string, Alarm>> {
  const found = new Map<string, Alarm>();
  for (const batch of batchesOf([...new Set(names)])) {
    for (const alarm of await describe(client, batch)) found.set(alarm.AlarmName ?? '', alarm);
  }
  return found;
}

function batchesOf(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / namesPerCall);
  return Array.from({ length: count }, (_, i) =>
    names.slice(i * namesPerCall, (i + 1) * namesPerCall),
  );
}

async function describe(client: CloudWatchAlarmsDeps['client'], names: string[]): Promise<Alarm[]> {
  const alarms: Alarm[] = [];
  let next: string | undefined;
  do {
    const page = new DescribeAlarmsCommand({
      AlarmNames: names,
      AlarmTypes: alarmTypes,
      MaxRecords: namesPerCall,
      ...(next === undefined ? {} : { NextToken: next }),
    });
    const { MetricAlarms, CompositeAlarms, NextToken } = await client.send(page).catch((error) => {
      throw toSignalError(error, 'cloudwatch:DescribeAlarms');
    });
    alarms.push(...(MetricAlarms ?? []), ...(CompositeAlarms ?? []));
    next = NextToken;
  } while (next !== undefined);
  return alarms;
}

async function refuseUnknown(
  client: CloudWatchAlarmsDeps['client'],
  names: readonly string[],
  found: ReadonlyMap<string, Alarm>,
): Promise<void> {
  const unknown = names.find((name) => !found.has(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, await similarNames(client, unknown));
  throw new VerdigrisError(
    'AlarmUnknownError',
    `there is no CloudWatch alarm "${unknown}" in this account and region` +
      (nearest ? `; did you mean "${nearest}"?` : ''),
  );
}

/** Alarms that begin alike, one call at most: a hint must not cost a listing of all alarms. */
async function similarNames(
  client: CloudWatchAlarmsDeps['client'],
  name: string,
): Promise<string[]> {
  const command = new DescribeAlarmsCommand({
    AlarmNamePrefix: name.slice(0, Math.ceil(name.length / 2)),
    AlarmTypes: alarmTypes,
    MaxRecords: namesPerCall,
  });
  const alike = await client.send(command).catch(() => null);
  const alarms = [...(alike?.MetricAlarms ?? []), ...(alike?.CompositeAlarms ?? [])];
  return alarms.flatMap(({ AlarmName }) => AlarmName ?? []);
}

/**
 * `StateTransitionedTimestamp` is when the state began. `StateUpdatedTimestamp` moves on while it
 * lasts, so it stands in only where the other is missing.
 */
function toFiring(alarm: Alarm): FiringAlarm {
  const { AlarmName: name = '', StateReason } = alarm;
  const since = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  return {
    name,
    since: isoTime(since?.getTime() ?? 0),
    reason: StateReason || `${name} is in state ALARM`,
  };
}
