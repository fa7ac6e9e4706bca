import type { IncomingMessage } from 'node:http';
import { type Relay, startRelay } from '../../cloud/relay.ts';
import type { Usage } from './usage.ts';

/** Stands between the functions of an emulated cloud and the emulator, and counts what they ask for. */
export interface Meter extends Relay {
  /** Everything so far. */
  read(): Usage;
}

/** Starts a meter on a free port of 127.0.0.1. */
export async function startMeter(): Promise<Meter> {
  const counts: Usage = {};
  const relay = await startRelay(async (asked, sent, passOn) => {
    const call = callOf(asked, sent);
    const answer = await passOn(call.body);
    for (const [name, count] of Object.entries(countsOf(call, answer.status, answer.body))) {
      counts[name] = (counts[name] ?? 0) + count;
    }
    return answer;
  });
  return { ...relay, read: () => ({ ...counts }) };
}

/** A request to AWS: the service's operation where it is named, and what is sent. */
export interface Call {
  /** `DynamoDB.PutItem`; the HTTP method and path where a service is asked by paths. */
  operation: string;
  body: Buffer;
}

/** Reads what is asked for, and has DynamoDB tell what it charges. */
export function callOf({ headers, method, url = '/' }: IncomingMessage, body: Buffer): Call {
  const header = headers['x-amz-target'];
  if (header !== undefined) {
    const [service = '', name = ''] = String(header).split('.');
    if (!service.startsWith('DynamoDB_')) return { operation: `${service}.${name}`, body };
    const input = { ...JSON.parse(body.toString('utf8')), ReturnConsumedCapacity: 'TOTAL' };
    return { operation: `DynamoDB.${name}`, body: Buffer.from(JSON.stringify(input)) };
  }
  const rpc = /\/service\/(\w+?)_?\d*\/operation\/(\w+)$/.exec(url);
  if (rpc) return { operation: `${rpc[1]}.${rpc[2]}`, body };
  const action = /(?:^|&)Action=(\w+)/.exec(body.toString('latin1'));
  return { operation: action ? `query.${action[1]}` : `${method} ${url}`, body };
}

/** What AWS would bill for a call, from what was asked and what was answered. */
export function countsOf({ operation, body }: Call, status: number, answer: Buffer): Usage {
  const [service, name = ''] = operation.split('.', 2);
  if (service === 'DynamoDB') {
    return { [`dynamodb.${name}`]: 1, ...unitsOf(name, body, status, answer) };
  }
  switch (name) {
    case 'GetMetricData':
      // Whichever protocol the SDK speaks, each query has one such key.
      return { metricsRequested: body.toString('latin1').split('MetricStat').length - 1 };
    case 'DescribeAlarms':
      return { cloudWatchRequests: 1 };
    case 'PutEvents':
      return { customEvents: JSON.parse(body.toString('utf8')).Entries.length };
    case 'Publish':
      return { snsRequests: 1 };
    case 'GetSecretValue':
      return { secretRequests: 1 };
    default:
      // Warm-ups and checks call the function that is released.
      return /\/invocations(?:\?|$)/.test(operation)
        ? { targetInvocations: 1 }
        : { unbilledRequests: 1 };
  }
}

const readers = /^(?:GetItem|BatchGetItem|TransactGetItems|Query)$/;

/**
 * Request units as the emulator computes them, by AWS's rules, index included. A write whose condition
 * did not hold is charged too, which its answer does not tell: the least that it can be is taken, as for
 * the condition checks of a transaction.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
function unitsOf(name: string, body: Buffer, status: number, answer: Buffer): Usage {
  const items: object[] = JSON.parse(body.toString('utf8')).TransactItems ?? [];
  if (status !== 200)
    return { writeUnits: items.length > 0 ? 2 * items.length : 1, refusedWrites: 1 };
  const { ConsumedCapacity: consumed = [] } = JSON.parse(answer.toString('utf8'));
  const units = [consumed].flat().reduce((sum, it) => sum + it.CapacityUnits, 0);
  if (readers.test(name)) return { readUnits: units };
  const checks = items.filter((item) => 'ConditionCheck' in item).length;
  return { writeUnits: units + 2 * checks };
}
