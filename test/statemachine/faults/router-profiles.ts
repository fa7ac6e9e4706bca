import type { RouterSetup } from './schedule.ts';

const plain: RouterSetup = {
  isConditional: true,
  isAtomic: true,
  supportsWeights: true,
  verifyCalls: 0,
  propagationSeconds: 0,
  healthyAfterCalls: null,
};

/**
 * Every kind of router as the harness plays it: with the facts that the adapter states of itself (a test
 * compares them), and with calls that wait as often as its provider makes one wait.
 */
export const routerProfiles: Record<string, RouterSetup> = {
  'local-proxy': plain,
  'lambda-alias': { ...plain, propagationSeconds: 10 },
  'alb-listener': {
    ...plain,
    isConditional: false,
    isAtomic: false,
    propagationSeconds: 60,
    healthyAfterCalls: 2,
  },
  'route53-records': {
    ...plain,
    isAtomic: false,
    propagationSeconds: 121,
    verifyCalls: 3,
    healthyAfterCalls: 2,
  },
  'api-gateway-mapping': {
    ...plain,
    isConditional: false,
    supportsWeights: false,
    propagationSeconds: 30,
    healthyAfterCalls: 0,
  },
  'cloudfront-origin': {
    ...plain,
    isAtomic: false,
    supportsWeights: false,
    propagationSeconds: 900,
    verifyCalls: 4,
    healthyAfterCalls: 1,
  },
  composite: {
    ...plain,
    isConditional: false,
    isAtomic: false,
    supportsWeights: false,
    propagationSeconds: 900,
    verifyCalls: 3,
    healthyAfterCalls: 2,
  },
};

/** A manifest's part for each, of which the profile is. */
export const routerConfigs: Record<string, { kind: string; [key: string]: unknown }> = {
  'local-proxy': { kind: 'local-proxy', port: 8080 },
  'lambda-alias': { kind: 'lambda-alias', functionName: 'storefront', alias: 'live' },
  'alb-listener': {
    kind: 'alb-listener',
    listenerArn:
      'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shop/0a1b/2c3d',
  },
  'route53-records': {
    kind: 'route53-records',
    hostedZoneId: 'Z0123456789ABC',
    name: 'shop.example.com',
  },
  'api-gateway-mapping': { kind: 'api-gateway-mapping', domainName: 'api.example.com' },
  'cloudfront-origin': { kind: 'cloudfront-origin', distributionId: 'E2QWRUHAPOMQZL' },
  composite: {
    kind: 'composite',
    routers: [
      { kind: 'cloudfront-origin', distributionId: 'E2QWRUHAPOMQZL' },
      { kind: 'api-gateway-mapping', domainName: 'api.example.com' },
    ],
  },
};
