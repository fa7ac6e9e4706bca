import { render } from 'preact';
import { App } from './app.tsx';
import { tokenInHash } from './router.ts';

/** Read once and taken out of the address bar before anything else can see or copy it. */
function takeToken(): string | null {
  const token = tokenInHash(location.hash);
  if (token !== null) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

const root = document.getElementById('console');
if (root) {
  root.replaceChildren();
  render(<App token={takeToken()} />, root);
}
