import { createColors } from 'picocolors';
import { z } from 'zod';
import { messageOf } from '../release/errors.ts';
import { isPublic, type PublicEventType, type ReleaseEvent } from '../release/events.ts';
import { localOnly } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import type { NotifierKind } from './index.ts';
import type { Notifier } from './notifier.ts';

type Colour = 'green' | 'yellow' | 'red' | 'cyan';

const colours: Partial<Record<PublicEventType, Colour>> = {
  Completed: 'green',
  'Rolled Back': 'yellow',
  Held: 'yellow',
  Discarded: 'yellow',
  Refused: 'yellow',
  'Rollback Failed': 'red',
};

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
  create(_config, { write, hasColour = false, log }) {
    if (write) return createConsoleNotifier({ write, hasColour, log });
    throw localOnly('notifier', 'console');
  },
};

/** Writes `time service release type: summary` for every public event, and nothing for others. */
export function createConsoleNotifier({ write, hasColour, log }: ConsoleNotifierDeps): Notifier {
  const colors = createColors(hasColour ?? false);
  return {
    async send(event) {
      if (!isPublic(event)) return;
      try {
        const paint = colors[colours[event.type as PublicEventType] ?? 'cyan'];
        write(lineOf(event, colors.dim, paint));
      } catch (error) {
        log.warn('the console notifier could not write', { reason: messageOf(error) });
      }
    },
  };
}

function lineOf(
  { at, service, releaseId, type, summary }: ReleaseEvent,
  dim: (text: string) => string,
  paint: (text: string) => string,
): string {
  const where = releaseId === null ? oneLine(service) : `${oneLine(service)} ${oneLine(releaseId)}`;
  return `${dim(at)} ${where} ${paint(type)}: ${oneLine(summary)}`;
}

/** Summaries quote programs' output: no line break and no escape sequence may reach the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
