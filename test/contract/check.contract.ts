import { afterEach, describe, expect, it } from 'vitest';
import type { Check, CheckAnswer, CheckContext } from '../../lib/checks/check.ts';
import { checkContext } from '../support/check-context.ts';

/** Two checks of one kind, and green for them to look at. */
export interface CheckSubject {
  passing: Check;
  failing: Check;
  green: CheckContext['green'];
  /** What else they go by: blue, facts, figures, secrets. */
  around?: Partial<CheckContext>;
  stop(): Promise<void>;
}

/** What every kind of check keeps, whatever it looks at. */
export function checkContract(name: string, makeSubject: () => Promise<CheckSubject>): void {
  describe(`check contract: ${name}`, () => {
    let stop: () => Promise<void> = async () => {};
    afterEach(() => stop());

    async function prepare() {
      const { green, around, ...subject } = await makeSubject();
      stop = subject.stop;
      const abort = new AbortController();
      const context = checkContext({ ...around, green, abort: abort.signal });
      return { ...subject, context, abort };
    }

    /** Asks until there is a verdict, as the state machine does. */
    async function verdictOf(check: Check, context: CheckContext) {
      for (let looks = 0; looks < 100; looks += 1) {
        const answer = await check.run(context);
        if (answer.verdict !== 'pending') return answer;
        expect(answer.retryAfterSeconds).toBeGreaterThan(0);
      }
      throw new Error('no verdict after a hundred looks');
    }

    function expectWellFormed(answer: Exclude<CheckAnswer, { verdict: 'pending' }>): void {
      expect(answer.summary).toMatch(/^[^\n]+$/);
      expect(JSON.parse(JSON.stringify(answer.evidence))).toEqual(answer.evidence);
    }

    it('passes what is good, with a summary and evidence', async () => {
      const { passing, context } = await prepare();
      const answer = await verdictOf(passing, context);
      expect(answer.verdict).toBe('pass');
      expectWellFormed(answer);
    });

    it('fails what is bad, with a summary and evidence', async () => {
      const { failing, context } = await prepare();
      const answer = await verdictOf(failing, context);
      expect(answer.verdict).toBe('fail');
      expectWellFormed(answer);
    });

    it('may be run again and twice at once', async () => {
      const { passing, context } = await prepare();
      const answers = await Promise.all([verdictOf(passing, context), verdictOf(passing, context)]);
      answers.push(await verdictOf(passing, context));
      expect(answers.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass']);
    });

    it('comes to an end when its time is up', async () => {
      const { failing, context, abort } = await prepare();
      abort.abort();
      expect((await verdictOf(failing, context)).verdict).toBe('fail');
    });
  });
}
