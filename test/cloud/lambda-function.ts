import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { zipSync } from 'fflate';
import { createFunctionRole } from '../../scripts/cloud/function-role.ts';

/** A Lambda function on an emulator, and a bucket for its artifacts. */
export interface EmulatedFunction {
  lambda: LambdaClient;
  functionName: string;
  /** Puts a zip into the bucket and returns its URI. */
  upload(name: string, source: string | null): Promise<string>;
  /** Publishes a version past Verdigris and returns its number. */
  publish(source: string): Promise<string>;
  remove(): Promise<void>;
}

/** Source of a handler that answers like a shop of this version. */
export function shopSource(version: string): string {
  return `exports.handler = async () => ({ statusCode: 200, body: ${JSON.stringify(version)} });\n`;
}

let functions = 0;

/** A function of its own on that endpoint. `secret` is the value of one of its variables. */
export async function createEmulatedFunction(
  endpoint: string,
  secret = 'secret',
): Promise<EmulatedFunction> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const options = { endpoint, region: 'us-east-1', credentials };
  const lambda = new LambdaClient(options);
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  functions += 1;
  const functionName = `shop-${process.pid}-${functions}`;
  const bucket = `artifacts-${functionName}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: functionName,
      Runtime: 'nodejs22.x',
      Role: await createFunctionRole(endpoint, functionName),
      Handler: 'index.handler',
      Code: { ZipFile: zipOf(shopSource('0')) },
      Environment: { Variables: { API_KEY: secret } },
    }),
  );
  return {
    lambda,
    functionName,
    async upload(name, source) {
      const Body = source === null ? 'this is no zip' : zipOf(source);
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body }));
      return `s3://${bucket}/${name}`;
    },
    async publish(source) {
      const ZipFile = zipOf(source);
      const command = new UpdateFunctionCodeCommand({
        FunctionName: functionName,
        ZipFile,
        Publish: true,
      });
      return (await lambda.send(command)).Version ?? '';
    },
    async remove() {
      await lambda.send(new DeleteFunctionCommand({ FunctionName: functionName }));
      lambda.destroy();
      s3.destroy();
    },
  };
}

/** A zip archive with one file, index.js. The same bytes each time. */
export function zipOf(content: string): Uint8Array {
  return zipSync({ 'index.js': Buffer.from(content) }, { mtime: '1980-01-01' });
}
