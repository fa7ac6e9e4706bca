/** The cart, which lives in the session, and what becomes of it. */
import { createHmac, randomUUID } from 'node:crypto';
import { userOf } from './account.mjs';
import { json, Refusal } from './answers.mjs';
import { readObject, textOf, wholeNumberOf } from './body.mjs';
import { findProduct, listProducts } from './catalogue.mjs';
import { config } from './config.mjs';
import { hasDatabase, query } from './database.mjs';
import { sessionCookie, sessionOf } from './sessions.mjs';

/** `GET /cart` */
export async function showCart({ request }) {
  return json(await priced(sessionOf(request).cart));
}

/** `POST /cart`: sets how many of one product are in it; none takes it out. */
export async function changeCart({ request }) {
  const wish = await readObject(request);
  const quantity = wholeNumberOf(wish.quantity, 'quantity', 0, 99);
  const { id } = await findProduct(textOf(wish.id, 'id', 64));
  const session = sessionOf(request);
  const { [id]: _before, ...others } = session.cart;
  const cart = quantity > 0 ? { ...others, [id]: quantity } : others;
  return json(await priced(cart), { headers: sessionCookie({ ...session, cart }, request) });
}

/** `POST /checkout`: pays for what is in the cart and empties it. */
export async function checkOut({ request }) {
  const user = userOf(request);
  const { items, total } = await priced(sessionOf(request).cart);
  if (items.length === 0) throw new Refusal(409, 'the cart is empty');
  const order = { id: randomUUID(), items, total };
  const receipt = pay(order);
  if (hasDatabase) await keep(order, user);
  const headers = sessionCookie({ user, cart: {} }, request);
  return json({ order: { ...order, receipt } }, { status: 201, headers });
}

async function priced(cart) {
  const products = await listProducts();
  const items = products
    .filter(({ id }) => cart[id] > 0)
    .map(({ id, name, price }) => ({ id, name, price, quantity: cart[id] }));
  const cents = items.reduce((sum, it) => sum + Math.round(it.price * 100) * it.quantity, 0);
  return { items, total: cents / 100 };
}

/** Stands for a payment provider: its receipt is signed with the key that it gave us. */
function pay({ id, total }) {
  if (!config.paymentsKey) throw new Refusal(503, 'payments are not possible just now');
  return createHmac('sha256', config.paymentsKey).update(`${id} ${total}`).digest('hex');
}

const keep = ({ id, total }, user) =>
  query('INSERT INTO orders (id, customer, total_cents) VALUES ($1, $2, $3)', [
    id,
    user,
    Math.round(total * 100),
  ]);
