import type { App } from './app.ts';

/** A file of the console as it is served. */
export interface ConsoleFile {
  /** Content-Type. */
  type: string;
  /** Changes with the content; weak, as the encodings share it. */
  etag: string;
  plain: Uint8Array<ArrayBuffer>;
  /** Compressed, by Content-Encoding; without those that save nothing. */
  compressed: Partial<Record<ConsoleEncoding, Uint8Array<ArrayBuffer>>>;
}

/** The best first. */
export const consoleEncodings = ['br', 'gzip'] as const;
export type ConsoleEncoding = (typeof consoleEncodings)[number];

/** The console: one page, and what it loads. */
export interface ConsoleFiles {
  page: ConsoleFile;
  /** By the name below `/assets/`, which has a hash of the content in it. */
  assets: Readonly<Record<string, ConsoleFile>>;
}

/** What the page itself takes apart: it has a view for each. */
const views = ['/', '/signin', '/services/*', '/releases/*'];

/**
 * Serves the console. Anybody may have it without saying who they are: its files are the same for
 * everybody and hold nothing of any service; what they show they ask the API for.
 */
export function addConsole(app: App, readFiles: () => Promise<ConsoleFiles>): void {
  const answers = () => import('./console-answer.ts');
  for (const view of views) {
    app.get(view, async (c) => (await answers()).answerPage(c, await readFiles()));
  }
  app.get('/assets/:name', async (c) => (await answers()).answerAsset(c, await readFiles()));
}
