import type { ComponentChildren } from 'preact';
import type { Outcome, Phase } from '../types.ts';
import { stateWords, type Tone } from '../words/phases.ts';
import { ToneMark } from './marks.tsx';

/** A short word in a coloured frame, with a sign for those who see no colour. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      <ToneMark tone={tone} />
      {children}
    </span>
  );
}

/** The phase of a release that runs, the outcome of one that has ended. */
export function StateBadge(props: { phase: Phase; outcome: Outcome | null }) {
  const { label, tone } = stateWords(props);
  return <Badge tone={tone}>{label}</Badge>;
}
