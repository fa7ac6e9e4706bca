import { useState } from 'preact/hooks';
import { startOf } from '../../model/events.ts';
import { isHoldable, isUndoable, whyNotUndone } from '../../model/kept.ts';
import { whyNot } from '../../model/rights.ts';
import { useConsole } from '../../state/console-context.ts';
import type { ReleaseStatus } from '../../types.ts';
import { holdWords, resumeWords, rollbackWords } from '../../words/confirmations.ts';
import { type ActionButton, Actions } from '../actions.tsx';
import { StateBadge } from '../badge.tsx';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { CopyLink } from '../copy-link.tsx';
import { Time } from '../time.tsx';

type Asked = 'rollback' | 'hold' | 'continue' | 'end-hold';

/** What is released over what, how it stands, who asked, and what can be done about it. */
export function ReleaseHead({ status, onDone }: { status: ReleaseStatus; onDone(): void }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const began = startOf(status);
  return (
    <div class="page-head">
      <div>
        <h1 tabIndex={-1}>
          {status.service} <span class="version">{status.version}</span>
        </h1>
        <p class="subline">
          <StateBadge {...status} />
          {status.blue && <span>over {status.blue.version}</span>}
          <span>
            by <b>{status.requestedBy}</b>
          </span>
          {began && <Time at={began} />}
          <CopyLink />
        </p>
      </div>
      <ReleaseActions status={status} onAsk={setAsked} />
      {asked && (
        <AskedDialog status={status} asked={asked} onDone={onDone} onClose={() => setAsked(null)} />
      )}
    </div>
  );
}

function ReleaseActions({ status, onAsk }: { status: ReleaseStatus; onAsk(asked: Asked): void }) {
  const { session } = useConsole();
  const { outcome, service } = status;
  const ask = (label: string, asked: Asked, tone?: ActionButton['tone']) => ({
    label,
    whyNot: whyNot(session.grants, asked === 'rollback' ? 'release' : 'operate', service),
    ...(tone ? { tone } : {}),
    onClick: () => onAsk(asked),
  });
  if (outcome === 'held') {
    return (
      <Actions
        actions={[
          ask('Continue…', 'continue', 'primary'),
          ask('End by rolling back…', 'end-hold', 'grave'),
        ]}
      />
    );
  }
  if (!isUndoable(status)) return null;
  const button = ask('Roll back…', 'rollback', 'grave');
  const undo = { ...button, whyNot: button.whyNot ?? whyNotUndone(status) };
  return <Actions actions={isHoldable(status) ? [ask('Hold…', 'hold'), undo] : [undo]} />;
}

function AskedDialog(props: {
  status: ReleaseStatus;
  asked: Asked;
  onDone(): void;
  onClose(): void;
}) {
  const { api } = useConsole();
  const { status, asked, onDone, onClose } = props;
  const path = `/api/releases/${encodeURIComponent(status.releaseId)}`;
  const decision = asked === 'continue' ? 'continue' : 'rollback';
  const send = async (reason: string | null) => {
    const why = reason === null ? {} : { reason };
    if (asked === 'rollback' || asked === 'hold') await api.send('POST', `${path}/${asked}`, why);
    else await api.send('POST', `${path}/resume`, { decision, ...why });
    onDone();
  };
  return (
    <ConfirmDialog
      words={wordsOf(asked, status)}
      reason="optional"
      onConfirm={send}
      onClose={onClose}
    />
  );
}

function wordsOf(asked: Asked, status: ReleaseStatus) {
  if (asked === 'rollback') return rollbackWords(status);
  if (asked === 'hold') return holdWords(status);
  return resumeWords(status, asked === 'continue' ? 'continue' : 'rollback');
}
