/**
 * Makes a role for every function that `custom.may` of serverless.yml names: what every function
 * needs (its own log, traces) and the grants of grants.yml that stand beside its name, nothing else.
 *
 * Asked by the packaging tool for a part of the configuration; it knows CommonJS only.
 */
module.exports = async ({ resolveConfigurationProperty }) => {
  const { may, grants, functionLogs } = await resolveConfigurationProperty(['custom']);
  const roles = Object.entries(may).map(([name, granted]) => {
    const statements = granted.flatMap((key) => grantOf(grants, key, name));
    return [`${capitalized(name)}Role`, roleOf(name, [...own(functionLogs, name), ...statements])];
  });
  return { Resources: Object.fromEntries(roles) };
};

function grantOf(grants, key, name) {
  if (grants[key]) return grants[key];
  const known = Object.keys(grants).join(', ');
  throw new Error(`custom.may.${name} asks for "${key}", which grants.yml has not: ${known}`);
}

/** The log group is the stack's: a function that could make one would make one that keeps for ever. */
function own(functionLogs, name) {
  return [
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: { 'Fn::Sub': `${functionLogs}-${name}:*` },
    },
    {
      Effect: 'Allow',
      Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      Resource: '*',
    },
  ];
}

function roleOf(name, statements) {
  const trust = {
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'sts:AssumeRole',
  };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: policy([trust]),
      Policies: [{ PolicyName: name, PolicyDocument: policy(statements) }],
    },
  };
}

function policy(statements) {
  return { Version: '2012-10-17', Statement: statements };
}

function capitalized(name) {
  return name.replace(/^./, (first) => first.toUpperCase());
}
