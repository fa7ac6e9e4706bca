import { useId, useState } from 'preact/hooks';
import { whyNot } from '../../model/rights.ts';
import { useAction } from '../../state/action.ts';
import { useConsole } from '../../state/console-context.ts';
import type { StoredManifestAnswer, ValidationAnswer } from '../../types.ts';
import { applyWords } from '../../words/confirmations.ts';
import { counted } from '../../words/text.ts';
import { Actions } from '../actions.tsx';
import { ConfirmDialog } from '../confirm-dialog.tsx';

/** A copy of the manifest to be changed, checked by the conductor, and applied by who may. */
export function ManifestEditor(props: { manifest: StoredManifestAnswer; onDone(): void }) {
  const { manifest, onDone } = props;
  const { api, session } = useConsole();
  const id = useId();
  const [text, setText] = useState(() => JSON.stringify(manifest.source, null, 2));
  const [checked, setChecked] = useState<(ValidationAnswer & { text: string }) | null>(null);
  const [isApplying, setApplying] = useState(false);
  const path = `/api/services/${encodeURIComponent(manifest.service)}`;
  const checking = useAction(async () => {
    const answer = await api.send<ValidationAnswer>('POST', `${path}/validate`, parsed(text));
    setChecked({ ...answer, text });
  });
  const isChecked = checked?.text === text && checked.isValid;
  const notChecked = isChecked ? null : 'Check it first: only what is valid can be applied.';
  return (
    <div class="editor">
      <label for={id}>The manifest as JSON</label>
      <textarea
        id={id}
        class="code"
        rows={20}
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <div role="status">
        {checking.problem && <p class="problem">{checking.problem}</p>}
        {!checking.problem && checked && <Issues checked={checked} isOld={checked.text !== text} />}
      </div>
      <Actions
        actions={[
          { label: 'Check', whyNot: null, tone: 'primary', onClick: () => void checking.start() },
          {
            label: 'Apply…',
            whyNot: whyNot(session.grants, 'operate', manifest.service) ?? notChecked,
            onClick: () => setApplying(true),
          },
          { label: 'Leave it as it was', whyNot: null, onClick: onDone },
        ]}
      />
      {isApplying && (
        <ConfirmDialog
          words={applyWords(manifest.service, manifest.revision)}
          reason="none"
          onConfirm={async () => {
            await api.send('PUT', path, parsed(text));
            onDone();
          }}
          onClose={() => setApplying(false)}
        />
      )}
    </div>
  );
}

function Issues({ checked, isOld }: { checked: ValidationAnswer; isOld: boolean }) {
  if (isOld) return <p class="hint">Changed since it was checked.</p>;
  if (checked.isValid) return <p class="fine">The manifest is valid.</p>;
  return (
    <div class="problem">
      <p>{counted(checked.issues.length, 'thing')} to mend:</p>
      <ul>
        {checked.issues.map(({ path, reason }) => (
          <li key={path + reason}>
            <code>{path || 'manifest'}</code> {reason}
          </li>
        ))}
      </ul>
    </div>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON yet: ${error instanceof Error ? error.message : error}`);
  }
}
