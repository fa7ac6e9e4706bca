import { useId } from 'preact/hooks';

/** A button of a page, and why it is not for this person; null when it is. */
export interface ActionButton {
  label: string;
  whyNot: string | null;
  tone?: 'primary' | 'grave';
  onClick(): void;
}

/**
 * Buttons in a row. One that somebody may not use stays in sight, can be reached with the keyboard, and
 * says below why.
 */
export function Actions({ actions }: { actions: readonly ActionButton[] }) {
  const id = useId();
  const reasons = [...new Set(actions.flatMap(({ whyNot }) => (whyNot ? [whyNot] : [])))];
  return (
    <div class="actions">
      <div class="action-row">
        {actions.map(({ label, whyNot, tone, onClick }) => (
          <button
            key={label}
            type="button"
            class={tone}
            aria-disabled={whyNot ? 'true' : undefined}
            aria-describedby={whyNot ? `${id}-${reasons.indexOf(whyNot)}` : undefined}
            onClick={() => whyNot || onClick()}
          >
            {label}
          </button>
        ))}
      </div>
      {reasons.map((reason, i) => (
        <p key={reason} class="why-not" id={`${id}-${i}`}>
          {reason}
        </p>
      ))}
    </div>
  );
}
