import type { Check, CheckAnswer, CheckContext } from '../../../lib/checks/check.ts';

/** A check with scripted answers, and what it was asked about. */
export interface FakeCheck extends Check {
  readonly contexts: readonly CheckContext[];
}

/** An answer with this verdict. */
export function answering(
  verdict: 'pass' | 'warn' | 'fail',
  summary: string = verdict,
): CheckAnswer {
  return { verdict, summary, evidence: {} };
}

/** An answer that asks to be called again. */
export function notYet(retryAfterSeconds = 1): CheckAnswer {
  return { verdict: 'pending', summary: 'not yet', retryAfterSeconds };
}

/**
 * A check that gives these answers one after the other, and the last one for ever. An error among them
 * is thrown; `hangs` is an answer that never comes, whatever its time.
 * @example
 * const check = createFakeCheck([notYet(), answering('pass')]);
 */
export function createFakeCheck(answers: readonly (CheckAnswer | Error | 'hangs')[]): FakeCheck {
  const contexts: CheckContext[] = [];
  if (answers.length === 0) throw new Error('a fake check needs at least one answer');
  return {
    contexts,
    async run(context) {
      const answer = answers[Math.min(contexts.length, answers.length - 1)];
      contexts.push(context);
      if (answer === undefined || answer === 'hangs') return new Promise<CheckAnswer>(() => {});
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}
