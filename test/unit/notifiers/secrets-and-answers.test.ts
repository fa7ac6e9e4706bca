import { describe, expect, it } from 'vitest';
import { parseAccess } from '../../../lib/http/access-rules.ts';
import { pagerDutySchema } from '../../../lib/notifiers/pagerduty.ts';
import { postJson } from '../../../lib/notifiers/post-json.ts';
import { slackSchema } from '../../../lib/notifiers/slack.ts';
import { teamsSchema } from '../../../lib/notifiers/teams.ts';
import { webhookSchema } from '../../../lib/notifiers/webhook.ts';
import { signingSecretName } from '../../../lib/secrets/secrets.ts';
import { outboundFor, outboundStart } from '../../support/outbound.ts';

describe("the conductor's signing secret", () => {
  it.each([
    ['webhook', webhookSchema, 'signingSecret', { url: 'https://ci.example.com/' }],
    ['slack', slackSchema, 'tokenSecret', { channel: '#releases' }],
    ['teams', teamsSchema, 'urlSecret', {}],
    ['pagerduty', pagerDutySchema, 'routingKeySecret', {}],
  ] as const)('can be sent to nobody by a manifest: %s', (kind, schema, key, others) => {
    const parse = (name: string) => schema.safeParse({ kind, ...others, [key]: name });
    expect(parse('another').success).toBe(true);
    expect(parse(signingSecretName).error?.issues[0]?.message).toContain("the conductor's own");
  });

  it('is not sent to an issuer either', () => {
    const oidc = { issuer: 'https://id.example.com', audience: 'a', clientId: 'c' };
    const access = { oidc: { ...oidc, clientSecret: signingSecretName } };
    expect(() => parseAccess(access, 'access')).toThrow("the conductor's own");
  });
});

describe('an answer without an end', () => {
  it('is read as far as it may tell something, and left', async () => {
    let sent = 0;
    let isLeft = false;
    const chunk = new TextEncoder().encode('x'.repeat(16_384));
    const body = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1;
          if (sent > 1000) controller.close();
          else controller.enqueue(chunk);
        },
        cancel() {
          isLeft = true;
        },
      });
    const outbound = outboundFor(async () => new Response(body(), { status: 200 }), {});
    const { clock, timers } = outbound;
    const request = { url: 'https://ci.example.com/', body: {}, isRepeatable: false };
    const deps = { fetch: outbound.fetch as typeof fetch, clock, timers: timers as never };
    const posted = await postJson({ ...request, deadlineMs: outboundStart + 5000 }, deps);

    expect(posted).toMatchObject({ status: 200 });
    expect(isLeft).toBe(true);
    expect(sent).toBeLessThan(10);
  });
});
