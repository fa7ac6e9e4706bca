import { describe, expect, it } from 'vitest';
import { setStage } from '../support/browser/stage.ts';

const stage = setStage();

describe('a page whose conductor goes away', () => {
  it('says so and how old what it shows is, and goes on by itself when it is back', async () => {
    const { shop, visitor } = stage;
    await shop.complete('v1');
    const page = await visitor.signIn(shop.operator, '/services/storefront');
    await page.getByText('Live', { exact: true }).waitFor();

    const comeBack = await shop.goAway();
    const banner = page.getByRole('status').getByText('The conductor does not answer');
    await banner.waitFor();
    await page.getByText(/What you see is .* old/).waitFor();
    // What is known stays in sight.
    expect(await page.getByRole('region', { name: 'Live now' }).textContent()).toContain('v1');

    await comeBack();
    await banner.waitFor({ state: 'detached' });
    await shop.complete('v2');
    await page.getByRole('region', { name: 'Live now' }).getByText('v2').first().waitFor();
  }, 90_000);

  it('does nothing twice, and says what became of what was asked meanwhile', async () => {
    const { shop, visitor } = stage;
    const page = await visitor.signIn(shop.operator, '/services/storefront');
    await page.getByRole('button', { name: 'Freeze…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('just now');

    const comeBack = await shop.goAway();
    await dialog.getByRole('button', { name: 'Freeze' }).click();
    expect(await dialog.getByRole('alert').textContent()).toContain('does not answer');
    await comeBack();
    await dialog.getByRole('button', { name: 'Freeze' }).click();

    await page.getByText('storefront is frozen').waitFor();
    expect((await shop.api.freezes()).freezes).toHaveLength(1);
  }, 90_000);
});
