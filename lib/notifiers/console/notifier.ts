import { createColors } from 'picocolors';
import { messageOf } from '../../release/errors.ts';
import { isPublic, type PublicEventType, type ReleaseEvent } from '../../release/events.ts';
import type { ConsoleNotifierDeps } from '../console.ts';
import type { Notifier } from '../notifier.ts';

type Colour = 'green' | 'yellow' | 'red' | 'cyan';

const colours: Partial<Record<PublicEventType, Colour>> = {
  Completed: 'green',
  'Rolled Back': 'yellow',
  Held: 'yellow',
  Discarded: 'yellow',
  Refused: 'yellow',
  'Rollback Failed': 'red',
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
