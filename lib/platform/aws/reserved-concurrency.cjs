/**
 * Reserves concurrency for the functions that take traffic back or stop a release, as many executions
 * each as the parameter says: a green that uses up the account's concurrency must not keep a rollback
 * out (rule 5). With `none`, the default, the template has no such property at all.
 *
 * Asked by the packaging tool for a part of the configuration; it knows CommonJS only.
 */
module.exports = async ({ resolveConfigurationProperty }) => {
  const wanted = await resolveConfigurationProperty(['custom', 'reservedConcurrency']);
  if (wanted === 'none') return { extensions: {} };
  if (!/^[1-9]\d*$/.test(String(wanted))) {
    throw new Error(
      `parameter reservedConcurrency is "${wanted}"; it needs a number from 1, or none`,
    );
  }
  const reserved = { Properties: { ReservedConcurrentExecutions: Number(wanted) } };
  return { extensions: Object.fromEntries(functions.map((name) => [logicalName(name), reserved])) };
};

const functions = ['onAlarm', 'rollback', 'hold', 'onExecutionEnded', 'cutover'];

function logicalName(name) {
  return `${name.replace(/^./, (first) => first.toUpperCase())}LambdaFunction`;
}
