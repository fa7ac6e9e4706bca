import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { Approval, Ledger } from '../../ledger/ledger.ts';
import { type Clock, isoTime } from '../../release/clock.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import type { Logger } from '../../release/logger.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Operations, Review } from '../operations.ts';
import { type ApprovalLink, readLink } from './link-token.ts';
import { answerPage, fields, type Page, questionPage, wordsPage } from './page.ts';

/** What a platform has to give so that links are taken. */
export interface LinkParts {
  ledger: Pick<Ledger, 'getApproval' | 'claimReceipt' | 'answerReceipt' | 'getReceipt'>;
  secrets: Secrets;
  clock: Clock;
}

/** What the door works with. */
export interface LinkDoorDeps {
  /** Looked at with the first link, so that nothing is made before. */
  parts: LinkParts;
  operations: Pick<Operations, 'review' | 'approve' | 'reject'>;
  log: Logger;
}

/** A form of ours has a link and a reason. */
const longestForm = 8192;
/** A used link is remembered this much longer than it would have been good for. */
const rememberMs = 31 * 86_400_000;

const reasonSchema = z.string().trim().max(500);

/** Shows what a link is for. Decides nothing, whoever fetches it and however often. */
export function showLink(c: Context, deps: LinkDoorDeps): Promise<Response> {
  return answering(c, deps, async () => {
    const token = only(c.req.queries(fields.link));
    const link = await standing(token, deps);
    const used = await usedUp(link, deps);
    if (used) return used;
    const review = await deps.operations.review(link.releaseId, link.approver);
    const obstacle = obstacleTo(link, review);
    return obstacle
      ? wordsPage(200, 'There is nothing to decide', obstacle, link)
      : questionPage(link, review, token);
  });
}

/**
 * Decides, once. A link is used up when its decision is on record: who sends the form again because
 * the answer got lost is told what they have decided.
 */
export function takeLink(c: Context, deps: LinkDoorDeps): Promise<Response> {
  return answering(c, deps, async () => {
    const form = await readForm(c);
    const link = await standing(only(form.getAll(fields.link)), deps);
    const reason = reasonOf(form);
    const used = await usedUp(link, deps);
    if (used) return used;
    const { releaseId, decision, approver } = link;
    const approval = await deps.operations[decision](releaseId, approver, reason);
    await useUp(link, deps);
    deps.log.info('decided by a link', { releaseId, decision, approver, link: link.id });
    return wordsPage(200, words[decision], progressOf(approval), link);
  });
}

const words = { approve: 'You have approved', reject: 'You have rejected' } as const;

function progressOf({ state, decisions, requiredCount }: Approval): string {
  if (state === 'rejected') return 'The release ends, and the new version is removed.';
  if (state === 'approved') return 'Enough people have approved. The release goes on.';
  return `${decisions.length} of ${requiredCount} approvals are in.`;
}

/**
 * The link, if it is one of ours and the request for approval that it was made for is the one there is.
 * @throws LinkInvalidError
 */
async function standing(token: string, deps: LinkDoorDeps): Promise<ApprovalLink> {
  const { link, problem } = await readLink(token, deps.parts);
  if (problem === 'invalid') throw refused('This link is not one of ours, or not complete.', link);
  if (problem === 'expired') throw refused(`This link was good until ${link.expiresAt}.`, link);
  const approval = await deps.parts.ledger.getApproval(link.releaseId);
  if (approval?.requestedAt === link.round) return link;
  throw refused('Nobody is asked any more what this link was made for.', link);
}

/** What refused a link, with the link as far as it could be believed. */
class RefusedLink extends VerdigrisError {
  readonly link: ApprovalLink | null;

  constructor(reason: string, link: ApprovalLink | null) {
    super('LinkInvalidError', reason);
    this.link = link;
  }
}

function refused(reason: string, link: ApprovalLink | null): RefusedLink {
  return new RefusedLink(reason, link);
}

/** One value, and one only: of two nobody could tell which was meant. @throws LinkInvalidError */
function only(values: readonly string[] | undefined): string {
  const [value, ...others] = values ?? [];
  if (value !== undefined && others.length === 0) return value;
  throw refused('This link is not one of ours, or not complete.', null);
}

function receiptOf({ id }: ApprovalLink): string {
  return `link:${id}`;
}

/** What to say of a link that has decided already, or null. */
async function usedUp(link: ApprovalLink, { parts }: LinkDoorDeps): Promise<Page | null> {
  const { ledger, clock } = parts;
  const receipt = await ledger.getReceipt(receiptOf(link), isoTime(clock.now()));
  if (!receipt?.answer) return null;
  const said = link.decision === 'approve' ? 'approved' : 'rejected';
  const message = `With this link you ${said} the release, and it counts once.`;
  return wordsPage(200, 'You have decided already', message, link);
}

/** The decision is on record by now, and the same person's second one changes nothing. */
async function useUp(link: ApprovalLink, { parts, log }: LinkDoorDeps): Promise<void> {
  const { ledger, clock } = parts;
  const at = isoTime(clock.now());
  const key = receiptOf(link);
  try {
    await ledger.claimReceipt({ key, at, expiresAt: isoTime(clock.now() + rememberMs) });
    await ledger.answerReceipt(key, { decision: link.decision, at });
  } catch (error) {
    log.warn('a used link could not be remembered', { link: link.id, reason: messageOf(error) });
  }
}

/** Why this person can't decide this now, for whoever looks; the ledger has the last word. */
function obstacleTo({ decision }: ApprovalLink, review: Review): string | null {
  const can = decision === 'approve' ? review.canDecide : review.canReject;
  return can ? null : sentence(review.whyNot ?? 'nobody can decide now');
}

async function readForm(c: Context): Promise<URLSearchParams> {
  const type = (c.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new VerdigrisError('RequestInvalidError', 'Only the form on the page decides.');
  }
  const text = await c.req.text();
  if (text.length <= longestForm) return new URLSearchParams(text);
  throw new VerdigrisError('RequestTooLargeError', `The form is larger than ${longestForm} bytes.`);
}

function reasonOf(form: URLSearchParams): string | null {
  const parsed = reasonSchema.safeParse(form.get(fields.reason) ?? '');
  if (parsed.success) return parsed.data === '' ? null : parsed.data;
  throw new VerdigrisError('RequestInvalidError', 'The reason is longer than 500 characters.');
}

/** People get words instead of JSON; every refusal leaves a line, without what was secret. */
async function answering(
  c: Context,
  deps: LinkDoorDeps,
  look: () => Promise<Page>,
): Promise<Response> {
  try {
    return await answerPage(c, await look());
  } catch (error) {
    if (!(error instanceof VerdigrisError)) throw error;
    const link = error instanceof RefusedLink ? error.link : null;
    deps.log.warn('approval link refused', {
      ...{ method: c.req.method, error: error.name, reason: error.message },
      ...(link && { releaseId: link.releaseId, approver: link.approver, link: link.id }),
    });
    return answerPage(c, problemPage(error, link));
  }
}

function problemPage(error: VerdigrisError, link: ApprovalLink | null): Page {
  const status = error.httpStatus as ContentfulStatusCode;
  if (error.isRetryable) {
    const later = 'The conductor is busy. Nothing was decided; load the page again in a moment.';
    return wordsPage(status, 'Not now', later, link);
  }
  return wordsPage(status, 'This link does not decide', sentence(error.message), link);
}

/** Our messages begin in lower case. */
function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return capital.endsWith('.') ? capital : `${capital}.`;
}
