import { SendEmailCommand, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import type { MailApi } from '../../../lib/notifiers/email.ts';

/** A mail as SES took it. */
export interface SentMail {
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
}

/** SES as far as sending goes. */
export interface FakeMail {
  ses: MailApi;
  sent: SentMail[];
  /** The next mails to this address are not taken. */
  refuse(address: string): void;
  goDown(): void;
}

/** What SES objects to in headers (API_MessageHeader of SES v2). */
function throwIfBad(input: SendEmailCommandInput): void {
  for (const { Name = '', Value = '' } of input.Content?.Simple?.Headers ?? []) {
    const isAscii = /^[\x20-\x7e]*$/.test(Value) && /^[\x21-\x39\x3b-\x7e]+$/.test(Name);
    if (!isAscii || Name.length > 126 || Name.length + Value.length > 996)
      throw Object.assign(new Error(`header ${Name}`), { name: 'BadRequestException' });
  }
}

/** A mailbox of everybody. */
export function createFakeMail(): FakeMail {
  const sent: SentMail[] = [];
  const refused = new Set<string>();
  let isDown = false;
  const send = async (command: unknown) => {
    if (isDown) throw new Error('getaddrinfo ENOTFOUND');
    if (!(command instanceof SendEmailCommand)) throw new Error('not a mail');
    throwIfBad(command.input);
    const { FromEmailAddress = '', Destination, Content } = command.input;
    const to = Destination?.ToAddresses ?? [];
    if (to.some((one) => refused.has(one)))
      throw Object.assign(new Error('not verified'), { name: 'MessageRejected' });
    const simple = Content?.Simple;
    sent.push({
      ...{ from: FromEmailAddress, to, subject: simple?.Subject?.Data ?? '' },
      ...{ text: simple?.Body?.Text?.Data ?? '', html: simple?.Body?.Html?.Data ?? '' },
      headers: Object.fromEntries(
        (simple?.Headers ?? []).map(({ Name = '', Value = '' }) => [Name, Value]),
      ),
    });
    return { MessageId: `${sent.length}` };
  };
  return {
    ses: { send } as unknown as MailApi,
    sent,
    refuse: (address) => void refused.add(address),
    goDown: () => {
      isDown = true;
    },
  };
}
