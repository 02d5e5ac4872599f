// The settings with which stages are deployed and linted.
import type { StageSettings } from './deployment.ts';

/** What every deployed stage requires. */
export interface RequiredSettings extends StageSettings {
  readonly tokenIssuer: string;
  readonly tokenAudience: string;
  /** Of each stage that requires one; `none` sends no alarms. */
  readonly alarmMail: string;
}

/** Adds a value of every other setting. */
export function withAllOptions(required: RequiredSettings, tokenJwksUri: string): StageSettings {
  return {
    ...required,
    tokenJwksUri,
    tokenScope: 'password-reset',
    tokenMaxAge: '300',
    tokenAudienceClaim: 'aud',
    tokenBackdating: '0',
    requiredLinkedIdentity: 'bank id',
    passwordMinLength: '20',
    basePaths: 'user/2021-2,user/v3',
    corsOrigins: 'https://app.example.com,https://www.example.com',
    documentationUrl: 'https://docs.example.com/errors',
    deprecation: '2026-06-01 2027-06-01 https://docs.example.com/migrate',
    alarmMail: 'oncall@example.com',
    eventBusName: 'platform',
    domainName: 'reset.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:000000000000:certificate/0f7a2f4e-55e0-4f0a-9a61-6d0a1f4f7c3e',
    gatewayLogRole: 'create',
    reservedConcurrency: '20',
    rollout: 'canary',
  };
}
