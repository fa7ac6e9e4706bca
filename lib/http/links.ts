import type { App } from './app.ts';
import type { LinkDoorDeps } from './links/door.ts';

export type { LinkDoorDeps, LinkParts } from './links/door.ts';

/**
 * The door for who decides by a link from a message: `GET /approve` shows what the link is for, `POST
 * /approve` decides. Neither asks for a principal, as the link itself says in whose name it counts and
 * nobody but the conductor can make one. What is behind them is loaded when somebody comes.
 */
export function addLinks(app: App, deps: LinkDoorDeps): void {
  const door = () => import('./links/door.ts');
  app.get('/approve', async (c) => (await door()).showLink(c, deps));
  app.post('/approve', async (c) => (await door()).takeLink(c, deps));
}
