/** What the shop sells: from the database, or from the list in here. */
import { json, Refusal } from './answers.mjs';
import { config } from './config.mjs';
import { hasDatabase, query } from './database.mjs';

const builtIn = [
  { id: 'mug', name: 'Enamel mug', price: 12 },
  { id: 'tote', name: 'Canvas tote', price: 18.5 },
  { id: 'print', name: 'Riso print', price: 25 },
  { id: 'lamp', name: 'Desk lamp', price: 49 },
];

/** Every product as `{id, name, price}`; the price is in euros. */
export async function listProducts() {
  if (!hasDatabase) return builtIn;
  const rows = await query('SELECT id, name, price_cents FROM products ORDER BY price_cents');
  return rows.map(toProduct);
}

/** One product, or a refusal. */
export async function findProduct(id) {
  const [row] = hasDatabase
    ? await query('SELECT id, name, price_cents FROM products WHERE id = $1', [id])
    : [];
  const product = hasDatabase ? row && toProduct(row) : builtIn.find((it) => it.id === id);
  if (product) return product;
  throw new Refusal(404, 'there is no such product');
}

const toProduct = ({ id, name, price_cents }) => ({ id, name, price: price_cents / 100 });

/** `GET /products` */
export async function showProducts() {
  return json({ version: config.version, products: await listProducts() });
}

/** `GET /products/{id}` */
export async function showProduct({ params }) {
  return json(await findProduct(params.id));
}
