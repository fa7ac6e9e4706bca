/**
 * `npm run cloud`: an emulator of AWS on this machine with Verdigris deployed in it, and a Lambda
 * function to release. Prints the addresses and runs until Ctrl-C; nothing is kept. `-- --port 4566`
 * chooses the emulator's port. Needs Python 3.10 or later besides Node.js.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { createSession } from '../cli/session.ts';
import { messageOf } from '../lib/release/errors.ts';
import { emulatedRegion } from './cloud/emulators.ts';
import { type OwnCloud, openCloud } from './cloud/open-cloud.ts';
import { openShop } from './cloud/shop.ts';
import { terminal } from './demo/terminal.ts';

const intervalSeconds = 5;
const windowSeconds = 60;

function explain({ emulator, apiUrl, token, outputs }: OwnCloud): string {
  const stack = Object.entries(outputs).map(([name, value]) => `  ${name.padEnd(24)}${value}`);
  return `
The stack:
${stack.join('\n')}

For the AWS CLI, and any SDK:
  export AWS_ENDPOINT_URL=${emulator.url} AWS_REGION=${emulatedRegion}
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

For Verdigris' own:
  export VERDIGRIS_URL='${apiUrl}'
  export VERDIGRIS_TOKEN='${token}'
  npm run verdigris -- status

The storefront is live at v1. Release v2 by putting its artifact into the bucket:
  (cd examples/storefront-lambda/v2 && zip -X /tmp/v2.zip index.mjs)
  aws s3 cp /tmp/v2.zip s3://verdigris-artifacts-shop/storefront/v2.zip
and undo it through its alarm, which keeps releases out for as long as it fires:
  aws cloudwatch set-alarm-state --alarm-name storefront-errors --state-value ALARM --state-reason try
  aws cloudwatch set-alarm-state --alarm-name storefront-errors --state-value OK --state-reason over

The emulator's log is ${emulator.logFile}. Ctrl-C ends it all.`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '4566' } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port ${values.port} is no port; use one from 1 to 65535`);
  }
  const tell = (what: string) => console.error(`${what} …`);
  const cloud = await openCloud({ port, intervalSeconds, tell });
  const shop = await openShop(cloud);
  const session = await createSession({ url: cloud.apiUrl, token: cloud.token }, terminal());
  await session.api.applyManifest('storefront', shop.manifest(windowSeconds, intervalSeconds));
  console.log(explain(cloud));
  const alive = setInterval(() => {}, 2 ** 30);
  // One Ctrl-C may arrive twice: from the terminal, and passed on by whoever started us.
  let isEnding = false;
  const stop = () => {
    if (isEnding) return;
    isEnding = true;
    console.error('stopping …');
    clearInterval(alive);
    void cloud.close();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

try {
  await main();
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = 1;
}
