import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../support/browser/shop.ts';
import { setStage } from '../support/browser/stage.ts';

const stage = setStage({ approval: { required: true, count: 2, expiresIn: '10m' } });

/** A release that waits for two people. */
async function startWaiting(version = 'v2'): Promise<string> {
  const { releaseId } = await stage.shop.release(version);
  await stage.shop.until(releaseId, ({ phase }) => phase === 'awaiting-approval');
  return releaseId;
}

async function decide(page: Page, decision: 'Approve' | 'Reject', reason?: string): Promise<void> {
  await page.getByRole('button', { name: `${decision}…` }).click();
  const dialog = page.getByRole('dialog');
  if (reason) await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: decision, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** The release is over before the next test begins. */
async function endWaiting(releaseId: string): Promise<void> {
  await stage.shop.api.reject(releaseId, {});
  await stage.shop.until(releaseId, ({ outcome }) => outcome !== null);
}

/** Goes on with Tab until this has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await target.evaluate((it) => it === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${target}`);
}

describe('an approval in the console', () => {
  const people: Record<string, Person> = {};
  const personOf = (name: string) => people[name] as Person;

  beforeAll(async () => {
    const { shop } = stage;
    for (const name of ['grace', 'alan']) people[name] = await shop.person(name, 'approver');
    people.rita = await shop.person('rita', 'releaser');
    // The first version has nothing to compare with.
    const first = await startWaiting('v1');
    await shop.api.approve(first, {});
    await approveAs(personOf('grace'), first);
    await shop.until(first, ({ outcome }) => outcome === 'completed');
  }, 60_000);

  it('shows what is asked, and lets traffic move when two people said yes at once', async () => {
    const { shop, visitor } = stage;
    const releaseId = await startWaiting();
    const path = `/releases/${releaseId}`;
    const [grace, alan] = await Promise.all([
      visitor.signIn(personOf('grace'), path),
      visitor.signIn(personOf('alan'), path),
    ]);
    for (const page of [grace, alan]) {
      const part = page.getByRole('region', { name: 'Your approval is asked for' });
      await part.getByText('0 of 2 approvals given').waitFor();
      await part.getByText('v1').first().waitFor();
    }

    await Promise.all([decide(grace, 'Approve', 'looks good'), decide(alan, 'Approve')]);

    for (const page of [grace, alan]) {
      await page.getByRole('region', { name: 'Outcome' }).getByText('Completed').waitFor();
    }
    const status = await shop.until(releaseId, ({ outcome }) => outcome !== null);
    const given = status.events.filter(({ type }) => type === 'Approval Given');
    expect(given.map(({ by }) => by).sort()).toEqual(['alan', 'grace']);
  });

  it('shows one person at once what the other one did', async () => {
    const { visitor } = stage;
    const releaseId = await startWaiting('v1');
    const grace = await visitor.signIn(personOf('grace'), `/releases/${releaseId}`);
    const alan = await visitor.signIn(personOf('alan'), `/releases/${releaseId}`);

    await decide(grace, 'Approve', 'tried it');

    await alan.getByText('1 of 2 approvals given').waitFor();
    await alan.getByText(/grace approved.*tried it/).waitFor();
    await decide(alan, 'Reject', 'not before the sale');
    await grace.getByRole('region', { name: 'Outcome' }).getByText('Discarded').waitFor();
    await grace
      .getByText(/not before the sale/)
      .first()
      .waitFor();
  });

  it('can be given with nothing but a keyboard', async () => {
    const { shop, visitor } = stage;
    const releaseId = await startWaiting('v1');
    await shop.api.approve(releaseId, {});
    const page = await visitor.signIn(personOf('grace'), `/releases/${releaseId}`);
    const dialog = page.getByRole('dialog');

    await tabTo(page, page.getByRole('button', { name: 'Approve…' }));
    await page.keyboard.press('Enter');
    await tabTo(page, dialog.getByLabel('Reason'));
    await page.keyboard.type('by keyboard');
    await tabTo(page, dialog.getByRole('button', { name: 'Approve' }));
    await page.keyboard.press('Enter');

    await page.getByRole('region', { name: 'Outcome' }).getByText('Completed').waitFor();
    const { events } = await shop.api.release(releaseId);
    expect(events.some(({ summary, by }) => by === 'grace' && /by keyboard/.test(summary))).toBe(
      true,
    );
  });

  it('gives the focus back to the button when somebody thinks better of it with Escape', async () => {
    const { visitor, shop } = stage;
    const releaseId = await startWaiting('v2');
    const page = await visitor.signIn(personOf('grace'), `/releases/${releaseId}`);
    const button = page.getByRole('button', { name: 'Approve…' });

    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');

    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await button.evaluate((it) => it === document.activeElement)).toBe(true);
    expect((await shop.api.release(releaseId)).phase).toBe('awaiting-approval');
    await endWaiting(releaseId);
  });

  it('is not for who may only release: their buttons do nothing, and say why', async () => {
    const { visitor } = stage;
    const releaseId = await startWaiting('v2');
    const page = await visitor.signIn(personOf('rita'), `/releases/${releaseId}`);
    const button = page.getByRole('button', { name: 'Approve…' });
    await button.waitFor();

    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await button.click({ force: true });
    await button.press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page
      .getByText(/approver/)
      .first()
      .waitFor();

    // Nor does a request that the page would not send.
    const status = await page.evaluate(async (id) => {
      const headers = { 'X-Verdigris-Console': '1', 'Content-Type': 'application/json' };
      const options = { method: 'POST', headers, body: '{}' };
      return (await fetch(`/api/releases/${id}/approve`, options)).status;
    }, releaseId);
    expect(status).toBe(403);
    await endWaiting(releaseId);
  });
});

async function approveAs({ token }: Person, releaseId: string): Promise<void> {
  const answer = await fetch(`${stage.shop.url}/api/releases/${releaseId}/approve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(await answer.text());
}
