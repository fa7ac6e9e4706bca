import type { App } from '../app.ts';
import type { Authenticate } from '../authenticate.ts';
import type { ConnectionOf } from '../connection.ts';
import type { SignIn } from './identity.ts';

/** What the doors of sign-in work with. */
export interface SignInDoorDeps {
  signIn: SignIn;
  authenticate: Authenticate;
  connectionOf: ConnectionOf;
}

/**
 * The doors by which browsers sign in and out. Whoever comes is nobody yet, so none of them asks for a
 * principal; what is behind them is loaded when somebody comes.
 */
export function addSignIn(app: App, deps: SignInDoorDeps): void {
  const doors = () => import('./sign-in.ts');
  const { provider, publicUrl } = deps.signIn;
  const oidc = provider ? { loginUrl: `${publicUrl ?? ''}/auth/login` } : null;
  app.get('/auth/options', (c) => c.json({ token: true, oidc }));
  app.post('/auth/session', async (c) => (await doors()).openSession(c, deps));
  app.get('/auth/login', async (c) => (await doors()).beginSignIn(c, deps));
  app.get('/auth/callback', async (c) => (await doors()).finishSignIn(c, deps));
  app.post('/auth/logout', async (c) => (await doors()).closeSession(c, deps));
}
