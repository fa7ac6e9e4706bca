const { parametersThatAreOn } = require('./opt-in.cjs');

/**
 * Makes a role for every function that `custom.may` of serverless.yml names: what every function
 * needs (its own log, traces) and the grants that stand beside its name, nothing else. A grant is what
 * grants.yml says, and what the files in grants/ add to it for parameters that are not `none`.
 *
 * Asked by the packaging tool for a part of the configuration; it knows CommonJS only.
 */
module.exports = async ({ resolveConfigurationProperty }) => {
  const { may, grants, furtherGrants, optIn, functionLogs } = await resolveConfigurationProperty([
    'custom',
  ]);
  const parts = furtherGrants.flat();
  const known = namesOf(grants, parts);
  const inForce = [{ grants }, ...parts.filter(isInForce(parametersThatAreOn(optIn)))];
  const roles = Object.entries(may).map(([name, granted]) => {
    const statements = granted.flatMap((grant) => {
      if (!known.has(grant)) throw unknown(grant, name, known);
      return inForce.flatMap((part) => part.grants[grant] ?? []);
    });
    return [`${capitalized(name)}Role`, roleOf(name, [...own(functionLogs, name), ...statements])];
  });
  return { Resources: Object.fromEntries(roles) };
};

function namesOf(grants, parts) {
  return new Set([{ grants }, ...parts].flatMap((part) => Object.keys(part.grants)));
}

/** A part asks for all parameters in `with`, or for one of those in `withAny`. */
function isInForce(on) {
  return ({ with: all, withAny: any }) =>
    all ? all.every((name) => on.has(name)) : any.some((name) => on.has(name));
}

function unknown(grant, name, known) {
  return new Error(
    `custom.may.${name} asks for "${grant}", which no file of grants has: ${[...known].join(', ')}`,
  );
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
      Policies: [{ PolicyName: name, PolicyDocument: policy(withoutRepetition(statements)) }],
    },
  };
}

/** Grants overlap, and a role's policy may have 10,240 characters. */
function withoutRepetition(statements) {
  return [...new Map(statements.map((it) => [JSON.stringify(it), it])).values()];
}

function policy(statements) {
  return { Version: '2012-10-17', Statement: statements };
}

function capitalized(name) {
  return name.replace(/^./, (first) => first.toUpperCase());
}
