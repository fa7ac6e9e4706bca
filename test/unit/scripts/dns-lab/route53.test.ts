import { describe, expect, it } from 'vitest';
import type { NameServer, PublishedSet } from '../../../../scripts/dns-lab/name-server.ts';
import { answersAfter, answersFor } from '../../../../scripts/dns-lab/route53/answers.ts';
import {
  createHostedZone,
  type HostedZoneOptions,
} from '../../../../scripts/dns-lab/route53/hosted-zone.ts';
import { readChanges } from '../../../../scripts/dns-lab/route53/messages.ts';
import { readXml, textAt, writeXml } from '../../../../scripts/dns-lab/route53/xml.ts';
import { applyBatch, type RecordSet } from '../../../../scripts/dns-lab/route53/zone.ts';

function set(change: Partial<RecordSet> = {}): RecordSet {
  const name = { name: 'www.shop.example.', type: 'A' };
  return { ...name, setIdentifier: 'blue', weight: 100, ttl: 60, values: ['192.0.2.1'], ...change };
}

const blue = set();
const green = set({ setIdentifier: 'green', weight: 0, values: ['198.51.100.1'] });

describe('a change batch of the stand-in', () => {
  it('replaces the exact old sets by new ones', () => {
    const zone = applyBatch(
      [blue, green],
      [
        { action: 'DELETE', record: blue },
        { action: 'DELETE', record: green },
        { action: 'CREATE', record: { ...blue, weight: 0 } },
        { action: 'CREATE', record: { ...green, weight: 100 } },
      ],
    );

    expect(zone).toEqual([
      { ...blue, weight: 0 },
      { ...green, weight: 100 },
    ]);
  });

  it.each([
    ['a weight', { weight: 99 }],
    ['a TTL', { ttl: 59 }],
    ['a value', { values: ['192.0.2.2'] }],
  ])('is refused when %s of a deleted set is another one', (_, change) => {
    const batch = [{ action: 'DELETE' as const, record: set(change) }];
    expect(() => applyBatch([blue], batch)).toThrow('do not match the current values');
  });

  it.each([
    ['a deleted set is not there', 'DELETE', green, 'was not found'],
    ['a created set is there', 'CREATE', blue, 'already exists'],
    [
      'a weighted name would get a plain set',
      'UPSERT',
      set({ setIdentifier: null, weight: null }),
      'other RRSets exist',
    ],
  ] as const)('is refused when %s', (_, action, record, why) => {
    expect(() => applyBatch([blue], [{ action, record }])).toThrow(why);
  });

  it('says everything that is wrong with it', () => {
    const batch = [
      { action: 'CREATE' as const, record: blue },
      { action: 'DELETE' as const, record: green },
    ];
    expect(() => applyBatch([blue], batch)).toThrow(
      /already exists, Tried to delete .* not found\]$/,
    );
  });

  it('gives all weighted sets of a name the TTL that came last', () => {
    const zone = applyBatch([blue], [{ action: 'UPSERT', record: { ...green, ttl: 5 } }]);
    expect(zone.map(({ ttl }) => ttl)).toEqual([5, 5]);
  });
});

describe('what the name server is told to answer', () => {
  it('draws among the sets that have a weight, and gives all values of the one drawn', () => {
    const records = [
      { ...blue, weight: 95, values: ['192.0.2.1', '192.0.2.2'] },
      { ...green, weight: 5 },
    ];

    expect(answersFor(blue.name, 'LUA', records)).toEqual({
      name: blue.name,
      type: 'LUA',
      ttl: 60,
      contents: [
        "A \";local s={['192.0.2.1']={'192.0.2.1','192.0.2.2'},['198.51.100.1']={'198.51.100.1'}} return s[pickwrandom({{95,'192.0.2.1'},{5,'198.51.100.1'}})]\"",
      ],
    });
  });

  it('never draws weight 0, unless every weight is 0', () => {
    const [content = ''] = answersFor(blue.name, 'LUA', [blue, green]).contents;
    expect(content).not.toContain('198.51.100.1');
    const [both = ''] = answersFor(blue.name, 'LUA', [{ ...blue, weight: 0 }, green]).contents;
    expect(both).toContain("{{1,'192.0.2.1'},{1,'198.51.100.1'}}");
  });

  it('is a TXT record as it is, apart from addresses of the same name', () => {
    const text = set({ type: 'TXT', setIdentifier: null, weight: null, values: ['"v=1"'] });

    expect(answersAfter([text, blue, green], [text, blue])).toMatchObject([
      { type: 'TXT', contents: ['"v=1"'] },
      { type: 'LUA', contents: [expect.stringContaining('192.0.2.1')] },
    ]);
  });

  it('is nothing for a name without records', () => {
    expect(answersFor('gone.shop.example.', 'LUA', [blue]).contents).toEqual([]);
  });
});

