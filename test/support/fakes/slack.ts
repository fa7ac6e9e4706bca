import type { JsonObject } from '../../../lib/release/json.ts';

/** A message as Slack keeps it. */
export interface SlackMessage {
  channel: string;
  ts: string;
  text: string;
  blocks: JsonObject[];
  /** The first message of its thread, or null. */
  thread: string | null;
  isBroadcast: boolean;
  /** How often it was changed. */
  edits: number;
}

/** Slack's Web API for one workspace with one bot, as far as the notifier speaks to it. */
export interface FakeSlack {
  fetch: typeof globalThis.fetch;
  token: string;
  /** In the order in which they were posted. */
  messages: SlackMessage[];
  /** Every call: its method and arguments. */
  calls: { method: string; body: JsonObject }[];
  /** What was posted to response URLs. */
  responses: { url: string; body: JsonObject }[];
  /** The next calls are told to come back after so many seconds. */
  throttle(calls: number, seconds: number): void;
  /** The next call is refused with this of Slack's words. */
  refuseNext(error: string): void;
  goDown(): void;
}

/** docs.slack.dev/reference/block-kit/blocks: what makes `invalid_blocks`. */
function areBlocksValid(blocks: JsonObject[]): boolean {
  const limits = { section: 3000, field: 2000, button: 2000 };
  return (
    blocks.length <= 50 &&
    blocks.every((block) => {
      const fields = (block.fields ?? []) as { text: string }[];
      const elements = (block.elements ?? []) as { value?: string }[];
      const text = (block.text as { text?: string } | undefined)?.text ?? '';
      return (
        text.length <= limits.section &&
        fields.length <= 10 &&
        fields.every((field) => field.text.length <= limits.field) &&
        elements.length <= 25 &&
        elements.every(({ value = '' }) => value.length <= limits.button)
      );
    })
  );
}

/**
 * docs.slack.dev/reference/methods/chat.postMessage and chat.update: refusals are 200 with `ok: false`,
 * too many calls 429 with `Retry-After` (apis/web-api/rate-limits).
 */
export function createFakeSlack({
  token = 'xoxb-1-2-fake',
  channels = { '#releases': 'C024BE91L' },
}: {
  token?: string;
  channels?: Record<string, string>;
} = {}): FakeSlack {
  const messages: SlackMessage[] = [];
  const calls: FakeSlack['calls'] = [];
  const responses: FakeSlack['responses'] = [];
  let posted = 0;
  let throttled = { calls: 0, seconds: 0 };
  let refusal: string | null = null;
  let isDown = false;

  function post(body: JsonObject): JsonObject {
    const channel = channels[`${body.channel}`] ?? `${body.channel}`;
    if (!Object.values(channels).includes(channel)) return refused('channel_not_found');
    posted += 1;
    const ts = `1767323045.${String(posted).padStart(6, '0')}`;
    messages.push({
      channel,
      ts,
      text: `${body.text}`,
      blocks: body.blocks as JsonObject[],
      thread: (body.thread_ts as string | undefined) ?? null,
      isBroadcast: body.reply_broadcast === true,
      edits: 0,
    });
    return { ok: true, channel, ts, message: { text: body.text ?? '' } };
  }

  function update(body: JsonObject): JsonObject {
    const found = messages.find(({ channel, ts }) => channel === body.channel && ts === body.ts);
    if (!found) return refused('message_not_found');
    Object.assign(found, { text: body.text, blocks: body.blocks, edits: found.edits + 1 });
    return { ok: true, channel: found.channel, ts: found.ts, text: found.text };
  }

  function answer(method: string, body: JsonObject, given: string | null): JsonObject {
    const told = refusal;
    refusal = null;
    if (told) return refused(told);
    if (given !== `Bearer ${token}`) return refused(given ? 'invalid_auth' : 'not_authed');
    if (!areBlocksValid(body.blocks as JsonObject[])) return refused('invalid_blocks');
    if (method === 'chat.postMessage') return post(body);
    return method === 'chat.update' ? update(body) : refused('unknown_method');
  }

  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    if (isDown) throw new TypeError('fetch failed');
    const url = `${input}`;
    const body = JSON.parse(`${init.body}`) as JsonObject;
    if (url.startsWith('https://hooks.slack.com/')) {
      responses.push({ url, body });
      return new Response('ok');
    }
    if (throttled.calls > 0) {
      throttled.calls -= 1;
      const headers = { 'Retry-After': String(throttled.seconds) };
      return Response.json(refused('ratelimited'), { status: 429, headers });
    }
    const method = url.replace('https://slack.com/api/', '');
    calls.push({ method, body });
    return Response.json(answer(method, body, new Headers(init.headers).get('authorization')));
  };

  return {
    fetch,
    token,
    messages,
    calls,
    responses,
    throttle: (count, seconds) => {
      throttled = { calls: count, seconds };
    },
    refuseNext: (error) => {
      refusal = error;
    },
    goDown: () => {
      isDown = true;
    },
  };
}

function refused(error: string): JsonObject {
  return { ok: false, error };
}
