import {
  ChangeResourceRecordSetsCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import type { Lease } from '../router.ts';
import { describeChange, toBatch } from './change.ts';
import { toOurs } from './errors.ts';
import { fromTxtValue, parseMarker } from './marker.ts';
import { parseRecordSet, plainName } from './record-set.ts';
import { markerNameOf, type RecordType, type Settings } from './settings.ts';
import type { MarkerRecord, ZoneView } from './view.ts';

/** The one call of the SDK's client. */
export type Route53Api = Pick<Route53Client, 'send'>;

/** The part of a hosted zone that is routed. */
export interface Zone {
  /**
   * As Route 53 has it, "the most current version of the records", also those that its servers do not
   * follow yet (API_ListResourceRecordSets).
   * @throws ThrottledError, RouterUnavailableError, ConfigInvalidError
   */
  read(): Promise<ZoneView>;
  /** Makes one view of the other, all or nothing, and returns the change's id. Throws what the SDK throws. */
  change(before: ZoneView, after: ZoneView, lease: Lease, signal: AbortSignal): Promise<string>;
  /** The names of its name servers; none for a private zone. */
  nameServers(): Promise<string[]>;
}

/** More than a routed name has in nearly every zone: a read is one call, and one moment's state. */
const pageSize = 100;

/** Types that lead a client to a server. */
const leadingTypes: readonly string[] = ['A', 'AAAA', 'CNAME', 'HTTPS', 'SVCB'];

/** The part of the manifest's hosted zone that it names. */
export function createZone(api: Route53Api, settings: Settings): Zone {
  const { hostedZoneId, name } = settings;
  const subject = `${name} in ${hostedZoneId}`;
  return {
    async read() {
      try {
        return toView(await listRecords(api, settings), settings);
      } catch (error) {
        throw toOurs(error, 'ListResourceRecordSets', subject);
      }
    },
    async change(before, after, lease, abortSignal) {
      const command = new ChangeResourceRecordSetsCommand({
        HostedZoneId: hostedZoneId,
        ChangeBatch: { Comment: describeChange(lease), Changes: toBatch(before, after) },
      });
      const { ChangeInfo } = await api.send(command, { abortSignal });
      return ChangeInfo?.Id ?? '';
    },
    async nameServers() {
      try {
        const found = await api.send(new GetHostedZoneCommand({ Id: hostedZoneId }));
        const isPrivate = found.HostedZone?.Config?.PrivateZone ?? false;
        return isPrivate ? [] : (found.DelegationSet?.NameServers ?? []);
      } catch (error) {
        throw toOurs(error, 'GetHostedZone', hostedZoneId);
      }
    },
  };
}

/** From the routed name to its marker, which sorts soon after it. */
async function listRecords(api: Route53Api, settings: Settings): Promise<ResourceRecordSet[]> {
  const last = sortKey(markerNameOf(settings));
  const found: ResourceRecordSet[] = [];
  let start: Partial<ListResourceRecordSetsCommandInput> = { StartRecordName: settings.name };
  for (;;) {
    const page = await api.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: settings.hostedZoneId,
        MaxItems: pageSize,
        ...start,
      }),
    );
    found.push(...(page.ResourceRecordSets ?? []));
    const isPast = !page.NextRecordName || sortKey(page.NextRecordName) > last;
    if (!page.IsTruncated || isPast) return found;
    start = {
      StartRecordName: page.NextRecordName,
      StartRecordType: page.NextRecordType,
      ...(page.NextRecordIdentifier ? { StartRecordIdentifier: page.NextRecordIdentifier } : {}),
    };
  }
}

/** "Sorts results first by DNS name with the labels reversed … Note the trailing dot." */
function sortKey(name: string): string {
  return `${plainName(name).split('.').reverse().join('.')}.`;
}

function toView(records: readonly ResourceRecordSet[], settings: Settings): ZoneView {
  const named = records.filter(({ Name = '' }) => plainName(Name) === settings.name);
  const isOurs = ({ Type }: ResourceRecordSet) => settings.types.includes(Type as RecordType);
  const others = named.filter((raw) => !isOurs(raw) && leadingTypes.includes(raw.Type ?? ''));
  return {
    sets: named.filter(isOurs).map(parseRecordSet),
    marker: findMarker(records, settings),
    otherTypes: [...new Set(others.map(({ Type = '' }) => Type))],
  };
}

function findMarker(
  records: readonly ResourceRecordSet[],
  settings: Settings,
): MarkerRecord | null {
  const name = markerNameOf(settings);
  const raw = records.find(
    (record) => record.Type === 'TXT' && plainName(record.Name ?? '') === name,
  );
  if (!raw) return null;
  const text = fromTxtValue(raw.ResourceRecords?.[0]?.Value ?? '');
  return { raw, value: parseMarker(text) };
}
