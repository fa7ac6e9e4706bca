import {
  type CloudWatchClient,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';

/** What an AWS SDK client throws: an error whose name says what. */
export function awsError(name: string, message = `${name} said no`): Error {
  return Object.assign(new Error(message), { name });
}

/** One value that somebody put, under its exact dimensions. */
interface Datum {
  metric: string;
  dimensions: string;
  atMs: number;
  value: number;
}

/** Dimensions as one comparable text, whatever their order. */
function keyOf(
  dimensions: readonly { Name?: string | undefined; Value?: string | undefined }[],
): string {
  return dimensions
    .map(({ Name, Value }) => `${Name}=${Value}`)
    .toSorted()
    .join();
}

/** A call, by its action. */
interface Sent {
  command: string;
  input: object;
}

/** As much of CloudWatch as the adapters use, in memory, with small pages and with faults. */
export interface FakeCloudWatch {
  client: Pick<CloudWatchClient, 'send'>;
  /** Every input in order, by command. */
  readonly sent: readonly Sent[];
  /** Creates an alarm or changes it. */
  setAlarm(alarm: MetricAlarm & { AlarmName: string }, kind?: 'metric' | 'composite'): void;
  /** Puts values that belong to one moment. */
  put(metric: string, dimensions: Record<string, string>, atMs: number, values: number[]): void;
  /** The next calls throw this. */
  failWith(error: Error | null): void;
}

/** @param pageSize Alarms or values per page. */
export function createFakeCloudWatch({ pageSize = 1000 } = {}): FakeCloudWatch {
  const sent: Sent[] = [];
  const alarms = new Map<string, MetricAlarm & { kind: 'metric' | 'composite' }>();
  const data: Datum[] = [];
  let fault: Error | null = null;

  function describe(input: DescribeAlarmsCommandInput) {
    const { AlarmNames, AlarmNamePrefix, AlarmTypes = ['MetricAlarm'] } = input;
    if ((AlarmNames?.length ?? 0) > 100) throw awsError('ValidationError');
    const found = [...alarms.values()].filter(
      ({ AlarmName = '', kind }) =>
        AlarmTypes.includes(kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm') &&
        (AlarmNames?.includes(AlarmName) ?? AlarmName.startsWith(AlarmNamePrefix ?? '')),
    );
    const from = Number(input.NextToken ?? 0);
    const page = found.slice(from, from + pageSize);
    const rest = from + pageSize < found.length ? { NextToken: String(from + pageSize) } : {};
    return {
      MetricAlarms: page.filter(({ kind }) => kind === 'metric'),
      CompositeAlarms: page.filter(({ kind }) => kind === 'composite'),
      ...rest,
    };
  }

  function valuesOf(input: GetMetricDataCommandInput) {
    const queries = input.MetricDataQueries ?? [];
    if (queries.length > 500) throw awsError('ValidationError');
    return queries.flatMap(({ Id, MetricStat }) => {
      const { Metric, Period = 60, Stat } = MetricStat ?? {};
      const periodMs = Period * 1000;
      const [fromMs, toMs] = [input.StartTime?.getTime() ?? 0, input.EndTime?.getTime() ?? 0];
      if (fromMs % periodMs !== 0 || toMs % periodMs !== 0) throw awsError('ValidationError');
      const mine = data.filter(
        ({ metric, dimensions, atMs }) =>
          metric === Metric?.MetricName &&
          dimensions === keyOf(Metric?.Dimensions ?? []) &&
          atMs >= fromMs &&
          atMs < toMs,
      );
      const groups = Map.groupBy(mine, ({ atMs }) => Math.floor(atMs / periodMs) * periodMs);
      return [...groups].map(([atMs, group]) => ({
        Id,
        at: new Date(atMs),
        value: statisticOf(
          group.map(({ value }) => value),
          Stat ?? '',
        ),
      }));
    });
  }

  function read(input: GetMetricDataCommandInput) {
    const all = valuesOf(input);
    const from = Number(input.NextToken ?? 0);
    const page = all.slice(from, from + pageSize);
    const isLast = from + pageSize >= all.length;
    const MetricDataResults = (input.MetricDataQueries ?? []).map(({ Id }) => {
      const mine = page.filter((value) => value.Id === Id);
      return {
        Id,
        Timestamps: mine.map(({ at }) => at),
        Values: mine.map(({ value }) => value),
        StatusCode: isLast ? 'Complete' : 'PartialData',
      };
    });
    return { MetricDataResults, ...(isLast ? {} : { NextToken: String(from + pageSize) }) };
  }

  /** A name that there is none of changes nothing, as in CloudWatch. */
  function setActions({ AlarmNames = [] }: { AlarmNames?: string[] | undefined }, isOn: boolean) {
    if (AlarmNames.length > 100) throw awsError('ValidationError');
    for (const name of AlarmNames) {
      const alarm = alarms.get(name);
      if (alarm) alarms.set(name, { ...alarm, ActionsEnabled: isOn });
    }
    return {};
  }

  const send = async (command: object) => {
    const { input } = command as { input: object };
    sent.push({ command: command.constructor.name.replace(/Command$/, ''), input });
    if (fault) throw fault;
    if (command instanceof DisableAlarmActionsCommand) return setActions(command.input, false);
    if (command instanceof EnableAlarmActionsCommand) return setActions(command.input, true);
    if (command instanceof DescribeAlarmsCommand) return describe(command.input);
    if (command instanceof GetMetricDataCommand) return read(command.input);
    throw new Error('unexpected command');
  };

  return {
    client: { send } as unknown as FakeCloudWatch['client'],
    sent,
    setAlarm(alarm, kind = 'metric') {
      const before = alarms.get(alarm.AlarmName);
      alarms.set(alarm.AlarmName, { ...before, ...alarm, kind });
    },
    put(metric, dimensions, atMs, values) {
      const key = keyOf(Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })));
      for (const value of values) data.push({ metric, dimensions: key, atMs, value });
    },
    failWith(error) {
      fault = error;
    },
  };
}

function statisticOf(values: number[], statistic: string): number {
  if (statistic === 'Sum') return values.reduce((sum, value) => sum + value, 0);
  const share = Number(statistic.slice(1)) / 100;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
