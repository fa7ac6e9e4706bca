/**
 * A rule of this shop's own, for a check of kind function: what a cart costs is the sum of what is in it.
 * Reads the question from its standard input, fills a cart of green and writes its verdict.
 */
import { json } from 'node:stream/consumers';

const wishes = [
  { id: 'tote', quantity: 12 },
  { id: 'mug', quantity: 1 },
];

const { green } = await json(process.stdin);
let cookie = '';
let cart = { items: [], total: 0 };
for (const wish of wishes) {
  const body = JSON.stringify(wish);
  const response = await fetch(`${green.address}/cart`, {
    method: 'POST',
    headers: { cookie },
    body,
  });
  if (!response.ok) throw new Error(`POST /cart answers ${response.status}`);
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
  cart = await response.json();
}

const cents = (price) => Math.round(price * 100);
const sum = cart.items.reduce((total, it) => total + cents(it.price) * it.quantity, 0);
const isSum = sum > 0 && cents(cart.total) === sum;
const summary = `${cart.items.length} things cost ${cart.total}, which ${isSum ? 'is' : 'is not'} their sum${isSum ? '' : ` of ${sum / 100}`}`;
const evidence = { items: cart.items, total: cart.total, sum: sum / 100 };
console.log(JSON.stringify({ verdict: isSum ? 'pass' : 'fail', summary, evidence }));
