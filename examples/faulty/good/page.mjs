/** The page that people see. */
import { assetNames } from './assets.mjs';
import { listProducts } from './catalogue.mjs';
import { config } from './config.mjs';

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => String(text).replace(/[&<>"]/g, (character) => escapes[character]);

const row = ({ id, name, price }) => `
      <li>
        <span>${escaped(name)}</span>
        <span>€ ${price.toFixed(2)}</span>
        <button type="button" data-product="${escaped(id)}">Add</button>
      </li>`;

const page = (products) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Storefront</title>
    <link rel="icon" href="/assets/logo.svg">
    <link rel="stylesheet" href="/assets/${assetNames['app.css']}">
    <script type="module" src="/assets/${assetNames['app.js']}"></script>
  </head>
  <body>
    <main>
      <h1><img src="/assets/logo.svg" alt="" width="40" height="40"> Storefront</h1>
      <ul>${products.map(row).join('')}
      </ul>
      <p>In your cart: <b id="total">€ 0.00</b></p>
      <p>Live from <b id="version">${escaped(config.version)}</b></p>
    </main>
  </body>
</html>
`;

/** `GET /` */
export async function showPage() {
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
    body: page(await listProducts()),
  };
}
