/**
 * `node scripts/screenshots.ts`: releases the storefront on this machine and takes pictures of the
 * console's main views into docs/images. Takes a minute and prints how large each is.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type ApiClient, createApiClient } from '../cli/api-client.ts';
import { signInLink } from '../cli/commands/console.ts';
import type { ReleaseStatus } from '../lib/http/api.ts';
import { up } from '../lib/platform/local.ts';
import { prepareBrowser } from './browser/chromium.ts';
import { createWorkplace, startTraffic } from './demo/storefront.ts';

const images = path.join(import.meta.dirname, '../docs/images');
const requestsPerSecond = 120;
const largestKilobytes = 200;

const desk = { viewport: { width: 1200, height: 900 } };
const strip = { viewport: { width: 1200, height: 300 } };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** How a picture is taken. */
interface Picture {
  name: string;
  path: string;
  /** A heading, label or sentence that says that the view is there. */
  isThere: (page: Page) => Promise<unknown>;
  options?: BrowserContextOptions;
}

type Camera = (picture: Picture) => Promise<void>;

async function openCamera(url: string, token: string) {
  const { path: executablePath, env } = prepareBrowser();
  const browser = await chromium.launch({
    executablePath,
    env: env as Record<string, string>,
    args: ['--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
  });
  const take: Camera = async ({ name, path: view, isThere, options = desk }) => {
    const context = await browser.newContext({
      locale: 'en-GB',
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
      ...options,
    });
    const page = await context.newPage();
    await page.goto(`${url}${view}${new URL(signInLink(url, token)).hash}`);
    await isThere(page);
    const file = path.join(images, `console-${name}.png`);
    await page.screenshot({ path: file });
    await context.close();
    const kilobytes = Math.ceil(statSync(file).size / 1024);
    console.log(`${path.relative(process.cwd(), file)}  ${kilobytes} KB`);
    if (kilobytes > largestKilobytes) process.exitCode = 1;
  };
  return { take, close: () => browser.close() };
}

async function until(api: ApiClient, id: string, isThere: (status: ReleaseStatus) => boolean) {
  for (;;) {
    const status = await api.release(id);
    if (isThere(status)) return status;
    await sleep(100);
  }
}

const region = (name: string) => (page: Page) => page.getByRole('region', { name }).waitFor();
const chart = (page: Page) =>
  page
    .getByRole('img', { name: /green \d/ })
    .first()
    .waitFor();

/** One that is undone by its alarm, one that waits, and the same while it is watched. */
async function takeAll(
  api: ApiClient,
  take: Camera,
  place: Awaited<ReturnType<typeof createWorkplace>>,
) {
  const release = async (version: string) => {
    const artifact = { uri: place.artifact(version), version };
    return (await api.startRelease({ service: 'storefront', artifact })).releaseId;
  };
  const hasEnded = ({ outcome }: ReleaseStatus) => outcome !== null;
  await until(api, await release('v1'), hasEnded);
  startTraffic(place.storefrontUrl, requestsPerSecond);
  await sleep(20_000);
  const undone = await release('v3');
  await until(api, undone, hasEnded);
  await sleep(10_000);
  await take({
    name: 'rolled-back',
    path: `/releases/${undone}`,
    isThere: chart,
    options: { ...desk, colorScheme: 'dark' },
  });

  const { watch } = place.manifest as { watch: object };
  const approval = { required: true, count: 1, expiresIn: '2h' };
  await api.applyManifest('storefront', {
    ...place.manifest,
    approval,
    watch: { ...watch, window: '2m', interval: '5s' },
  });
  const good = await release('v2');
  await until(api, good, ({ phase }) => phase === 'awaiting-approval');
  const view = `/releases/${good}`;
  await take({ name: 'approval', path: view, isThere: region('Your approval is asked for') });
  await api.approve(good, { reason: 'looks good' });
  await until(api, good, ({ watch }) => watch !== null);
  await sleep(25_000);
  await take({ name: 'release', path: view, isThere: chart });
  await take({ name: 'phone', path: view, isThere: chart, options: phone });
  await take({
    name: 'services',
    path: '/',
    isThere: (page) => page.getByText('v2').first().waitFor(),
    options: strip,
  });
  await take({
    name: 'service',
    path: '/services/storefront',
    isThere: region('Manifest as YAML'),
  });
}

async function main(): Promise<void> {
  const place = await createWorkplace();
  const conductor = await up({ configPath: place.configPath });
  const { url, token } = conductor;
  const api = createApiClient({
    url,
    token: { token, source: 'screenshots' },
    actor: 'ada',
    fetch: globalThis.fetch,
  });
  const { take, close } = await openCamera(url, token);
  try {
    await takeAll(api, take, place);
  } finally {
    await close();
    await conductor.close();
    place.remove();
  }
  process.exit();
}

await main();
