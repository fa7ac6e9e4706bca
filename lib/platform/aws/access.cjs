/** All variables of a function together may have 4 KB (Lambda quotas). */
const mostBytes = 3000;

/**
 * Who may do what, as JSON for the function's environment: the parameter `access`, an object or its
 * JSON. What the conductor would refuse when it starts is refused here, with the same words.
 *
 * Asked by the packaging tool for a part of the configuration; it knows CommonJS only, and Node.js
 * reads TypeScript.
 */
module.exports = async ({ resolveConfigurationProperty }) => {
  const given = await resolveConfigurationProperty(['custom', 'access']);
  const source = given === 'none' ? {} : asObject(given);
  const { parseAccess } = await import('../../http/access-rules.ts');
  parseAccess(source, 'parameter access');
  const text = JSON.stringify(source);
  if (Buffer.byteLength(text) <= mostBytes) return text;
  throw new Error(
    `parameter access has ${Buffer.byteLength(text)} bytes; at most ${mostBytes} fit into the function`,
  );
};

function asObject(given) {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch (error) {
    throw new Error(`parameter access is neither none, nor an object, nor JSON: ${error.message}`);
  }
}
