import { describeGrants } from '../model/rights.ts';
import { useLiveState, useNow } from '../state/browser.ts';
import { useConsole } from '../state/console-context.ts';
import { roughly } from '../words/durations.ts';
import { Coin } from './marks.tsx';

/** Name, way home, sign of life, and who is signed in. */
export function Header({ onSignOut }: { onSignOut(): void }) {
  const { session } = useConsole();
  return (
    <header class="top">
      <a class="brand" href="/" aria-label="Verdigris: all services">
        <Coin />
        <span>Verdigris</span>
      </a>
      <Pulse />
      <details class="who">
        <summary>
          <span class="who-name">{session.actor}</span>
        </summary>
        <div class="who-card">
          <p>
            Signed in as <b>{session.actor}</b>
          </p>
          <p class="hint">Role: {describeGrants(session.grants)}</p>
          <button type="button" onClick={onSignOut}>
            Sign out
          </button>
        </div>
      </details>
    </header>
  );
}

/** How the page hears of changes: it moves when the conductor says so, or when it asks. */
function Pulse() {
  const { mode, isLost } = useLiveState();
  const label = isLost ? 'Not connected' : mode === 'stream' ? 'Live' : 'Refreshing';
  return (
    <span class={`pulse ${isLost ? 'lost' : mode}`}>
      <i aria-hidden="true" />
      <span>{label}</span>
    </span>
  );
}

/** How old what is shown is, while the conductor does not answer. */
export function LostBanner() {
  const { live } = useConsole();
  const { isLost, lastGoodAt } = useLiveState();
  const now = useNow(1000, isLost);
  if (!isLost) return null;
  const age = lastGoodAt === null ? '' : ` What you see is ${roughly(now - lastGoodAt)} old.`;
  return (
    <section class="lost-banner" aria-label="Connection">
      <p role="status">The conductor does not answer. Releases go on without this page.</p>
      <p>
        {age} It tries again by itself.{' '}
        <button type="button" class="link" onClick={() => live.wake()}>
          Try now
        </button>
      </p>
    </section>
  );
}
