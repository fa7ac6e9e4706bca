import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { prepareBrowser } from '../../../scripts/browser/chromium.ts';
import type { Person, Shop } from './shop.ts';

/** What a page did that it must not do, and how much was looked at. */
export interface Conduct {
  pages: number;
  requests: number;
  /** Of the page's own policy, in the browser's words. */
  violations: string[];
  /** Addresses of other hosts that a page asked for. */
  strangers: string[];
  /** Exceptions that nobody caught. */
  crashes: string[];
}

/** A browser with somebody in front of it. */
export interface Visitor {
  /** A page of a browser of its own (cookies and all), signed in as that person. */
  signIn(person: Person, path?: string, options?: BrowserContextOptions): Promise<Page>;
  /** The same for nobody yet. */
  visit(path: string, options?: BrowserContextOptions): Promise<Page>;
  conduct: Conduct;
  close(): Promise<void>;
}

/** Starts Chromium and writes down what every page of it does. */
export async function openBrowser({ url }: Pick<Shop, 'url'>): Promise<Visitor> {
  const { path, env } = prepareBrowser();
  const browser = await chromium.launch({
    executablePath: path,
    env: env as Record<string, string>,
    // What a browser does for itself (updates, safe browsing, translation) is no part of a test.
    args: ['--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
  });
  const conduct: Conduct = { pages: 0, requests: 0, violations: [], strangers: [], crashes: [] };
  const visit: Visitor['visit'] = async (path, options = {}) => {
    const page = await openPage(browser, options);
    watch(page, new URL(url).origin, conduct);
    await page.goto(`${url}${path}`);
    return page;
  };
  return {
    conduct,
    visit,
    async signIn({ token }, path = '/', options = {}) {
      const page = await visit(`${path}#token=${encodeURIComponent(token)}`, options);
      await page.getByRole('banner').waitFor();
      return page;
    },
    close: () => browser.close(),
  };
}

async function openPage(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      console.error(`policy violated: ${effectiveDirective} ${blockedURI}`);
    });
  });
  return page;
}

function watch(page: Page, origin: string, conduct: Conduct): void {
  conduct.pages += 1;
  page.on('request', (request) => {
    conduct.requests += 1;
    const address = new URL(request.url());
    const isOwn = address.origin === origin || address.protocol === 'data:';
    if (!isOwn) conduct.strangers.push(address.href);
  });
  page.on('console', (message) => {
    if (message.text().startsWith('policy violated: ')) conduct.violations.push(message.text());
  });
  page.on('pageerror', (error) => conduct.crashes.push(error.message));
}
