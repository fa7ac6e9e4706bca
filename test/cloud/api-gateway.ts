import {
  APIGatewayClient,
  CreateBasePathMappingCommand,
  CreateDeploymentCommand,
  CreateDomainNameCommand as CreateEdgeDomainCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateStageCommand as CreateRestStageCommand,
  GetResourcesCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
} from '@aws-sdk/client-api-gateway';
import {
  ApiGatewayV2Client,
  CreateApiCommand,
  CreateDomainNameCommand,
  CreateDeploymentCommand as CreateHttpDeploymentCommand,
  CreateStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { environmentTag } from '../../lib/aws/environment-tags.ts';

/** API Gateway on an emulator. Everything is made under names of its own and goes with the emulator. */
export interface EmulatedApiGateway {
  restApis: APIGatewayClient;
  httpApis: ApiGatewayV2Client;
  makeDomain(endpoint: 'regional' | 'edge'): Promise<string>;
  /** An API that belongs to an environment, without a stage. */
  makeApi(api: 'http' | 'rest', environmentId: string): Promise<string>;
  makeStage(api: 'http' | 'rest', apiId: string, stage: string): Promise<void>;
  makeDeployment(apiId: string, description: string): Promise<string>;
  /** A path of an edge-optimized domain that leads to an API of its own. */
  mapOtherPath(domainName: string): Promise<void>;
  stop(): Promise<void>;
}

let made = 0;

/** API Gateway on that endpoint. */
export function createEmulatedApiGateway(endpoint: string): EmulatedApiGateway {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const options = { endpoint, region: 'us-east-1', credentials };
  const restApis = new APIGatewayClient(options);
  const httpApis = new ApiGatewayV2Client(options);
  const certificate = 'arn:aws:acm:us-east-1:123456789012:certificate/shop';

  /** Something to deploy: AWS and moto refuse an API without a method. */
  async function fill(restApiId: string, side: string): Promise<void> {
    const { items = [] } = await restApis.send(new GetResourcesCommand({ restApiId }));
    const parentId = items[0]?.id ?? '';
    const child = new CreateResourceCommand({ restApiId, parentId, pathPart: 'items' });
    const { id: resourceId = '' } = await restApis.send(child);
    const method = { restApiId, resourceId, httpMethod: 'GET' };
    await restApis.send(new PutMethodCommand({ ...method, authorizationType: 'NONE' }));
    const requestTemplates = { 'application/json': '{"statusCode": 200}' };
    await restApis.send(new PutIntegrationCommand({ ...method, type: 'MOCK', requestTemplates }));
    await restApis.send(new PutMethodResponseCommand({ ...method, statusCode: '200' }));
    const responseTemplates = { 'application/json': JSON.stringify({ side }) };
    const answer = { ...method, statusCode: '200', responseTemplates };
    await restApis.send(new PutIntegrationResponseCommand(answer));
  }

  async function makeDeployment(restApiId: string, description: string): Promise<string> {
    const command = new CreateDeploymentCommand({ restApiId, description });
    return (await restApis.send(command)).id ?? '';
  }

  async function makeStage(api: 'http' | 'rest', apiId: string, stage: string): Promise<void> {
    if (api === 'rest') {
      const deploymentId = await makeDeployment(apiId, '');
      const input = { restApiId: apiId, stageName: stage, deploymentId };
      await restApis.send(new CreateRestStageCommand(input));
      return;
    }
    const { DeploymentId } = await httpApis.send(new CreateHttpDeploymentCommand({ ApiId: apiId }));
    await httpApis.send(new CreateStageCommand({ ApiId: apiId, StageName: stage, DeploymentId }));
  }

  async function makeApi(api: 'http' | 'rest', environmentId: string): Promise<string> {
    const tags = { [environmentTag]: environmentId };
    if (api === 'http') {
      const input = { Name: environmentId, ProtocolType: 'HTTP' as const, Tags: tags };
      return (await httpApis.send(new CreateApiCommand(input))).ApiId ?? '';
    }
    const command = new CreateRestApiCommand({ name: environmentId, tags });
    const apiId = (await restApis.send(command)).id ?? '';
    await fill(apiId, environmentId);
    return apiId;
  }

  return {
    restApis,
    httpApis,
    makeDeployment,
    makeStage,
    makeApi,
    async mapOtherPath(domainName) {
      const restApiId = await makeApi('rest', 'other');
      await makeStage('rest', restApiId, 'prod');
      const input = { domainName, basePath: 'other', restApiId, stage: 'prod' };
      await restApis.send(new CreateBasePathMappingCommand(input));
    },
    async makeDomain(kind) {
      made += 1;
      const domain = `api-${process.pid}-${made}.shop.example`;
      if (kind === 'edge') {
        const input = { domainName: domain, certificateArn: certificate };
        await restApis.send(new CreateEdgeDomainCommand(input));
        return domain;
      }
      const DomainNameConfigurations = [
        { CertificateArn: certificate, EndpointType: 'REGIONAL' as const },
      ];
      const input = { DomainName: domain, DomainNameConfigurations };
      await httpApis.send(new CreateDomainNameCommand(input));
      return domain;
    },
    async stop() {
      restApis.destroy();
      httpApis.destroy();
    },
  };
}
