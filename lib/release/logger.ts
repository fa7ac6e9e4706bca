/** The part of a logger that Verdigris uses; Powertools' Logger fits it. */
export interface Logger {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  error(message: string, facts?: Record<string, unknown>): void;
}

/** A logger that says nothing. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };
