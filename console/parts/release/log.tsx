import { useId, useState } from 'preact/hooks';
import {
  type EventGroup,
  eventGroups,
  filterEvents,
  foldRepeats,
  isPerson,
  toneOf,
} from '../../model/events.ts';
import { plainReason } from '../../model/verdicts.ts';
import type { ReleaseEvent } from '../../types.ts';
import { counted } from '../../words/text.ts';
import { ToneMark } from '../marks.tsx';
import { Section } from '../states.tsx';
import { Time } from '../time.tsx';
import { Evidence } from './checks.tsx';

const groupNames: Record<EventGroup, string> = {
  all: 'Everything',
  people: 'What people did',
  traffic: 'Traffic',
  checks: 'Checks and verdicts',
  trouble: 'Trouble',
};

/** Who did what and when: every event of the release, newest first. */
export function LogPart({ events }: { events: readonly ReleaseEvent[] }) {
  const [group, setGroup] = useState<EventGroup>('all');
  const [text, setText] = useState('');
  const [isFolded, setFolded] = useState(true);
  const shown = filterEvents(events, group, text);
  const entries = isFolded
    ? foldRepeats(shown)
    : shown.toReversed().map((event) => ({ event, repeats: 0 }));
  return (
    <Section title="Log" aside={<p class="hint">{`${shown.length} of ${events.length}`}</p>}>
      <Filter group={group} text={text} onGroup={setGroup} onText={setText} />
      {shown.length === 0 && <p class="hint">Nothing in the log is like that.</p>}
      <ol class="log">
        {entries.map(({ event, repeats }) => (
          <Entry key={event.id} event={event} repeats={repeats} onUnfold={() => setFolded(false)} />
        ))}
      </ol>
    </Section>
  );
}

function Filter(props: {
  group: EventGroup;
  text: string;
  onGroup(group: EventGroup): void;
  onText(text: string): void;
}) {
  const id = useId();
  return (
    <div class="filter">
      <label for={`${id}-group`}>Show</label>
      <select
        id={`${id}-group`}
        value={props.group}
        onChange={(event) => props.onGroup(event.currentTarget.value as EventGroup)}
      >
        {eventGroups.map((group) => (
          <option key={group} value={group}>
            {groupNames[group]}
          </option>
        ))}
      </select>
      <label for={`${id}-text`}>with</label>
      <input
        id={`${id}-text`}
        type="search"
        placeholder="a word or a name"
        value={props.text}
        onInput={(event) => props.onText(event.currentTarget.value)}
      />
    </div>
  );
}

function Entry(props: { event: ReleaseEvent; repeats: number; onUnfold(): void }) {
  const { event, repeats, onUnfold } = props;
  const facts = Object.keys(event.data).length > 0;
  return (
    <li class={`entry ${toneOf(event)}`}>
      <ToneMark tone={toneOf(event)} />
      <Time at={event.at} isShort />
      <div class="entry-text">
        <p>
          <b>{event.type}</b>{' '}
          <span class={isPerson(event.by) ? 'by person' : 'by'}>{event.by}</span>
        </p>
        <p>{plainReason(event.summary)}</p>
        {repeats > 0 && (
          <button type="button" class="link" onClick={onUnfold}>
            and {counted(repeats, 'look')} before it with the same verdict
          </button>
        )}
        {facts && (
          <details>
            <summary>Facts</summary>
            <Evidence evidence={event.data} />
          </details>
        )}
      </div>
    </li>
  );
}
