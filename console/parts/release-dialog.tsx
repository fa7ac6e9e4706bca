import { useId, useState } from 'preact/hooks';
import { releasePath } from '../router.ts';
import { useAction } from '../state/action.ts';
import { useConsole } from '../state/console-context.ts';
import type { ReleaseStatus } from '../types.ts';
import { releaseWords } from '../words/confirmations.ts';
import { DialogFoot } from './confirm-dialog.tsx';
import { Dialog } from './dialog.tsx';

/** Starts a release of an artifact and goes to its page. */
export function ReleaseDialog(props: {
  service: string;
  liveVersion: string | null;
  onClose(): void;
}) {
  const { api, go } = useConsole();
  const [uri, setUri] = useState('');
  const [version, setVersion] = useState('');
  const words = releaseWords(props.service, props.liveVersion);
  const action = useAction(async () => {
    const artifact = { uri: uri.trim(), version: version.trim() };
    const body = { service: props.service, artifact };
    const { releaseId } = await api.send<ReleaseStatus>('POST', '/api/releases', body);
    props.onClose();
    go(releasePath(releaseId));
  });
  const submit = (event: Event) => {
    event.preventDefault();
    void action.start();
  };
  return (
    <Dialog title={words.title} onClose={props.onClose}>
      <form onSubmit={submit}>
        {words.sentences.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        <TextField
          label="Artifact"
          hint="Where it is: a path on the conductor’s machine, s3://…, or an image’s address"
          value={uri}
          onValue={setUri}
        />
        <TextField
          label="Version"
          hint="As people know it, such as 1.4.2"
          value={version}
          pattern="[A-Za-z0-9][A-Za-z0-9._+\-]{0,63}"
          onValue={setVersion}
        />
        <DialogFoot {...words} {...action} onClose={props.onClose} />
      </form>
    </Dialog>
  );
}

function TextField(props: {
  label: string;
  hint: string;
  value: string;
  pattern?: string;
  onValue(value: string): void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        required
        autoComplete="off"
        spellcheck={false}
        pattern={props.pattern}
        aria-describedby={`${id}-hint`}
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
      <p class="hint" id={`${id}-hint`}>
        {props.hint}
      </p>
    </div>
  );
}
