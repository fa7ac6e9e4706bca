import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailSchema } from '../../../lib/notifiers/email.ts';
import { createNotifier } from '../../../lib/notifiers/index.ts';
import type { ApprovalLinks } from '../../../lib/notifiers/notifier.ts';
import { publicEventTypes, type ReleaseEvent } from '../../../lib/release/events.ts';
import { eventOf } from '../../contract/notifier.contract.ts';
import { createFakeMail } from '../../support/fakes/mail.ts';
import { outboundFor } from '../../support/outbound.ts';
import { releaseFacts } from '../../support/release-facts.ts';

const from = 'releases@example.com';

async function prepare(config: Record<string, unknown> = {}, links?: ApprovalLinks | null) {
  const mail = createFakeMail();
  const outbound = outboundFor(fetch, {});
  const approvalLinks: ApprovalLinks = {
    create: async ({ decision, approver }) =>
      `https://verdigris.example/approve?link=${decision}.${approver.split('@')[0]}`,
  };
  const deps = {
    ...outbound,
    ses: mail.ses,
    ...(links === null ? {} : { approvalLinks: links ?? approvalLinks }),
  };
  const whole = { kind: 'email', from, to: ['team@example.com'], ...config };
  const notifier = await createNotifier(whole, deps);
  const send = (event: ReleaseEvent, differs = {}) => notifier.send(event, releaseFacts(differs));
  return { mail, outbound, send };
}

const question: ReleaseEvent = {
  ...eventOf('Approval Requested'),
  summary: '1 approval needed within 2h',
  data: { requiredCount: 1, expiresAt: '2026-01-02T05:04:05.678Z', barred: null },
};

const approvers = ['ann@example.com', 'bob@example.com'];

