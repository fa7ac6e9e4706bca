import { describe, expect, it } from 'vitest';
import { longWatch } from '../support/browser/shop.ts';
import { setStage } from '../support/browser/stage.ts';

/** An alarm that v3 sets off under traffic, and a release that waits for somebody then. */
const stage = setStage({
  onBreach: 'hold',
  watch: { window: '8s', interval: '1s', alarms: ['storefront-5xx'], compare: {} },
});

/** Refused as long as the alarm fires for the one before (rule 11). */
async function startHeld(): Promise<string> {
  const { shop } = stage;
  for (;;) {
    const { releaseId } = await shop.release('v3');
    const ended = await shop.until(releaseId, ({ outcome }) => outcome !== null);
    if (ended.outcome === 'held') return releaseId;
    expect(ended.outcome).toBe('refused');
  }
}

describe('a release that is held', () => {
  it('tells why, and is ended from its page by rolling back', async () => {
    const { shop, visitor } = stage;
    await shop.complete('v1');
    shop.visitors(80);
    const releaseId = await startHeld();
    const page = await visitor.signIn(shop.operator, `/releases/${releaseId}`);
    const outcome = page.getByRole('region', { name: 'Outcome' });
    await outcome.getByText('Held').waitFor();
    await outcome
      .getByText(/storefront-5xx/)
      .first()
      .waitFor();

    await page.getByRole('button', { name: 'End by rolling back…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();

    await outcome.getByText('Rolled back').waitFor();
  }, 60_000);

  it('goes on when somebody says so, with the alarm taken as seen', async () => {
    const { shop, visitor } = stage;
    const releaseId = await startHeld();
    const page = await visitor.signIn(shop.operator, `/releases/${releaseId}`);

    await page.getByRole('button', { name: 'Continue…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('known, and being mended');
    await dialog.getByRole('button', { name: 'Continue the release' }).click();

    await page.getByRole('region', { name: 'Outcome' }).getByText('Completed').waitFor();
  }, 60_000);

  it('is held when somebody asks for it, and goes back when somebody says so', async () => {
    const { shop, visitor } = stage;
    await shop.apply({ watch: longWatch });
    const { releaseId } = await shop.release('v2');
    const page = await visitor.signIn(shop.operator, `/releases/${releaseId}`);
    await page.getByRole('button', { name: 'Hold…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Traffic stays exactly where it is').waitFor();
    await dialog.getByLabel('Reason').fill('the shop looks odd');
    await dialog.getByRole('button', { name: 'Hold', exact: true }).click();

    const outcome = page.getByRole('region', { name: 'Outcome' });
    await outcome.getByText('Held').waitFor();
    await outcome
      .getByText(/the shop looks odd/i)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'End by rolling back…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await outcome.getByText('Rolled back').waitFor();
  }, 60_000);
});
