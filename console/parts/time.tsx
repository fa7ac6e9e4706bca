import { useNow } from '../state/browser.ts';
import { ago } from '../words/durations.ts';

const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** A moment in the viewer's own way, with the exact one (ISO 8601) in its title. */
export function Time({ at, isShort = false }: { at: string; isShort?: boolean }) {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return <span>{at}</span>;
  return (
    <time dateTime={at} title={at}>
      {(isShort ? timeOnly : dateAndTime).format(moment)}
    </time>
  );
}

/** A moment as the time since then. */
export function Ago({ at }: { at: string }) {
  const now = useNow(15_000);
  return (
    <time dateTime={at} title={at}>
      {ago(Date.parse(at), now)}
    </time>
  );
}
