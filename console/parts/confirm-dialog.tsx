import { useId, useState } from 'preact/hooks';
import { useAction } from '../state/action.ts';
import type { Confirmation } from '../words/confirmations.ts';
import { Dialog } from './dialog.tsx';

/** Says what will happen, asks why where that is recorded, and does it once. */
export function ConfirmDialog(props: {
  words: Confirmation;
  /** Whether a reason is asked for, and must be given. */
  reason: 'none' | 'optional' | 'required';
  /** Throws what the API answers. */
  onConfirm(reason: string | null): Promise<unknown>;
  onClose(): void;
}) {
  const { words, reason, onConfirm, onClose } = props;
  const [text, setText] = useState('');
  const action = useAction(onConfirm);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await action.start(text.trim() || null)) onClose();
  };
  return (
    <Dialog title={words.title} onClose={onClose}>
      <form onSubmit={submit}>
        {words.sentences.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {reason !== 'none' && (
          <ReasonField text={text} isRequired={reason === 'required'} onText={setText} />
        )}
        <DialogFoot
          label={words.label}
          isGrave={words.isGrave}
          isRunning={action.isRunning}
          problem={action.problem}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

/** What went wrong, the way back and the button that does it. */
export function DialogFoot(props: {
  label: string;
  isGrave: boolean;
  isRunning: boolean;
  problem: string | null;
  onClose(): void;
}) {
  return (
    <>
      {props.problem && (
        <p class="problem" role="alert">
          {props.problem}
        </p>
      )}
      <div class="dialog-foot">
        <button type="button" onClick={props.onClose}>
          Cancel
        </button>
        <button
          type="submit"
          class={props.isGrave ? 'grave' : 'primary'}
          aria-disabled={props.isRunning ? 'true' : undefined}
        >
          {props.isRunning ? 'One moment…' : props.label}
        </button>
      </div>
    </>
  );
}

function ReasonField(props: { text: string; isRequired: boolean; onText(text: string): void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.isRequired ? 'Reason' : 'Reason (optional)'}</label>
      <textarea
        id={id}
        rows={2}
        maxLength={500}
        required={props.isRequired}
        value={props.text}
        onInput={(event) => props.onText(event.currentTarget.value)}
      />
      <p class="hint">It is recorded with your name, and colleagues see it.</p>
    </div>
  );
}
