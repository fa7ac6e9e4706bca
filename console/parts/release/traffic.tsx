import { SplitBar } from '../../charts/split-bar.tsx';
import type { Side, Sides } from '../../model/sides.ts';
import type { ReleaseStatus } from '../../types.ts';
import { SideMark } from '../marks.tsx';
import { Section } from '../states.tsx';

/** Both sides with their share of the traffic: the heart of the page. */
export function TrafficPart({ status, sides }: { status: ReleaseStatus; sides: Sides }) {
  const aside = status.outcome === null ? 'as the router says now' : 'as the router says today';
  return (
    <Section title="Traffic" aside={<p class="hint">{aside}</p>} class="traffic">
      <div class="sides">
        <SideCard
          color="blue"
          side={sides.blue}
          absent="Nothing was live before"
          isKnown={sides.isKnown}
        />
        <SideCard
          color="green"
          side={sides.green}
          absent="Not started yet"
          isKnown={sides.isKnown}
        />
      </div>
      {sides.isKnown && <SplitBar sides={sides} isLarge />}
      {!sides.isKnown && <p class="hint">Where traffic goes is not known now.</p>}
      {sides.elsewhere > 0 && (
        <p class="notice">
          {sides.elsewhere} % of the traffic goes to neither side: another release or another hand
          has moved it.
        </p>
      )}
    </Section>
  );
}

function SideCard(props: {
  color: 'blue' | 'green';
  side: Side | null;
  absent: string;
  isKnown: boolean;
}) {
  const { color, side, absent, isKnown } = props;
  return (
    <div class={`side ${color} ${side ? '' : 'absent'}`}>
      <p class="side-name">
        <SideMark color={color} /> {color}
      </p>
      {side ? (
        <>
          <p class="side-version">{side.version}</p>
          {isKnown && <p class="side-share">{side.percent} %</p>}
          <p class="side-id" title={side.address ?? undefined}>
            {side.environmentId}
          </p>
        </>
      ) : (
        <p class="hint">{absent}</p>
      )}
    </div>
  );
}
