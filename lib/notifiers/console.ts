import { z } from 'zod';
import { localOnly } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import type { NotifierKind } from './index.ts';

/** What the console notifier writes with. */
export interface ConsoleNotifierDeps {
  /** Takes one line without its end. */
  write(line: string): void;
  /** Lines are plain unless this is true. */
  hasColour?: boolean;
  log: Logger;
}

/** One line per public event, on the conductor's own terminal. */
export const consoleKind: NotifierKind = {
  kind: 'console',
  schema: z.strictObject({ kind: z.literal('console') }),
  async create(_config, { write, hasColour = false, log }) {
    if (!write) throw localOnly('notifier', 'console');
    const { createConsoleNotifier } = await import('./console/notifier.ts');
    return createConsoleNotifier({ write, hasColour, log });
  },
};
