import { z } from 'zod';
import type { JsonObject } from '../../release/json.ts';
import { type PostDeps, postJson } from '../post-json.ts';

/** Where a message is: both together name it. `channel` is an id, whatever the manifest said. */
export interface MessageAddress {
  channel: string;
  /** `1405894322.002768`: the message's time, and its name within the channel. */
  ts: string;
}

/** A message's content. `text` is what notifications and screen readers get. */
export interface MessageContent {
  text: string;
  blocks: JsonObject[];
}

/** What Slack says to a call; `error` is one of its own words, such as `channel_not_found`. */
export type SlackAnswer = ({ ok: true } & MessageAddress) | { ok: false; error: string };

/** The two methods of Slack's Web API that a notifier needs. Neither throws. */
export interface SlackClient {
  post(
    channel: string,
    content: MessageContent,
    thread?: { ts: string; isLoud: boolean },
  ): Promise<SlackAnswer>;
  update(address: MessageAddress, content: MessageContent): Promise<SlackAnswer>;
}

const api = 'https://slack.com/api';

const success = z.looseObject({ ok: z.literal(true), channel: z.string(), ts: z.string() });
const failure = z.looseObject({ ok: z.literal(false), error: z.string() });

/**
 * A client with a bot token, for calls until `deadlineMs`. See
 * docs.slack.dev/reference/methods/chat.postMessage and chat.update: a refusal is an answer of status
 * 200 with `ok: false`, too many calls are a 429 with `Retry-After`. Nothing else is repeated, since
 * the same message twice is two messages.
 */
export function createSlackClient(
  token: string,
  { deadlineMs, ...deps }: PostDeps & { deadlineMs: number },
): SlackClient {
  async function call(method: string, body: JsonObject): Promise<SlackAnswer> {
    const headers = { Authorization: `Bearer ${token}` };
    // Without these Slack makes links and mentions of what looks like one; `update` would by default.
    const literal = { parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false };
    const posted = await postJson(
      {
        url: `${api}/${method}`,
        headers,
        body: { ...literal, ...body },
        deadlineMs,
        isRepeatable: false,
      },
      deps,
    );
    return 'problem' in posted ? { ok: false, error: posted.problem } : read(posted);
  }
  return {
    post: (channel, { text, blocks }, thread) =>
      call('chat.postMessage', {
        channel,
        text,
        blocks,
        ...(thread && { thread_ts: thread.ts, reply_broadcast: thread.isLoud }),
      }),
    update: ({ channel, ts }, { text, blocks }) =>
      call('chat.update', { channel, ts, text, blocks }),
  };
}

function read({ status, body }: { status: number; body: unknown }): SlackAnswer {
  const told = success.safeParse(body).data;
  if (told) return { ok: true, channel: told.channel, ts: told.ts };
  return { ok: false, error: failure.safeParse(body).data?.error ?? `HTTP ${status}` };
}
