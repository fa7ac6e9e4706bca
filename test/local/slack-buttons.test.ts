import { createHmac } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { actionIds } from '../../lib/notifiers/slack-message.ts';
import { createWorkplace, type Workplace } from '../../scripts/demo/storefront.ts';
import { type RunningConductor, releaseIs, startConductor } from '../support/local-conductor.ts';

const secret = 'slack-signing-secret-0123456789';

let place: Workplace;
let conductor: RunningConductor;

function change(file: string, differs: object): void {
  const whole = path.join(place.directory, file);
  writeFileSync(whole, stringify({ ...parse(readFileSync(whole, 'utf8')), ...differs }));
}

beforeEach(async () => {
  place = await createWorkplace();
  const secrets = path.join(place.directory, 'secrets.yml');
  writeFileSync(secrets, stringify({ slack: secret }));
  chmodSync(secrets, 0o600);
  change('storefront.yml', {
    approval: { required: true },
    webhooks: [{ kind: 'slack', secret: 'slack' }],
    watch: { window: '1s', interval: '1s' },
  });
  change('verdigris.yml', {
    access: { rules: [{ chat: 'slack:U024BE7LH', role: 'approver', services: ['storefront'] }] },
  });
  conductor = await startConductor(place);
});

afterEach(async () => {
  await conductor.stop();
  place.remove();
});

async function press(id: string, userId: string): Promise<string> {
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const value = JSON.stringify({ releaseId: id, expiresAt });
  const payload = {
    type: 'block_actions',
    user: { id: userId, username: 'ada' },
    actions: [{ action_id: actionIds.approve, value }],
  };
  const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
  const seconds = Math.floor(Date.now() / 1000);
  const hex = createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex');
  const answer = await fetch(`${conductor.url}/webhooks/slack`, {
    method: 'POST',
    body,
    headers: { 'x-slack-request-timestamp': `${seconds}`, 'x-slack-signature': `v0=${hex}` },
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { text: string }).text;
}

describe('a button in Slack', () => {
  it('lets a release go on for whom the access rules let, and for nobody else', async () => {
    const artifact = { uri: place.artifact('v1'), version: 'v1' };
    const { releaseId } = await conductor.api.startRelease({ service: 'storefront', artifact });
    await releaseIs(conductor, releaseId, (it) => it.phase === 'awaiting-approval');

    expect(await press(releaseId, 'U0STRANGER')).toContain('may not decide');
    expect((await conductor.api.release(releaseId)).phase).toBe('awaiting-approval');
    expect(await press(releaseId, 'U024BE7LH')).toContain('is approved (1 of 1)');
    const status = await releaseIs(conductor, releaseId, (it) => it.outcome !== null);

    expect(status.outcome).toBe('completed');
    const given = status.events.find(({ type }) => type === 'Approval Given');
    expect(given).toMatchObject({ by: 'slack:U024BE7LH' });
  }, 60_000);
});
