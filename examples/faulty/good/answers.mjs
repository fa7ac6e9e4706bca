/** What handlers give back: plain answers, written to the response in one place. */
import { config } from './config.mjs';
import { securityHeaders } from './security.mjs';

/** A request that is turned down; the message is for whoever asked. */
export class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** A JSON answer. Nothing between the shop and its user may keep it. */
export const json = (value, { status = 200, headers = {} } = {}) => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify(value),
});

/** The answer to a request that failed with `error`. */
export const refused = (error) =>
  error instanceof Refusal
    ? json({ error: error.message }, error)
    : json({ error: 'something went wrong in the shop' }, { status: 500 });

/** What every answer carries. */
export const commonHeaders = () => ({
  ...securityHeaders,
  'x-storefront-version': config.version,
});

/** Writes an answer; a stream has written its own and has none. */
export const writeAnswer = (response, answer) => {
  if (!answer || response.headersSent) return;
  const { status, headers, body } = answer;
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...commonHeaders(), ...length, ...headers });
  response.end(body);
};
