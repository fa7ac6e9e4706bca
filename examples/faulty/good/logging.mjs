/** One JSON object a line on standard output. */
import { config } from './config.mjs';

const write = (level, facts) => {
  const { environment, version } = config;
  const time = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ time, level, environment, version, ...facts })}\n`);
};

/** Something that happened besides requests. */
export const logInfo = (message) => write('info', { message });

/** Something that went wrong; what a user sent is not in it. */
export const logError = (message, error, facts = {}) =>
  write('error', { message, error: error.message, ...facts });

/** One request that was answered: `{method, path, status, durationMs, traceId}`. */
export const logRequest = (facts) => write(facts.status >= 500 ? 'error' : 'info', facts);
