/** What customers say. */
import { json } from './answers.mjs';
import { readObject, textOf, wholeNumberOf } from './body.mjs';
import { findProduct } from './catalogue.mjs';
import { hasDatabase, query } from './database.mjs';

/** `POST /products/{id}/reviews` */
export async function addReview({ request, params }) {
  const { stars, text } = await readObject(request);
  const review = {
    stars: wholeNumberOf(stars, 'stars', 1, 5),
    text: textOf(text, 'text', 1000),
  };
  const product = await findProduct(params.id);
  if (hasDatabase) await keep(product.id, review);
  return json({ product: product.id, ...review }, { status: 201 });
}

const keep = (product, { stars, text }) =>
  query('INSERT INTO reviews (product_id, stars, text) VALUES ($1, $2, $3)', [
    product,
    stars,
    text,
  ]);
