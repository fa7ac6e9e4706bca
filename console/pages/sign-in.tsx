import { useEffect, useId, useState } from 'preact/hooks';
import type { Api } from '../api.ts';
import { Coin } from '../parts/marks.tsx';
import { useAction } from '../state/action.ts';
import { useTitle } from '../state/browser.ts';
import type { SignInOptions } from '../types.ts';

/** What is possible where the conductor does not say. */
const tokenOnly: SignInOptions = { token: true, oidc: null };

/**
 * Asks who somebody is. The address stays as it is, so that a deep link leads where it should once they
 * are signed in.
 */
export function SignIn(props: { api: Api; notice: string | null; onSignedIn(): void }) {
  const { api, notice, onSignedIn } = props;
  const [options, setOptions] = useState<SignInOptions | null>(null);
  useTitle('Sign in');
  useEffect(() => {
    api.get<SignInOptions>('/auth/options').then(setOptions, () => setOptions(tokenOnly));
  }, [api]);
  return (
    <main class="sign-in" id="main">
      <Coin />
      <h1 tabIndex={-1}>Verdigris</h1>
      <p class="lead">Sign in to see what is live, and to release.</p>
      {notice && (
        <p class="problem" role="alert">
          {notice}
        </p>
      )}
      {options?.oidc && (
        <a class="button primary" href={loginPath(options.oidc.loginUrl)}>
          Sign in with single sign-on
        </a>
      )}
      {options?.oidc && options.token && <p class="or">or</p>}
      {options?.token && <TokenForm api={api} onSignedIn={onSignedIn} />}
    </main>
  );
}

/** Whoever comes back from the issuer is where they wanted to be. */
function loginPath(loginUrl: string): string {
  return `${loginUrl}?return=${encodeURIComponent(location.pathname)}`;
}

function TokenForm({ api, onSignedIn }: { api: Api; onSignedIn(): void }) {
  const id = useId();
  const [token, setToken] = useState('');
  const [name, setName] = useState('');
  const action = useAction(() => {
    const actor = name.trim();
    const body = { token: token.trim(), ...(actor ? { actor } : {}) };
    return api.send('POST', '/auth/session', body);
  });
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await action.start()) onSignedIn();
  };
  return (
    <form class="card" onSubmit={submit}>
      <div class="field">
        <label for={id}>Token</label>
        <input
          id={id}
          type="password"
          required
          autoComplete="current-password"
          spellcheck={false}
          aria-describedby={`${id}-hint`}
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <p class="hint" id={`${id}-hint`}>
          On your own machine <code>verdigris console</code> prints an address that signs you in.
          Elsewhere an operator makes one with <code>verdigris token create</code>.
        </p>
      </div>
      <div class="field">
        <label for={`${id}-name`}>Your name (optional)</label>
        <input
          id={`${id}-name`}
          maxLength={64}
          autoComplete="name"
          aria-describedby={`${id}-name-hint`}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <p class="hint" id={`${id}-name-hint`}>
          For what you do to be signed with it. A token of a machine has a name of its own.
        </p>
      </div>
      {action.problem && (
        <p class="problem" role="alert">
          {action.problem}
        </p>
      )}
      <button type="submit" class="primary" aria-disabled={action.isRunning ? 'true' : undefined}>
        {action.isRunning ? 'One moment…' : 'Sign in'}
      </button>
    </form>
  );
}
