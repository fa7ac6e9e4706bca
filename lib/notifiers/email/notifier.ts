import { createHash } from 'node:crypto';
import { SendEmailCommand } from '@aws-sdk/client-sesv2';
import { messageOf } from '../../release/errors.ts';
import type { ReleaseEvent } from '../../release/events.ts';
import type { Logger } from '../../release/logger.ts';
import { isSamePerson } from '../../release/person.ts';
import type { EmailConfig, MailApi } from '../email.ts';
import type { ApprovalLinks, Notifier, NotifierMemory } from '../notifier.ts';
import { once } from '../once.ts';
import type { Telling } from '../telling.ts';
import { eventsForPeople, isWanted } from '../wanted-events.ts';
import { type DecisionLinks, type Mail, mailAbout } from './mail.ts';

/** What the notifier works with. */
export interface EmailNotifierDeps {
  ses: MailApi;
  memory?: NotifierMemory | undefined;
  approvalLinks?: ApprovalLinks | undefined;
  consoleUrl?: string | undefined;
  log: Logger;
}

/** SES gets this long for one mail, its client's own repetitions included. */
const timeoutMs = 5000;

/** A mail that is to be sent, and to whom. */
interface Letter {
  to: readonly string[];
  links: DecisionLinks | null;
}

/**
 * Sends one mail per event to those who are told. Who is asked gets the question alone and apart, with
 * links in their own name. See ses/latest/APIReference-V2/API_SendEmail.html.
 */
export function createEmailNotifier(config: EmailConfig, deps: EmailNotifierDeps): Notifier {
  const { events = eventsForPeople } = config;
  const { consoleUrl, log } = deps;
  return {
    async send(event, release) {
      if (!isWanted(event, events)) return;
      const told = { event, release, consoleUrl };
      const letters = await lettersOf(config, told, deps);
      await Promise.all(
        letters.map((letter) =>
          once(keyOf(event, letter), deps, async () => {
            const problem = await post(config.from, letter, told, deps);
            if (problem === null) return true;
            const facts = { event: event.id, recipients: letter.to.length, reason: problem };
            log.warn('SES did not take an event', facts);
            return false;
          }),
        ),
      );
    },
  };
}

async function lettersOf(
  { to, approvers }: EmailConfig,
  told: Telling,
  deps: EmailNotifierDeps,
): Promise<Letter[]> {
  const isQuestion = told.event.type === 'Approval Requested';
  const asked = isQuestion ? approvers : [];
  const others = to.filter((one) => !asked.some((it) => isSamePerson(it, one)));
  const questions = asked.map(async (approver) => ({
    to: [approver],
    links: await linksFor(approver, told, deps),
  }));
  return [
    ...(others.length > 0 ? [{ to: others, links: null }] : []),
    ...(await Promise.all(questions)),
  ];
}

/** Whoever asked for the release may withdraw it only, where duties are separate. */
async function linksFor(
  approver: string,
  { event, release }: Telling,
  { approvalLinks, log }: EmailNotifierDeps,
): Promise<DecisionLinks> {
  const { expiresAt, barred } = event.data;
  const isBarred = typeof barred === 'string' && isSamePerson(barred, approver);
  const whyNot = isBarred
    ? 'You asked for this release, so somebody else has to approve it.'
    : null;
  const none: DecisionLinks = { approve: null, reject: null, whyNot };
  if (!approvalLinks || typeof expiresAt !== 'string') return none;
  const link = { releaseId: release.releaseId, approver, expiresAt };
  try {
    const make = (decision: 'approve' | 'reject') => approvalLinks.create({ ...link, decision });
    return {
      approve: isBarred ? null : await make('approve'),
      reject: await make('reject'),
      whyNot,
    };
  } catch (error) {
    log.warn('links could not be made', { event: event.id, reason: messageOf(error) });
    return none;
  }
}

/** Why it was not taken, or null. */
async function post(
  from: string,
  { to, links }: Letter,
  told: Telling,
  { ses }: EmailNotifierDeps,
): Promise<string | null> {
  const command = toCommand(from, to, mailAbout(told, links), told);
  try {
    await ses.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
    return null;
  } catch (error) {
    return `${error instanceof Error ? error.name : ''}: ${messageOf(error)}`;
  }
}

function toCommand(
  from: string,
  to: readonly string[],
  { subject, text, html }: Mail,
  told: Telling,
): SendEmailCommand {
  const data = (words: string) => ({ Data: words, Charset: 'UTF-8' });
  return new SendEmailCommand({
    FromEmailAddress: from,
    Destination: { ToAddresses: [...to] },
    Content: {
      Simple: {
        Subject: data(subject),
        Body: { Text: data(text), Html: data(html) },
        Headers: headersOf(from, told),
      },
    },
  });
}

/**
 * SES gives every message an id of its own (ses/latest/dg/header-fields.html), so those of a release
 * name a first one that never was: by that programs put them together (RFC 5256, "References").
 */
function headersOf(from: string, { event, release }: Telling) {
  const subject = event.releaseId === null ? event.id : release.releaseId;
  const id = subject.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 128);
  const first = `<${id}.verdigris@${from.slice(from.indexOf('@') + 1)}>`;
  return [
    { Name: 'In-Reply-To', Value: first },
    { Name: 'References', Value: first },
    { Name: 'Auto-Submitted', Value: 'auto-generated' },
  ];
}

function keyOf(event: ReleaseEvent, { to }: Letter): string {
  const whom = createHash('sha256').update(to.join(' ')).digest('hex').slice(0, 16);
  return `email:${whom}:${event.id}`;
}
