import type { Sides } from '../model/sides.ts';
import { SideMark } from '../parts/marks.tsx';
import { splitInWords } from './split-words.ts';

/**
 * Who gets the traffic, as one bar: blue from the left and plain, green from the right and hatched.
 * The sentence beside it says the same.
 */
export function SplitBar({ sides, isLarge = false }: { sides: Sides; isLarge?: boolean }) {
  const { blue, green, elsewhere } = sides;
  return (
    <div class={isLarge ? 'split large' : 'split'} role="img" aria-label={splitInWords(sides)}>
      <Part name="blue" percent={blue?.percent ?? 0} />
      <Part name="other" percent={elsewhere} />
      <Part name="green" percent={green?.percent ?? 0} />
    </div>
  );
}

function Part({ name, percent }: { name: string; percent: number }) {
  const isNone = percent === 0;
  return (
    <span
      class={`split-part ${name} ${isNone ? 'none' : ''}`}
      style={{ flexGrow: String(percent) }}
    />
  );
}

/** Below the bar: each side with its sign, its version and its share. */
export function SplitLegend({ sides }: { sides: Sides }) {
  const shown = [sides.blue, sides.green].flatMap((side) => (side ? [side] : []));
  return (
    <ul class="split-legend">
      {shown.map((side) => (
        <li key={side.color} class={side.color}>
          <SideMark color={side.color} />
          <span>
            {side.color} <b>{side.version}</b> {side.percent} %
          </span>
        </li>
      ))}
      {sides.elsewhere > 0 && <li class="other">elsewhere {sides.elsewhere} %</li>}
    </ul>
  );
}
