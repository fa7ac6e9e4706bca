import { childrenOf, readXml, textAt, writeXml, type XmlContent, type XmlElement } from './xml.ts';
import type { Change, RecordSet } from './zone.ts';

/** An error as Route 53 answers it. */
export class Route53Error extends Error {
  readonly status: 400 | 404;

  constructor(code: string, message: string, status: 400 | 404 = 400) {
    super(message);
    this.name = code;
    this.status = status;
  }
}

/** Names are compared as Route 53 keeps them: lower case, with the dot at their end. */
export function normalize(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower : `${lower}.`;
}

/** Reads the body of ChangeResourceRecordSets. @throws Route53Error `InvalidInput` */
export function readChanges(body: string): Change[] {
  const [batch] = childrenOf(readXml(body), 'ChangeBatch');
  const changes = childrenOf(childrenOf(batch, 'Changes')[0], 'Change').map(readChange);
  if (changes.length === 0) throw new Route53Error('InvalidInput', 'a change batch needs changes');
  return changes;
}

function readChange(element: XmlElement): Change {
  const action = textAt(element, 'Action');
  const [set] = childrenOf(element, 'ResourceRecordSet');
  if (!set || (action !== 'CREATE' && action !== 'DELETE' && action !== 'UPSERT')) {
    throw new Route53Error('InvalidInput', `Action ${action}: needs CREATE, DELETE or UPSERT`);
  }
  return { action, record: readRecordSet(set) };
}

/** The types of records that the stand-in knows, and their values. */
const forms: Record<string, RegExp> = {
  A: /^[\d.]+$/,
  AAAA: /^[\da-f:]+$/i,
  TXT: /^"[^"\\]*"( "[^"\\]*")*$/,
};

function readRecordSet(set: XmlElement): RecordSet {
  const type = textAt(set, 'Type') ?? '';
  const records = childrenOf(childrenOf(set, 'ResourceRecords')[0], 'ResourceRecord');
  const values = records.map((it) => textAt(it, 'Value') ?? '');
  const form = forms[type];
  if (!form || values.length === 0) {
    throw new Route53Error('InvalidInput', 'the stand-in knows A, AAAA and TXT, and no alias');
  }
  if (!values.every((it) => form.test(it))) {
    throw new Route53Error('InvalidInput', `Value ${values}: is none of a record of type ${type}`);
  }
  const weight = textAt(set, 'Weight');
  return {
    name: normalize(textAt(set, 'Name') ?? ''),
    type,
    setIdentifier: textAt(set, 'SetIdentifier'),
    weight: weight === null ? null : wholeNumber('Weight', weight, 255),
    ttl: wholeNumber('TTL', textAt(set, 'TTL') ?? '', 2 ** 31 - 1),
    values,
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw new Route53Error('InvalidInput', `${name} ${text}: needs a whole number from 0 to ${most}`);
}

/** A record set in an answer. */
export function recordSetContent(record: RecordSet): XmlContent {
  return {
    Name: record.name,
    Type: record.type,
    SetIdentifier: record.setIdentifier,
    Weight: record.weight,
    TTL: record.ttl,
    ResourceRecords: { ResourceRecord: record.values.map((Value) => ({ Value })) },
  };
}

/** A whole answer. */
export function document(name: string, content: XmlContent): string {
  const xml = writeXml(name, content).replace(
    `<${name}>`,
    `<${name} xmlns="https://route53.amazonaws.com/doc/2013-04-01/">`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`;
}

/** The answer for an error. */
export function errorDocument(code: string, message: string): string {
  return document('ErrorResponse', {
    Error: { Type: 'Sender', Code: code, Message: message },
    RequestId: 'dns-lab',
  });
}
