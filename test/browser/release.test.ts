import { describe, expect, it } from 'vitest';
import { longWatch } from '../support/browser/shop.ts';
import { setStage } from '../support/browser/stage.ts';

const stage = setStage();

describe('a release in the console', () => {
  it('is started from the page of its service, moves by itself, and completes', async () => {
    const { shop, visitor } = stage;
    const page = await visitor.signIn(shop.operator);
    await page.getByRole('link', { name: 'storefront', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'storefront' }).waitFor();

    await page.getByRole('button', { name: 'Release…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Artifact').fill(shop.artifact('v1'));
    await dialog.getByLabel('Version').fill('v1');
    await dialog.getByRole('button', { name: 'Start the release' }).click();

    await page.waitForURL(/\/releases\/storefront-v1-/);
    // Nobody reloads: what comes is what the page hears of by itself.
    await page.getByRole('region', { name: 'Outcome' }).getByText('Completed').waitFor();
    const timeline = page.getByRole('navigation', { name: 'Timeline' });
    expect(await timeline.getByRole('listitem').count()).toBeGreaterThanOrEqual(5);
    expect(await page.title()).toContain('Completed');
  });

  it('shows the new split while it is watched, and is rolled back from its page', async () => {
    const { shop, visitor } = stage;
    await shop.apply({ watch: longWatch });
    shop.visitors(40);
    const { releaseId } = await shop.release('v2');
    const page = await visitor.signIn(shop.operator, `/releases/${releaseId}`);
    await page.getByRole('progressbar', { name: 'Watch window' }).waitFor();
    const chart = page.getByRole('img', { name: /^Requests.*green \d/i });
    await chart.first().waitFor();

    await page.getByRole('button', { name: 'Roll back…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('All traffic goes back to v1').waitFor();
    await dialog.getByLabel('Reason').fill('the lamp is broken');
    await dialog.getByRole('button', { name: 'Roll back' }).click();

    const outcome = page.getByRole('region', { name: 'Outcome' });
    await outcome.getByText('Rolled back').waitFor();
    const status = await shop.until(releaseId, (it) => it.outcome !== null);
    expect(status.outcome).toBe('rolled-back');
    expect(status.traffic).toEqual({ [status.blue?.id ?? '']: 100 });
    expect(status.reason).toContain('the lamp is broken');
  });

  it('can be undone after it completed, from the page of the service', async () => {
    const { shop, visitor } = stage;
    await shop.apply({});
    const { releaseId } = await shop.complete('v2');
    const page = await visitor.signIn(shop.operator, '/services/storefront');

    await page.getByRole('button', { name: 'Roll back…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();

    await page.waitForURL(new RegExp(releaseId));
    await page.getByRole('region', { name: 'Outcome' }).getByText('Rolled back').waitFor();
  });

  it('says in words why an artifact was refused, and starts nothing', async () => {
    const { shop, visitor } = stage;
    const page = await visitor.signIn(shop.operator, '/services/storefront');

    await page.getByRole('button', { name: 'Release…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Artifact').fill('/nowhere/v9');
    await dialog.getByLabel('Version').fill('v9');
    await dialog.getByRole('button', { name: 'Start the release' }).click();

    expect(await dialog.getByRole('alert').textContent()).toContain('/nowhere/v9');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  it('is found again under its address by whoever signs in there', async () => {
    const { shop, visitor } = stage;
    const [latest] = (await shop.api.releases({ service: 'storefront' })).releases;
    const page = await visitor.visit(`/releases/${latest?.releaseId}`);

    await page.getByLabel('Token').fill(shop.operator.token);
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.getByRole('heading', { level: 1, name: /storefront/ }).waitFor();
    expect(page.url()).toBe(`${shop.url}/releases/${latest?.releaseId}`);
  });

  it('leaves no token in the address, and lets nobody in by one that does not count', async () => {
    const { shop, visitor } = stage;
    const page = await visitor.signIn(shop.operator);
    expect(page.url()).not.toContain('token');
    expect(await page.evaluate(() => document.cookie)).toBe('');

    const other = await visitor.visit('/#token=vgt_0123456789_nobody');
    await other.getByRole('alert').waitFor();
    expect(other.url()).not.toContain('token');
    expect(await other.getByRole('banner').count()).toBe(0);
  });
});
