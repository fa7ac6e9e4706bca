import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { messageOf } from '../../../lib/release/errors.ts';
import type { ChangeInfo, HostedZone } from './hosted-zone.ts';
import {
  document,
  errorDocument,
  normalize,
  Route53Error,
  readChanges,
  recordSetContent,
} from './messages.ts';
import type { XmlContent } from './xml.ts';
import { InvalidChangeBatch, type RecordSet } from './zone.ts';

/** The stand-in while it listens. */
export interface Route53StandIn {
  /** For the SDK's `endpoint`. */
  url: string;
  stop(): Promise<void>;
}

/** The changes that the stand-in remembers, by id. */
export type Changes = Map<string, ChangeInfo>;

/**
 * As much of Route 53's REST API as a router needs: GetHostedZone, ListResourceRecordSets,
 * ChangeResourceRecordSets and GetChange. Requests are not signed for: it listens on loopback.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html
 */
export async function startStandIn(
  zones: readonly HostedZone[],
  changes: Changes,
): Promise<Route53StandIn> {
  const server = createServer(getRequestListener(createApplication(zones, changes).fetch));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createApplication(zones: readonly HostedZone[], changes: Changes): Hono {
  const app = new Hono().basePath('/2013-04-01');
  const zoneOf = (context: Context): HostedZone => {
    const found = zones.find(({ id }) => id === context.req.param('zone'));
    if (found) return found;
    throw new Route53Error(
      'NoSuchHostedZone',
      `No hosted zone found with ID: ${context.req.param('zone')}`,
      404,
    );
  };

  app.get('/hostedzone/:zone', (context) =>
    answer(context, 'GetHostedZoneResponse', hostedZoneContent(zoneOf(context))),
  );
  app.get('/hostedzone/:zone/rrset', (context) =>
    answer(
      context,
      'ListResourceRecordSetsResponse',
      listContent(zoneOf(context), context.req.query()),
    ),
  );
  app.post('/hostedzone/:zone/rrset', async (context) => {
    const zone = zoneOf(context);
    const info = await zone.change(readChanges(await context.req.text()));
    return answer(context, 'ChangeResourceRecordSetsResponse', changeContent(info));
  });
  app.get('/change/:id', (context) => {
    const info = changes.get(context.req.param('id'));
    if (info) return answer(context, 'GetChangeResponse', changeContent(info));
    throw new Route53Error(
      'NoSuchChange',
      `No change found with ID: ${context.req.param('id')}`,
      404,
    );
  });
  app.onError((error, context) => {
    if (error instanceof Route53Error)
      return refuse(context, error.name, error.message, error.status);
    if (error instanceof InvalidChangeBatch) return refuse(context, error.name, error.message, 400);
    return refuse(context, 'InternalError', messageOf(error), 500);
  });
  return app;
}

function answer(context: Context, name: string, content: XmlContent): Response {
  return context.body(document(name, content), 200, { 'content-type': 'text/xml' });
}

function refuse(
  context: Context,
  code: string,
  message: string,
  status: 400 | 404 | 500,
): Response {
  return context.body(errorDocument(code, message), status, { 'content-type': 'text/xml' });
}

function changeContent({ id, status, submittedAt }: ChangeInfo): XmlContent {
  return { ChangeInfo: { Id: `/change/${id}`, Status: status, SubmittedAt: submittedAt } };
}

function hostedZoneContent({ id, domain, records }: HostedZone): XmlContent {
  return {
    HostedZone: {
      Id: `/hostedzone/${id}`,
      Name: domain,
      CallerReference: id,
      Config: { PrivateZone: false },
      ResourceRecordSetCount: records().length,
    },
    DelegationSet: { NameServers: { NameServer: [`ns1.${domain}`, `ns2.${domain}`] } },
  };
}

/** In Route 53's order: by the labels of the name from the right, then by type and set identifier. */
function sortKey({ name, type, setIdentifier }: RecordSet): string {
  const labels = normalize(name).split('.').toReversed().join('.');
  return [labels, type, setIdentifier ?? ''].join('\0');
}

function listContent(zone: HostedZone, query: Record<string, string>): XmlContent {
  const { name = '', type = '', identifier = '' } = query;
  const most = Math.min(Number(query.maxitems ?? 300), 300);
  const start = name && sortKey({ name, type, setIdentifier: identifier } as RecordSet);
  const found = zone.records().toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const from = found.filter((record) => sortKey(record) >= start);
  const next = from[most];
  return {
    ResourceRecordSets: { ResourceRecordSet: from.slice(0, most).map(recordSetContent) },
    IsTruncated: next !== undefined,
    NextRecordName: next?.name ?? null,
    NextRecordType: next?.type ?? null,
    NextRecordIdentifier: next?.setIdentifier ?? null,
    MaxItems: most,
  };
}
