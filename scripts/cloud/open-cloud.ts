import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientConfig, type Emulator, type MinistackOptions, startMinistack } from './emulators.ts';
import { whyNoPython } from './python.ts';
import { deployService, type PackagedService, packageService, type StackOutputs } from './stack.ts';
import type { Template } from './template.ts';

/** Verdigris, deployed into an emulator of AWS on this machine. */
export interface Cloud {
  /** Endpoint of the emulator. */
  url: string;
  outputs: StackOutputs;
  /** Of the HTTP API, as a CLI on this machine reaches it. */
  apiUrl: string;
  token: string;
}

/** An emulated cloud of one's own. */
export interface OwnCloud extends Cloud {
  emulator: Emulator;
  /** As it was packaged for AWS. */
  template: Template;
  close(): Promise<void>;
}

/** How an emulated cloud is made. */
export interface CloudOptions extends MinistackOptions {
  /** How often blue and green are compared, in seconds: see `deployService`. */
  intervalSeconds: number;
  /** What is deployed; packaged anew, and removed in the end, if absent. */
  service?: PackagedService;
  /** Hears what is being done. */
  tell?: (what: string) => void;
}

/** Starts MiniStack and deploys the packaged service into it. @throws Error that says what went wrong. */
export async function openCloud({
  intervalSeconds,
  service,
  tell = () => {},
  ...emulated
}: CloudOptions): Promise<OwnCloud> {
  const missing = whyNoPython();
  if (missing) throw new Error(`the emulated cloud cannot run here: ${missing}`);
  tell(`starting the emulator${service ? '' : ' and packaging the service'}`);
  const started = await Promise.allSettled([startMinistack(emulated), service ?? packageService()]);
  const [emulating, packaging] = started;
  const close = async () => {
    if (!service && packaging.status === 'fulfilled') packaging.value.remove();
    if (emulating.status === 'fulfilled') await emulating.value.stop();
  };
  try {
    if (emulating.status === 'rejected') throw emulating.reason;
    if (packaging.status === 'rejected') throw packaging.reason;
    tell('deploying the stack');
    const cloud = await deployInto(emulating.value.url, packaging.value, intervalSeconds);
    const { template } = packaging.value;
    return { ...cloud, emulator: emulating.value, template, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Deploys a packaged service into an emulator that runs. @throws Error that says what went wrong. */
export async function deployInto(
  url: string,
  service: PackagedService,
  intervalSeconds: number,
): Promise<Cloud> {
  const outputs = await deployService(service, url, intervalSeconds);
  const apiUrl = reachable(outputs.HttpApiUrl ?? '', url);
  const token = await readToken(outputs.TokenSecretArn ?? '', url);
  return { url, outputs, apiUrl, token };
}

/** The address under the emulator's own, since no name server knows the one that AWS would have. */
function reachable(httpApiUrl: string, url: string): string {
  const [apiId] = new URL(httpApiUrl).hostname.split('.');
  return `${url}/_aws/execute-api/${apiId}/$default`;
}

async function readToken(secretArn: string, url: string): Promise<string> {
  const client = new SecretsManagerClient(clientConfig(url));
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
  return SecretString ?? '';
}