describe('a hosted zone', () => {
  /** A name server that answers when it is let. */
  function fakeNameServer() {
    const published: PublishedSet[][] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const server: NameServer = {
      address: '127.0.0.1:53',
      port: 53,
      addZone: async () => {},
      async publish(_, sets) {
        await held;
        published.push([...sets]);
      },
      stop: async () => {},
    };
    return { server, published, release: () => release() };
  }

  function open(nameServers: readonly NameServer[], change: Partial<HostedZoneOptions> = {}) {
    return createHostedZone({
      id: 'Z1',
      domain: 'shop.example.',
      nameServers,
      propagation: { nameServersMs: [0, 0], insyncMs: 0 },
      processingMs: 0,
      onChange: () => {},
      ...change,
    });
  }

  it('is INSYNC only when its last name server has the change', async () => {
    const [first, last] = [fakeNameServer(), fakeNameServer()];
    const zone = open([first.server, last.server]);
    const info = await zone.change([{ action: 'CREATE', record: blue }]);
    first.release();
    await expect.poll(() => first.published.length).toBe(1);
    expect(info.status).toBe('PENDING');

    last.release();
    await zone.settled();
    expect(info.status).toBe('INSYNC');
  });

  it('refuses a request while it is busy with another one', async () => {
    const zone = open([], { processingMs: 1 });
    const first = zone.change([{ action: 'CREATE', record: blue }]);

    await expect(zone.change([{ action: 'DELETE', record: blue }])).rejects.toMatchObject({
      name: 'PriorRequestNotComplete',
      status: 400,
    });
    await first;
    expect(zone.records()).toEqual([blue]);
  });

  it('publishes nothing of a batch that it refuses', async () => {
    const { server, published, release } = fakeNameServer();
    release();
    const zone = open([server]);
    const batch = [
      { action: 'CREATE' as const, record: blue },
      { action: 'DELETE' as const, record: green },
    ];

    await expect(zone.change(batch)).rejects.toMatchObject({ name: 'InvalidChangeBatch' });
    await zone.settled();
    expect(zone.records()).toEqual([]);
    expect(published).toEqual([]);
  });
});

describe('the XML of the stand-in', () => {
  it('reads what it writes', () => {
    const document = writeXml('Top', { Text: 'a & b < c', None: null, Item: [{ N: 1 }, { N: 2 }] });
    const read = readXml(document);

    expect(textAt(read, 'Text')).toBe('a & b < c');
    expect(textAt(read, 'None')).toBeNull();
    expect(read.children.filter(({ name }) => name === 'Item')).toHaveLength(2);
  });

  it.each(['', '<A>', '<A></B>'])('refuses %j', (document) => {
    expect(() => readXml(document)).toThrow();
  });

  const changeOf = (inner: string) =>
    `<R xmlns="x"><ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>WWW.shop.example</Name>${inner}</ResourceRecordSet></Change></Changes></ChangeBatch></R>`;

  it('reads a change and keeps its name as Route 53 does', () => {
    const values =
      '<ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>';
    const weighted =
      '<Type>A</Type><SetIdentifier>blue</SetIdentifier><Weight>100</Weight><TTL>60</TTL>';
    expect(readChanges(changeOf(weighted + values))).toEqual([{ action: 'CREATE', record: blue }]);
  });

  it.each([
    ['an alias', '<Type>A</Type><AliasTarget></AliasTarget>', 'no alias'],
    ['a type that it does not know', '<Type>MX</Type>', 'A, AAAA and TXT'],
  ])('refuses %s', (_, inner, why) => {
    expect(() => readChanges(changeOf(inner))).toThrow(why);
  });
});
