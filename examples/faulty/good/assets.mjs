/** Files of the page. Those with a hash in their name never change, so they may be kept for good. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Refusal } from './answers.mjs';

const folder = join(import.meta.dirname, 'assets');
const types = { '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };

const isHashed = (name) => /\.[0-9a-f]{8}\.\w+$/.test(name);

const toAsset = (name) => {
  const body = readFileSync(join(folder, name));
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
  const headers = {
    'content-type': types[extname(name)] ?? 'image/svg+xml',
    'cache-control': isHashed(name) ? 'public, max-age=31536000, immutable' : 'public, max-age=60',
    etag,
  };
  return [name, { headers, body }];
};

const names = readdirSync(folder).filter((name) => name !== 'names.json');
const assets = new Map(names.map(toAsset));

/** Plain names to those with a hash, such as `app.css`. */
export const assetNames = JSON.parse(readFileSync(join(folder, 'names.json'), 'utf8'));

/** `GET /assets/{name}` */
export async function showAsset({ request, params }) {
  const asset = assets.get(params.name);
  if (!asset) throw new Refusal(404, 'there is no such file');
  const isKnown = request.headers['if-none-match'] === asset.headers.etag;
  return isKnown ? { status: 304, headers: asset.headers } : { status: 200, ...asset };
}
