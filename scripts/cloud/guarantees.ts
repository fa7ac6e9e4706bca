/** What AWS gives and the emulator does not, so that nothing here shows it. See docs/emulated-cloud.md. */
export const skippedGuarantees: readonly string[] = [
  'error names of functions: the emulator calls each Runtime.HandlerError, so no Retry and no Catch by name',
  'TimeoutSecondsPath of waiting tasks: the emulated template has literal time-outs',
  'alarms on a timer: they are evaluated when data is put, and only pushed over SNS, not over EventBridge',
  'Lambda metrics by version: blue and green are not compared',
  'weights of an alias: an invocation goes to its main version',
  'grants of Lambda by version and alias: roles count, but on the function as a whole',
  'propagation, throttling and cold starts as AWS has them',
  'how long expired items stay in DynamoDB: a minute here, up to days on AWS',
];
