/** What this copy of the shop was told by its environment. */
const { env } = process;

export const config = {
  host: env.HOST ?? '127.0.0.1',
  port: Number(env.PORT ?? 3000),
  version: env.VERDIGRIS_VERSION ?? 'good',
  environment: env.VERDIGRIS_ENVIRONMENT ?? 'local',
  /** `postgres://…`; without it the shop sells from its built-in catalogue. */
  databaseUrl: env.DATABASE_URL,
  /** Signs sessions; every copy of the shop needs the same one. */
  sessionSecret: env.SESSION_SECRET,
  paymentsKey: env.PAYMENTS_KEY,
  /** Opens `/internal/…`; without it there is no such door. */
  probeToken: env.PROBE_TOKEN,
};

/** Names of the secrets that the shop cannot do its work without. */
export const neededSecrets = ['SESSION_SECRET', 'PAYMENTS_KEY'];

/** Which of them are there, by name; never what they are. */
export const readableSecrets = () =>
  Object.fromEntries(neededSecrets.map((name) => [name, env[name] ? 'readable' : 'missing']));
