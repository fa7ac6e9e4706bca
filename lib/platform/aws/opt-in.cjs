/** Parameters that are no use without others: half of what a kind needs would fail in the middle. */
const needs = {
  targetLoadBalancers: ['targetGroups'],
  targetZones: ['targetRecords'],
  targetRecords: ['targetZones'],
  targetDomains: ['targetApis'],
  targetStages: ['targetApis'],
  targetStacks: ['passableRoles'],
  targetClusters: ['targetServices', 'targetGroups'],
  targetServices: ['targetClusters'],
  targetAutoScalingGroups: ['targetLaunchTemplates', 'targetGroups'],
  targetLaunchTemplates: ['targetAutoScalingGroups'],
};

/**
 * The parameters that let the conductor touch something: those that are not `none`, which is the
 * default of each.
 * @param values By the parameters' names, as the packaging tool resolved them.
 * @throws Error when one is empty, or comes without another that it needs.
 */
exports.parametersThatAreOn = (values) => {
  const on = new Set(Object.keys(values).filter((name) => values[name] !== 'none'));
  for (const name of on) {
    throwIfNoName(name, values[name]);
    const missing = (needs[name] ?? []).filter((other) => !on.has(other));
    if (missing.length === 0) continue;
    throw new Error(`parameter ${name} is set; it needs ${missing.join(' and ')} too`);
  }
  return on;
};

/** What would end up in an ARN, where a colon or a blank makes another one of it. */
function throwIfNoName(name, value) {
  if (/^[^\s:,]+$/.test(String(value))) return;
  throw new Error(
    `parameter ${name} is "${value}"; it needs a name, in which * stands for any text, or none`,
  );
}
