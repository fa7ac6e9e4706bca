import type { ReleaseEvent, ReleaseStatus } from '../lib/http/api.ts';
import { CommandError } from './errors.ts';
import type { Session } from './session.ts';
import {
  renderEnding,
  renderEvent,
  renderHeader,
  renderProgress,
  shownEvents,
  startOf,
  type TimelineStyle,
} from './timeline.ts';

/** How often a release is looked at, in milliseconds. */
const lookIntervalMs = 250;
/** A conductor that is restarted in the middle of a release is waited for that long. */
const lostLimit = 240;

/**
 * Shows a release until it has an outcome, and returns its last status. On a terminal the line with
 * the progress is repainted below the events; elsewhere every event is a new line; with `--json`
 * nothing is printed on the way.
 *
 * @throws CommandError as the API client does, after a minute without an answer.
 */
export async function followRelease(session: Session, releaseId: string): Promise<ReleaseStatus> {
  const view = createView(session);
  let lost = 0;
  for (;;) {
    const status = await look(session, releaseId, lost);
    lost = status ? 0 : lost + 1;
    if (status) view.update(status);
    else view.note('the conductor does not answer, trying again', lost === 1);
    if (status && status.outcome !== null) return status;
    await session.io.sleep(lookIntervalMs);
  }
}

/** The status, or null when it is worth another try. */
async function look({ api }: Session, id: string, lost: number): Promise<ReleaseStatus | null> {
  try {
    return await api.release(id);
  } catch (error) {
    const isWorthWaiting = error instanceof CommandError && error.facts.isRetryable === true;
    if (isWorthWaiting && lost < lostLimit) return null;
    throw error;
  }
}

/** Something that shows a release as it goes. */
interface View {
  update(status: ReleaseStatus): void;
  /** `isNew` is false for the repetition of the same note. */
  note(text: string, isNew: boolean): void;
}

function createView(session: Session): View {
  if (session.isJson) return { update: () => {}, note: () => {} };
  const { io } = session;
  const footer = createFooter(session);
  const print = (lines: readonly string[]) => footer.above(lines);
  const next = createNewEvents();
  let isBegun = false;
  return {
    update(status) {
      const style = styleOf(session);
      if (!isBegun) print([renderHeader(status, style)]);
      isBegun = true;
      print(next(status).map((event) => renderEvent(event, startOf(status), style)));
      if (status.outcome !== null) print(renderEnding(status, style));
      else footer.set(renderProgress(status, { ...style, nowMs: io.now() }) ?? '');
    },
    note(text, isNew) {
      footer.set(`  ${text}`);
      if (isNew && !io.isTTY) io.stderr.write(`${text}\n`);
    },
  };
}

function styleOf({ io, hasColor }: Session): TimelineStyle {
  return io.isTTY ? { color: hasColor, width: io.columns } : { color: hasColor };
}

/** The events of a status that were not there the last time. */
function createNewEvents(): (status: ReleaseStatus) => ReleaseEvent[] {
  const known = new Set<string>();
  return (status) => {
    const fresh = shownEvents(status.events).filter((event) => !known.has(event.id));
    for (const event of fresh) known.add(event.id);
    return fresh;
  };
}

const eraseLine = '\r\u001b[2K';

/** One line at the bottom of a terminal; nothing elsewhere. */
function createFooter({ io }: Session) {
  let painted = '';
  const erase = () => {
    if (painted !== '') io.stdout.write(eraseLine);
    painted = '';
  };
  return {
    /** Prints lines that stay. */
    above(lines: readonly string[]) {
      if (lines.length === 0) return;
      erase();
      io.stdout.write(`${lines.join('\n')}\n`);
    },
    set(line: string) {
      if (!io.isTTY || line === painted) return;
      erase();
      io.stdout.write(line);
      painted = line;
    },
  };
}
