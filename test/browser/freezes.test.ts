import { describe, expect, it } from 'vitest';
import { setStage } from '../support/browser/stage.ts';

const stage = setStage();

describe('a freeze in the console', () => {
  it('stops releases of a service with a reason that everybody sees, until it is lifted', async () => {
    const { shop, visitor } = stage;
    const colleague = await visitor.signIn(await shop.person('vera', 'viewer'));
    const page = await visitor.signIn(shop.operator, '/services/storefront');

    await page.getByRole('button', { name: 'Freeze…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('sale until Monday');
    await dialog.getByRole('button', { name: 'Freeze' }).click();

    await page.getByText('storefront is frozen').waitFor();
    await colleague.getByText('sale until Monday').waitFor();
    await expect(shop.release('v1')).rejects.toMatchObject({ name: 'ReleaseFrozenError' });

    await page.getByRole('button', { name: 'Unfreeze…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Lift the freeze' }).click();
    await page.getByText('storefront is frozen').waitFor({ state: 'detached' });
    await colleague.getByText('sale until Monday').waitFor({ state: 'detached' });
    expect((await shop.complete('v1')).outcome).toBe('completed');
  });

  it('wants a reason', async () => {
    const { shop, visitor } = stage;
    const page = await visitor.signIn(shop.operator, '/services/storefront');

    await page.getByRole('button', { name: 'Freeze…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Freeze' }).click();

    const reason = dialog.getByLabel('Reason');
    expect(await reason.evaluate((it: HTMLTextAreaElement) => it.validity.valid)).toBe(false);
    expect((await shop.api.freezes()).freezes).toEqual([]);
  });

  it('of everything is shown with every service', async () => {
    const { shop, visitor } = stage;
    const page = await visitor.signIn(shop.operator);

    await page.getByRole('button', { name: 'Freeze everything…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('holidays');
    await dialog.getByRole('button', { name: 'Freeze' }).click();
    await page.getByText('Everything is frozen').waitFor();

    await page.getByRole('link', { name: 'storefront', exact: true }).click();
    await page.getByText('Everything is frozen').waitFor();
    await shop.api.unfreeze('*');
    await page.getByText('Everything is frozen').waitFor({ state: 'detached' });
  });
});

describe('a person who may only look', () => {
  it('sees everything, and is told of every button what it would take', async () => {
    const { shop, visitor } = stage;
    const { releaseId } = await shop.complete('v2');
    const page = await visitor.signIn(await shop.person('lena', 'viewer'), '/services/storefront');
    await page.getByRole('region', { name: 'Live now' }).getByText('v2').first().waitFor();

    for (const name of ['Release…', 'Roll back…', 'Freeze…']) {
      const button = page.getByRole('button', { name });
      expect(await button.getAttribute('aria-disabled'), name).toBe('true');
      const why = await button.getAttribute('aria-describedby');
      const reason = page.locator(`[id="${why}"]`);
      expect(await reason.textContent(), name).toMatch(/operator|releaser/);
      await button.click({ force: true });
    }
    expect(await page.getByRole('dialog').count()).toBe(0);

    await page.goto(`${shop.url}/releases/${releaseId}`);
    await page.getByRole('region', { name: 'Outcome' }).getByText('Completed').waitFor();
    const undo = page.getByRole('button', { name: 'Roll back…' });
    expect(await undo.getAttribute('aria-disabled')).toBe('true');
  });

  it('is signed out when they say so, and the address is not theirs any more', async () => {
    const { shop, visitor } = stage;
    const page = await visitor.signIn(await shop.person('mara', 'viewer'));

    await page.getByText('mara').first().click();
    await page.getByRole('button', { name: 'Sign out' }).click();

    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(async () => (await fetch('/api/services')).status)).toBe(401);
  });
});
