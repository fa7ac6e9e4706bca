import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../lib/http/app.ts';
import { createSharedToken } from '../../lib/http/auth/shared-token.ts';
import { actionIds } from '../../lib/notifiers/slack-message.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { testToken } from '../support/api-server.ts';
import { createTestConductor, fakeManifest } from '../support/conductor.ts';
import { createFakeSecrets } from '../support/fakes/secrets.ts';
import { createFakeSlack } from '../support/fakes/slack.ts';

const secret = 'slack-signing-secret';

/** The whole way of a press: the signed form, the intake, the operations, the waiting execution. */
async function prepare(count = 1) {
  const conductor = await createTestConductor({
    manifest: fakeManifest({
      approval: { required: true, count },
      webhooks: [{ kind: 'slack', secret: 'slack-signing' }],
    }),
  });
  const slack = createFakeSlack();
  const { clock, operations, ledger } = conductor;
  const app = createApp({
    operations,
    authenticate: createSharedToken(testToken).authenticate,
    log: silentLogger,
    version: '0.0.0-test',
    manifestSchema: () => ({}),
    webhooks: {
      secrets: createFakeSecrets({ 'slack-signing': [secret] }),
      ledger,
      clock,
      fetch: slack.fetch,
      access: {
        grantsOf: ({ chat }) =>
          /^slack:U0(ADA|GRACE)$/.test(chat) ? [{ role: 'approver', services: '*' }] : [],
      },
    },
  });
  async function press(decision: keyof typeof actionIds, userId: string, id: string) {
    const expiresAt = (await ledger.getApproval(id))?.expiresAt;
    const payload = {
      type: 'block_actions',
      user: { id: userId, username: userId.toLowerCase() },
      response_url: 'https://hooks.slack.com/actions/T1/2/3',
      actions: [
        { action_id: actionIds[decision], value: JSON.stringify({ releaseId: id, expiresAt }) },
      ],
    };
    const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
    const seconds = Math.floor(clock.now() / 1000);
    const hex = createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex');
    const headers = { 'x-slack-request-timestamp': `${seconds}`, 'x-slack-signature': `v0=${hex}` };
    const answer = await app.request('/webhooks/slack', { method: 'POST', body, headers });
    return ((await answer.json()) as { text: string }).text;
  }
  const id = await conductor.release();
  await conductor.reach(id, 'awaiting-approval');
  return { ...conductor, press, id };
}

describe('a release that waits for a button in Slack', () => {
  it('goes on when it is pressed, and says by whom', async () => {
    const { press, id, outcomeOf, ledger } = await prepare();
    expect(await press('approve', 'U0ADA', id)).toContain('is approved (1 of 1)');
    expect(await outcomeOf(id)).toBe('completed');

    const given = (await ledger.listEvents(id)).find(({ type }) => type === 'Approval Given');
    expect(given).toMatchObject({ by: 'slack:U0ADA', summary: expect.stringContaining('u0ada') });
  });

  it('ends when somebody rejects it', async () => {
    const { press, id, outcomeOf } = await prepare();
    expect(await press('reject', 'U0ADA', id)).toContain('is rejected');
    expect(await outcomeOf(id)).toBe('discarded');
  });

  it('waits for as many people as the manifest wants, and counts each once', async () => {
    const { press, id, outcomeOf, ledger, clock } = await prepare(2);
    expect(await press('approve', 'U0ADA', id)).toContain('1 of 2');
    await clock.advance(1000);
    expect(await press('approve', 'U0ADA', id)).toContain('1 of 2');
    expect((await ledger.getApproval(id))?.state).toBe('open');
    expect(await press('approve', 'U0GRACE', id)).toContain('(2 of 2)');
    expect(await outcomeOf(id)).toBe('completed');
  });

  it('does not hear of strangers', async () => {
    const { press, id, ledger } = await prepare();
    expect(await press('approve', 'U0EVE', id)).toContain('may not decide');
    expect((await ledger.getApproval(id))?.decisions).toEqual([]);
  });

  it('is not moved by a press that comes late', async () => {
    const { press, id, outcomeOf, clock } = await prepare();
    await press('approve', 'U0ADA', id);
    expect(await outcomeOf(id)).toBe('completed');
    await clock.advance(1000);
    expect(await press('reject', 'U0GRACE', id)).toMatch(/\S/);
    expect(await outcomeOf(id)).toBe('completed');
  });
});
