import type { Tone } from '../words/phases.ts';

/** The sign of Verdigris: a copper coin that patina grows over. */
export function Coin() {
  return (
    <svg class="coin" viewBox="0 0 32 32" aria-hidden="true">
      <circle class="coin-copper" cx="16" cy="16" r="14" />
      <path class="coin-patina" d="M16 2a14 14 0 1 0 14 14c-4 3-8 2-10-1s-1-5-4-6 -2-5 0-7z" />
      <circle class="coin-rim" cx="16" cy="16" r="11" />
    </svg>
  );
}

/** The sign of a side: a square for blue, a disc for green, so that it needs no colour. */
export function SideMark({ color }: { color: 'blue' | 'green' }) {
  return (
    <svg class={`side-mark ${color}`} viewBox="0 0 12 12" aria-hidden="true">
      {color === 'blue' ? (
        <rect x="1" y="1" width="10" height="10" rx="1.5" />
      ) : (
        <circle cx="6" cy="6" r="5.5" />
      )}
    </svg>
  );
}

const toneSigns: Record<Tone, string> = {
  idle: 'M4 8h8',
  busy: 'M5.5 3.5v9l7-4.5z',
  good: 'M3.5 8.5l3 3 6-7',
  warn: 'M8 3v6M8 11.5v1.5',
  bad: 'M4 4l8 8M12 4l-8 8',
};

/** The sign of a state: tick, exclamation mark, cross, … */
export function ToneMark({ tone }: { tone: Tone }) {
  return (
    <svg class={`tone-mark ${tone}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={toneSigns[tone]} />
    </svg>
  );
}
