import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { longWatch } from '../support/browser/shop.ts';
import { setStage } from '../support/browser/stage.ts';
import { openBrowser } from '../support/browser/visitor.ts';

const stage = setStage({ approval: { required: true, count: 1, expiresIn: '10m' } });

/** Pages by what is on them, with what says that they have been read. */
const views: { name: string; path: () => string; isThere: (page: Page) => Promise<void> }[] = [];
let checked = 0;

beforeAll(async () => {
  const { shop } = stage;
  shop.visitors(40);
  const waiting = async (version: string) => {
    const { releaseId } = await shop.release(version);
    await shop.until(releaseId, ({ phase }) => phase === 'awaiting-approval');
    return releaseId;
  };
  const first = await waiting('v1');
  await shop.api.approve(first, {});
  await shop.until(first, ({ outcome }) => outcome === 'completed');
  const { releaseId: broken } = await shop.release('v5');
  await shop.until(broken, ({ outcome }) => outcome !== null);
  await shop.api.freeze('storefront', 'sale until Monday');
  await shop.api.unfreeze('storefront');
  await shop.apply({ watch: longWatch });
  const running = await waiting('v2');

  const region = (name: string) => (page: Page) => page.getByRole('region', { name }).waitFor();
  views.push(
    {
      name: 'services',
      path: () => '/',
      isThere: (page) => page.getByText('v1').first().waitFor(),
    },
    { name: 'a service', path: () => '/services/storefront', isThere: region('Manifest as YAML') },
    { name: 'a release that ended', path: () => `/releases/${first}`, isThere: region('Outcome') },
    { name: 'one that failed', path: () => `/releases/${broken}`, isThere: region('Outcome') },
    {
      name: 'one that waits',
      path: () => `/releases/${running}`,
      isThere: region('Your approval is asked for'),
    },
    {
      name: 'nothing',
      path: () => '/services/storefront/nowhere',
      isThere: (page) => page.getByRole('heading', { name: 'Nothing here' }).waitFor(),
    },
  );
}, 60_000);

afterAll(() => console.log(`axe: ${checked} pages, no serious or critical finding`));

async function findingsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  checked += 1;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** How far a page can be pushed sideways, in pixels. */
function overhang(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
}

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

/** What axe finds in light and in dark. */
async function assertUsable(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await findingsOf(page), `${name} in ${colorScheme}`).toEqual([]);
  }
}

describe('to axe', () => {
  it('every page can be read and used by everybody, in light and in dark', async () => {
    const { shop, visitor } = stage;
    const page = await visitor.signIn(shop.operator);
    for (const { name, path, isThere } of views) {
      await page.goto(`${shop.url}${path()}`);
      await isThere(page);
      await assertUsable(page, name);
    }
  }, 180_000);

  it('so can dialogs, the editor and signing in', async () => {
    const { shop, visitor } = stage;
    const signIn = await visitor.visit('/signin');
    await signIn.getByLabel('Token').waitFor();
    await assertUsable(signIn, 'signing in');

    const page = await visitor.signIn(shop.operator, '/services/storefront');
    await page.getByRole('button', { name: 'Freeze…' }).click();
    await page.getByRole('dialog').waitFor();
    await assertUsable(page, 'a dialog');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Try a change' }).click();
    await page.getByLabel('The manifest as JSON').fill('{ "service": "storefront" }');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText(/things? to mend/).waitFor();
    await assertUsable(page, 'the editor');
  }, 180_000);
});

describe('on a phone', () => {
  it('no page is wider than the screen, and the buttons can be hit', async () => {
    const { shop, visitor } = stage;
    const page = await visitor.signIn(shop.operator, '/', phone);
    for (const { name, path, isThere } of views) {
      await page.goto(`${shop.url}${path()}`);
      await isThere(page);
      expect(await overhang(page), name).toBeLessThanOrEqual(0);
      for (const button of await page.getByRole('button').all()) {
        const box = await button.boundingBox();
        // WCAG 2.2, 2.5.8: 24 pixels.
        if (box)
          expect(box.height, `${name}: ${await button.textContent()}`).toBeGreaterThanOrEqual(24);
      }
    }
  }, 120_000);

  it('a release is approved and rolled back by touch', async () => {
    const { shop, visitor } = stage;
    const path = views.find(({ name }) => name === 'one that waits')?.path() ?? '';
    const page = await visitor.signIn(await shop.person('grace', 'operator'), path, phone);

    await page.getByRole('button', { name: 'Approve…' }).tap();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).tap();
    await page.getByRole('progressbar', { name: 'Watch window' }).waitFor();
    await page.getByRole('button', { name: 'Roll back…' }).tap();
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).tap();

    await page.getByRole('region', { name: 'Outcome' }).getByText('Rolled back').waitFor();
  });
});

describe('what watches the pages in these tests', () => {
  it('would notice a script of the page, a stranger and a crash', async () => {
    const other = await openBrowser(stage.shop);
    const page = await other.visit('/');

    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "owned"';
      document.body.append(script);
      new Image().src = 'http://stranger.invalid/pixel.png';
      setTimeout(() => {
        throw new Error('crashed');
      });
    });
    await expect
      .poll(() => [other.conduct.violations.length, other.conduct.crashes.length])
      .toEqual([2, 1]);
    await other.close();

    expect(other.conduct.violations.join()).toMatch(/script-src-elem inline.*img-src/);
    expect(await stage.shop.api.health()).toMatchObject({ status: 'ok' });
  });
});
