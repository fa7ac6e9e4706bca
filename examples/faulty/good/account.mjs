/** Logging in, and who is logged in. */
import { json, Refusal } from './answers.mjs';
import { readObject, textOf } from './body.mjs';
import { seal, sessionCookie, sessionOf } from './sessions.mjs';

/** `POST /login`: everybody may come in under any name; what is in the cart stays there. */
export async function logIn({ request }) {
  const user = textOf((await readObject(request)).user, 'user', 64);
  const session = { ...sessionOf(request), user };
  return json({ user, token: seal(session) }, { headers: sessionCookie(session, request) });
}

/** `GET /account` */
export async function showAccount({ request }) {
  return json({ user: userOf(request) });
}

/** The user's name, or a refusal. */
export function userOf(request) {
  const { user } = sessionOf(request);
  if (user) return user;
  throw new Refusal(401, 'log in first', { 'www-authenticate': 'Bearer' });
}
