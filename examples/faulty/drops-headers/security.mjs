/** Headers that tell a browser what this page may do, on every answer. */
export const securityHeaders = {
  'strict-transport-security': 'max-age=3600',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-frame-options': 'DENY',
};
