import { createHash, createHmac } from 'node:crypto';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { VerdigrisError } from '../release/errors.ts';

/** What signing needs besides the request. */
export interface SigningOptions {
  env: Readonly<Record<string, string | undefined>>;
  fetch: typeof fetch;
  /** Found as every AWS tool finds them (environment, profile, SSO, container, instance) if absent. */
  credentials?: ConstructorParameters<typeof SignatureV4>[0]['credentials'];
  /** The machine's own time if absent. */
  now?: () => Date;
}

/**
 * A fetch that signs what it sends with the caller's AWS credentials (SigV4), for API Gateway's IAM
 * authorizer.
 * @throws ConfigInvalidError by what it returns, when the region cannot be told.
 */
export function createSigningFetch(options: SigningOptions): typeof fetch {
  const { env, fetch, credentials = defaultProvider(), now } = options;
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const signer = new SignatureV4({
      service: 'execute-api',
      region: regionOf(url, env),
      credentials,
      sha256: Sha256,
    });
    const request = {
      method: init.method ?? 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: escaped(url.pathname),
      query: Object.fromEntries(url.searchParams),
      headers: { ...Object.fromEntries(new Headers(init.headers)), host: url.host },
      ...(init.body ? { body: init.body } : {}),
    };
    const signed = await signer.sign(request, now ? { signingDate: now() } : {});
    const { host: _, ...headers } = signed.headers;
    return fetch(`${url.origin}${request.path}${url.search}`, { ...init, headers });
  };
}

/** Left alone by URLs, but not by the canonical form that is signed: sent as it is signed. */
function escaped(path: string): string {
  return path.replace(/[!'()*]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** An API's own address has it; a domain of one's own does not. */
function regionOf({ hostname }: URL, env: SigningOptions['env']): string {
  const own = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname)?.[1];
  const region = own ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
  if (region) return region;
  const message = `${hostname} does not say in which AWS region it is; set AWS_REGION`;
  throw new VerdigrisError('ConfigInvalidError', message);
}

/** SHA-256, or its HMAC where there is a secret: what the signer asks to be given. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(chunk: Uint8Array | string): void {
    this.#hash.update(chunk);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): never {
    throw new Error('a hash is used once');
  }
}

function bytesOf(secret: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof secret === 'string') return Buffer.from(secret);
  if (secret instanceof ArrayBuffer) return new Uint8Array(secret);
  return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength);
}
