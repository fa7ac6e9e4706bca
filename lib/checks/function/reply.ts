import { z } from 'zod';
import { describeIssues } from '../../release/issues.ts';
import type { JsonObject } from '../../release/json.ts';
import type { CheckAnswer } from '../check.ts';

/** What whoever was asked came back with. */
export type Reply =
  /** JSON that should be an answer. */
  | { value: unknown; evidence?: JsonObject }
  /** There is no answer, and why. */
  | { problem: string; evidence?: JsonObject }
  /** There may be one later. */
  | { later: string; retryAfterSeconds: number };

/** Asked again after so long, where an answer that is pending does not say. */
const defaultRetrySeconds = 10;
/** Somebody's own evidence is kept up to so many characters of JSON. */
const mostEvidence = 16_000;
/** So many mistakes of an answer are named. */
const mostIssues = 3;

const answerSchema = z.strictObject({
  verdict: z.enum(['pass', 'warn', 'fail', 'pending']),
  summary: z.string().trim().min(1, 'needs a line of text'),
  evidence: z.record(z.string(), z.json()).optional(),
  retryAfterSeconds: z.number().positive().max(3600).optional(),
});

/**
 * The check's answer, of what came back. An answer of another form than was agreed is a failed check:
 * nobody knows what it meant to say.
 */
export function readReply(reply: Reply, asked: JsonObject): CheckAnswer {
  if ('later' in reply) {
    const { later: summary, retryAfterSeconds } = reply;
    return { verdict: 'pending', summary, retryAfterSeconds };
  }
  const evidence = { ...asked, ...reply.evidence };
  if ('problem' in reply) return { verdict: 'fail', summary: reply.problem, evidence };
  const read = answerSchema.safeParse(reply.value);
  if (!read.success) {
    const summary = `gave no valid answer: ${issuesOf(read.error, reply.value)}`;
    return { verdict: 'fail', summary, evidence };
  }
  const { verdict, summary, evidence: own, retryAfterSeconds } = read.data;
  if (verdict === 'pending')
    return { verdict, summary, retryAfterSeconds: retryAfterSeconds ?? defaultRetrySeconds };
  return { verdict, summary, evidence: own ? { ...evidence, own: bounded(own) } : evidence };
}

function issuesOf(error: z.ZodError, value: unknown): string {
  const issues = describeIssues(error, value, answerSchema).slice(0, mostIssues);
  return issues.map(({ path, reason }) => `${path || 'it'} ${reason}`).join(', ');
}

function bounded(evidence: JsonObject): JsonObject {
  const text = JSON.stringify(evidence);
  if (text.length <= mostEvidence) return evidence;
  return { cutFrom: text.length, begin: text.slice(0, mostEvidence) };
}
