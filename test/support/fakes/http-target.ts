/** What somebody's own endpoint was sent. */
export interface TargetCall {
  url: string;
  headers: Headers;
  /** As it came. */
  text: string;
  redirect: string | undefined;
}

/** An endpoint that takes whatever is posted to it. */
export interface HttpTarget {
  fetch: typeof globalThis.fetch;
  calls: TargetCall[];
  /** The next calls get these statuses, or no answer at all. */
  answerNext(...answers: (number | 'no answer')[]): void;
  goDown(): void;
}

/** An endpoint that says 202, as a workflow of Teams does. */
export function createHttpTarget(): HttpTarget {
  const calls: TargetCall[] = [];
  const upcoming: (number | 'no answer')[] = [];
  let isDown = false;
  return {
    calls,
    answerNext: (...answers) => void upcoming.push(...answers),
    goDown: () => {
      isDown = true;
    },
    async fetch(url, init) {
      if (isDown) throw new TypeError('fetch failed');
      const headers = new Headers(init?.headers);
      calls.push({ url: `${url}`, headers, text: `${init?.body}`, redirect: init?.redirect });
      const answer = upcoming.shift() ?? 202;
      if (answer === 'no answer') throw new TypeError('fetch failed: other side closed');
      return new Response('', { status: answer });
    },
  };
}