describe('the e-mail notifier', () => {
  it('says what happened, as text and as HTML, with where to look', async () => {
    const { mail, send } = await prepare();
    await send({ ...eventOf('Rolled Back'), summary: 'green fails 9 % of 240 requests' });
    const [sent] = mail.sent;
    expect(sent).toMatchObject({ from, to: ['team@example.com'] });
    for (const body of [sent?.text, sent?.html])
      for (const told of [
        'shop v2: Rolled Back',
        'green fails 9 %',
        'https://verdigris.example/releases/r1',
      ])
        expect(body).toContain(told);
  });

  it('is one conversation per release: one subject, one first message that all answer to', async () => {
    const { mail, send } = await prepare({ approvers });
    for (const event of [question, eventOf('Completed'), eventOf('Rolled Back')]) await send(event);
    await send(
      { ...eventOf('Completed'), id: 'r2#completed' },
      {
        releaseId: 'r2',
        artifact: { uri: 'x', version: 'v3', digest: null },
      },
    );
    const threads = mail.sent.map(({ subject, headers }) => `${subject} ${headers.References}`);
    expect(new Set(threads)).toEqual(
      new Set([
        'shop: v2 over v1 <r1.verdigris@example.com>',
        'shop: v3 over v1 <r2.verdigris@example.com>',
      ]),
    );
    for (const { headers } of mail.sent) {
      expect(headers['In-Reply-To']).toBe(headers.References);
      expect(headers['Auto-Submitted']).toBe('auto-generated');
    }
  });

  it('asks each approver alone, with links of their own, and nobody else with any', async () => {
    const { mail, send } = await prepare({
      to: ['team@example.com', 'Ann@example.com'],
      approvers,
    });
    await send(question);
    expect(mail.sent.map(({ to }) => to)).toEqual([
      ['team@example.com'],
      ...approvers.map((it) => [it]),
    ]);
    const [team, ann, bob] = mail.sent;
    expect(team?.text).not.toContain('/approve?');
    for (const body of [ann?.text, ann?.html]) {
      expect(body).toContain('https://verdigris.example/approve?link=approve.ann');
      expect(body).toContain('https://verdigris.example/approve?link=reject.ann');
      expect(body).not.toContain('.bob');
    }
    expect(bob?.text).toContain('link=approve.bob');
    expect(ann?.text).toContain('Decide until: 2026-01-02 05:04 UTC');
    expect(ann?.text).toContain('do not pass this mail on');
  });

  it('tells approvers of nothing but the question', async () => {
    const { mail, send } = await prepare({ to: [], approvers });
    for (const type of publicEventTypes) if (type !== question.type) await send(eventOf(type));
    expect(mail.sent).toEqual([]);
  });

  it('gives who asked for the release no link to approve, where duties are separate', async () => {
    const { mail, send } = await prepare({ to: [], approvers });
    await send({ ...question, data: { ...question.data, barred: 'ANN@example.com' } });
    const [ann, bob] = mail.sent;
    expect(ann?.text).not.toContain('link=approve');
    expect(ann?.text).toContain('link=reject.ann');
    expect(ann?.text).toContain('somebody else has to approve it');
    expect(bob?.text).toContain('link=approve.bob');
  });

  it.each<[string, ApprovalLinks | null]>([
    ['the conductor does not know its address', { create: async () => null }],
    ['links cannot be signed', { create: () => Promise.reject(new Error('no secret')) }],
    ['there are none', null],
  ])('asks all the same when %s, and leads to the console', async (_, links) => {
    const { mail, send } = await prepare({ to: [], approvers }, links);
    await send(question);
    expect(mail.sent).toHaveLength(2);
    for (const { text } of mail.sent) {
      expect(text).not.toContain('/approve?');
      expect(text).not.toContain('do not pass');
      expect(text).toContain('https://verdigris.example/releases/r1');
    }
  });

  it('tells of questions and ends unless the manifest says what, each once', async () => {
    const { mail, send } = await prepare();
    for (const type of [...publicEventTypes, ...publicEventTypes]) await send(eventOf(type));
    expect(mail.sent).toHaveLength(7);
    const few = await prepare({ events: ['Provisioned'] });
    for (const type of publicEventTypes) await few.send(eventOf(type));
    expect(few.mail.sent).toHaveLength(1);
  });

  it('reaches the others when one address is refused, and only that one when it is told again', async () => {
    const { mail, outbound, send } = await prepare({ to: [], approvers });
    mail.refuse('ann@example.com');
    await send(question);
    await send(question);
    expect(mail.sent.map(({ to }) => to)).toEqual([['bob@example.com']]);
    expect(outbound.warnings).toHaveLength(2);
    expect(outbound.warnings[0]?.[1]?.reason).toContain('MessageRejected');
    expect(JSON.stringify(outbound.warnings)).not.toContain('ann@example.com');
  });

  it('lets nobody begin a header or a tag with what they wrote', async () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        'x\r\nBcc: mallory@evil.example',
        '\n\n<script>',
        '"><img src=x>',
        '\u2028To: x',
      ),
    );
    await fc.assert(
      fc.asyncProperty(nasty, nasty, nasty, async (summary, version, name) => {
        const { mail, outbound, send } = await prepare();
        const artifact = { uri: name, version, digest: null };
        const differs = {
          artifact,
          requestedBy: name,
          owner: name,
          releaseId: `r${name}`,
          service: name,
        };
        await send({ ...eventOf('Held'), summary }, differs);
        expect(outbound.warnings).toEqual([]);
        const [sent] = mail.sent;
        expect(sent?.subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        const tags = sent?.html.match(/<[^>]*>/g) ?? [];
        expect(
          tags.every((tag) =>
            /^<\/?(?:!doctype html|html|body|h1|p|table|tr|th|td|a|small)\b/.test(tag),
          ),
        ).toBe(true);
        expect(sent?.html).not.toContain('<script');
      }),
      { numRuns: 200 },
    );
  });
});

describe('an address', () => {
  const isTaken = (address: string) =>
    emailSchema.safeParse({ kind: 'email', from: address, to: [address] }).success;

  it.each(['a@example.com', 'first.last+tag@mail.example.co.uk', 'a_b-c%d@x-y.example'])(
    'may be %s',
    (address) => expect(isTaken(address)).toBe(true),
  );

  it.each([
    'Ann <ann@example.com>',
    'ann@example.com\r\nBcc: x@evil.example',
    'ann@example.com, bob@example.com',
    'ann@example',
    '"a b"@example.com',
    'ann@-example.com',
    '.ann@example.com',
    'ann.@example.com',
    'änn@example.com',
    'ann@exämple.com',
    '@example.com',
    '',
  ])('is not %j', (address) => expect(isTaken(address)).toBe(false));

  it('has to be there for somebody', () => {
    const parsed = emailSchema.safeParse({ kind: 'email', from });
    expect(parsed.error?.issues).toMatchObject([{ path: ['to'] }]);
  });
});
