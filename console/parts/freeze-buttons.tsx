import { useState } from 'preact/hooks';
import { whyNot } from '../model/rights.ts';
import { useConsole } from '../state/console-context.ts';
import type { Freeze } from '../types.ts';
import { freezeWords, unfreezeWords } from '../words/confirmations.ts';
import type { ActionButton } from './actions.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { Time } from './time.tsx';

/**
 * The button that freezes or unfreezes a scope, and its dialog.
 * @param scope A service, or `*` for all.
 */
export function useFreezeAction(scope: string, isFrozen: boolean, onDone: () => void) {
  const { api, session } = useConsole();
  const [isOpen, setOpen] = useState(false);
  const path = `/api/freezes/${encodeURIComponent(scope)}`;
  const all = scope === '*' ? ' everything' : '';
  const button: ActionButton = {
    label: `${isFrozen ? 'Unfreeze' : 'Freeze'}${all}…`,
    whyNot: whyNot(session.grants, 'operate', scope === '*' ? null : scope),
    onClick: () => setOpen(true),
  };
  const change = async (reason: string | null) => {
    await (isFrozen ? api.send('DELETE', path) : api.send('PUT', path, { reason }));
    onDone();
  };
  const dialog = isOpen && (
    <ConfirmDialog
      words={isFrozen ? unfreezeWords(scope) : freezeWords(scope)}
      reason={isFrozen ? 'none' : 'required'}
      onConfirm={change}
      onClose={() => setOpen(false)}
    />
  );
  return { button, dialog };
}

/** Why nothing may start, by whom and since when. */
export function FreezeNotice({ freeze }: { freeze: Freeze }) {
  const what = freeze.scope === '*' ? 'Everything is frozen' : `${freeze.scope} is frozen`;
  return (
    <div class="notice frozen">
      <p>
        <b>{what}.</b> {freeze.reason}
      </p>
      <p class="hint">
        by {freeze.by}, <Time at={freeze.at} />
      </p>
    </div>
  );
}
