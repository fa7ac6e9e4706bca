import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { atMost, duration } from '../release/quantities.ts';
import { bodyExpectation } from './body-expectation.ts';
import type { CheckKind } from './index.ts';
import { servicePath, writtenHeaders } from './written-requests.ts';

/** The one call of the SDK's client. */
export type CloudWatchApi = Pick<CloudWatchClient, 'send'>;

/** What an environment is busy with now: seconds since each connection of users began. */
export interface OpenConnections {
  /** Upgraded sockets. */
  sockets: number[];
  /** Requests without the end of an answer, event streams among them. */
  requests: number[];
}

/** Gives the connections of users that an environment of a service has now. */
export type ReadConnections = (service: string, environmentId: string) => OpenConnections;

const probed = {
  path: servicePath.describe('Where clients connect'),
  headers: writtenHeaders.default({}).describe('Of the request; a value may be { secret: name }'),
  within: atMost('30s')
    .prefault('5s')
    .describe('What is awaited has to be there by then; counted anew for every connection'),
};

const webSocketSchema = z.strictObject({
  ...probed,
  protocols: z.array(z.string().min(1)).default([]).describe('Subprotocols that are offered'),
  send: z.string().optional().describe('What is said once the connection is there'),
  expect: z
    .strictObject({
      bodyIncludes: bodyExpectation.bodyIncludes.describe('Text that a message contains'),
      bodyMatches: bodyExpectation.bodyMatches.describe('A regular expression'),
      json: bodyExpectation.json.describe('Dotted path to the value it must have'),
    })
    .optional()
    .describe('What some message has to be like; the connection alone will do if absent'),
});

const eventStreamSchema = z.strictObject({
  ...probed,
  resume: z
    .boolean()
    .default(true)
    .describe('Whether a client that comes back gets what it missed: ids, retry, Last-Event-ID'),
});

const schema = z.strictObject({
  kind: z.literal('connections'),
  ...checkBase,
  timeout: atMost('60s')
    .prefault('30s')
    .describe(checkBase.timeout.description ?? ''),
  webSockets: z
    .array(webSocketSchema)
    .max(10)
    .default([])
    .describe('Connected to on green, dropped, and connected to again'),
  eventStreams: z
    .array(eventStreamSchema)
    .max(10)
    .default([])
    .describe('Read on green, dropped, and read on; with what blue handed out, too'),
  typicalDuration: duration
    .optional()
    .describe('How long a connection goes on; one that is cut earlier fails the check'),
  drain: duration
    .optional()
    .describe(
      'How long blue keeps connections after the switch; as router and retain say if absent',
    ),
});

/** The manifest's part with its defaults. */
export type ConnectionsConfig = z.output<typeof schema>;
export type WebSocketConfig = z.output<typeof webSocketSchema>;
export type EventStreamConfig = z.output<typeof eventStreamSchema>;

/** What becomes of connections that outlive a request: WebSockets and event streams. */
export const connectionsKind: CheckKind = {
  kind: 'connections',
  schema,
  async create(config, deps) {
    const { createConnectionsCheck } = await import('./connections/check.ts');
    return createConnectionsCheck(schema.parse(config), deps);
  },
};
