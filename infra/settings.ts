// What whoever deploys has to say: read from the CDK context or the environment, and checked before anything is built.
import { type Config, loadConfig } from '../lambda/reset/config.ts';
import { ConfigError, type Environment } from '../lambda/shared/environment.ts';
import { type StageName, type StageProfile, stageNames, stages } from './stages.ts';

/** Everything that is known about the stage to build. */
export interface Settings extends StageProfile {
  readonly stage: StageName;
  /** The function's variables on which tokens it takes and where it answers, by name; unset ones are absent. */
  readonly variables: Readonly<Record<string, string>>;
  /** Paths that the operation answers at, each with a leading slash; the first is the one that is told to people. */
  readonly paths: readonly [string, ...string[]];
  /** Origins of the web pages that may call; none is the rule. */
  readonly corsOrigins: readonly string[];
  readonly alarmMail: string | undefined;
  /** The bus that events go to; undefined is one of the stack's own. */
  readonly eventBusName: string | undefined;
  readonly domain: { readonly name: string; readonly certificateArn: string } | undefined;
  /** API Gateway writes logs with a role that is set once for account and region: whether this stack sets it. */
  readonly createsGatewayLogRole: boolean;
}

/** The one error that deploy-time settings cause; its message says everything that is wrong with them. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

interface SettingSpec {
  /** The environment variable that is read where the context has no such key. */
  readonly variable: string;
  /** What the value is, for the message that asks for it. */
  readonly meaning: string;
  /** Every stage that is deployed needs it. */
  readonly isRequired?: true;
  /** Handed on to the function under the same name, whose own configuration says what is right. */
  readonly isForFunction?: true;
  /** What a value looks like where the function has no say. */
  readonly isGood?: (value: string) => boolean;
}

/** Every setting by its key in the CDK context (`-c key=value`). */
const specs = {
  stage: {
    variable: 'STAGE',
    meaning: `one of ${stageNames.join(', ')}`,
    isGood: (value) => Object.hasOwn(stages, value),
  },
  tokenIssuer: {
    variable: 'TOKEN_ISSUER',
    meaning: 'the issuer ("iss") of the access tokens, an https URL',
    isRequired: true,
    isForFunction: true,
  },
  tokenAudience: {
    variable: 'TOKEN_AUDIENCE',
    meaning:
      'the audience ("aud") of the access tokens, or the client id in a Cognito user pool; several with commas',
    isRequired: true,
    isForFunction: true,
  },
  tokenJwksUri: {
    variable: 'TOKEN_JWKS_URI',
    meaning: 'the https URL of the keys that sign the tokens',
    isForFunction: true,
  },
  tokenScope: { variable: 'TOKEN_SCOPE', meaning: 'the scope that a token must have', isForFunction: true },
  tokenMaxAge: {
    variable: 'TOKEN_MAX_AGE',
    meaning: 'the most seconds since the login behind a token',
    isForFunction: true,
  },
  requiredLinkedIdentity: {
    variable: 'REQUIRED_LINKED_IDENTITY',
    meaning: 'the linked identity that a user must have',
    isForFunction: true,
  },
  passwordMinLength: {
    variable: 'PASSWORD_MIN_LENGTH',
    meaning: 'the fewest characters of a new password',
    isForFunction: true,
  },
  basePaths: {
    variable: 'BASE_PATHS',
    meaning: 'the base paths of the operation, separated by commas',
    isForFunction: true,
  },
  corsOrigins: {
    variable: 'CORS_ORIGINS',
    meaning: 'exact https origins separated by commas, such as https://app.example.com',
    isForFunction: true,
    // The function takes pages of its own machine too, which no deployed one has.
    isGood: (value) => value.split(',').every((origin) => origin.trim().startsWith('https://')),
  },
  alarmMail: {
    variable: 'ALARM_MAIL',
    meaning: 'one mail address',
    isGood: (value) => /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/.test(value),
  },
  eventBusName: {
    variable: 'EVENT_BUS_NAME',
    meaning: 'the name of an EventBridge bus in the same account and region',
    isGood: (value) => /^[\w./-]{1,256}$/.test(value),
  },
  domainName: {
    variable: 'DOMAIN_NAME',
    meaning: 'a domain name in lower case, without scheme or path',
    isGood: (value) => /^([a-z\d-]+\.)+[a-z]{2,}$/.test(value),
  },
  certificateArn: {
    variable: 'CERTIFICATE_ARN',
    meaning: "the ARN of the domain name's certificate in AWS Certificate Manager",
    isGood: (value) => /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/.test(value),
  },
  gatewayLogRole: {
    variable: 'GATEWAY_LOG_ROLE',
    meaning: 'create, or existing where the account already lets API Gateway write logs',
    isGood: (value) => ['create', 'existing'].includes(value),
  },
  reservedConcurrency: {
    variable: 'RESERVED_CONCURRENCY',
    meaning: 'how many executions are kept for the function, 1 to 9999, or none',
    isGood: (value) => /^([1-9]\d{0,3}|none)$/.test(value),
  },
} as const satisfies Record<string, SettingSpec>;

type SettingName = keyof typeof specs;
type Values = Partial<Record<SettingName, string>>;
/** The same as a list. */
export const settingSpecs = Object.entries(specs) as [SettingName, SettingSpec][];

/**
 * Reads and checks the settings of a stage. The context goes before the environment; an empty value counts as unset.
 *
 * @param context - the CDK context; keys with a colon in them are the toolkit's own and none of ours
 * @param env - usually `process.env`
 * @throws SettingsError that names every setting that is missing, wrong or unknown
 */
export function readSettings(context: Readonly<Record<string, unknown>>, env: Environment): Settings {
  const values = readValues(context, env);
  const stage = (values.stage ?? 'dev') as StageName;
  const variables = functionVariables(values);
  const { config, fault } = checkFunctionVariables(variables);
  const faults = [
    ...unknownKeys(context),
    ...missingSettings(values, stage),
    ...badValues(values),
    ...(fault ? [fault] : []),
    ...halfADomain(values),
  ];
  if (faults.length > 0) throw new SettingsError(faultReport(stage, faults));
  return {
    ...stages[stage],
    ...(values.reservedConcurrency && {
      reservedConcurrency: Number(values.reservedConcurrency) || undefined,
    }),
    stage,
    variables,
    paths: config?.paths as [string, ...string[]],
    corsOrigins: config?.corsOrigins ?? [],
    alarmMail: values.alarmMail,
    eventBusName: values.eventBusName,
    domain:
      values.domainName && values.certificateArn
        ? { name: values.domainName, certificateArn: values.certificateArn }
        : undefined,
    createsGatewayLogRole: stage !== 'local' && values.gatewayLogRole !== 'existing',
  };
}

function readValues(context: Readonly<Record<string, unknown>>, env: Environment): Values {
  const values: Values = {};
  for (const [name, { variable }] of settingSpecs) {
    const value = String(context[name] ?? '').trim() || env[variable]?.trim();
    if (value) values[name] = value;
  }
  return values;
}

/** A misspelt `-c tokenScop=…` must not pass for a stage that asks for no scope. */
function unknownKeys(context: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(context)
    .filter((key) => !key.includes(':') && !Object.hasOwn(specs, key))
    .map((key) => `${key} is no setting; there are ${settingSpecs.map(([name]) => name).join(', ')}`);
}

function missingSettings(values: Values, stage: string): string[] {
  if (stage === 'local') return [];
  return settingSpecs
    .filter(([name, { isRequired }]) => isRequired && values[name] === undefined)
    .map(
      ([name, { variable, meaning }]) =>
        `${name} is missing: pass -c ${name}=… or set ${variable} (${meaning})`,
    );
}

function badValues(values: Values): string[] {
  return settingSpecs
    .filter(([name, { isGood }]) => isGood && values[name] !== undefined && !isGood(values[name]))
    .map(([name, { meaning }]) => `${name} is "${values[name]}", but must be ${meaning}`);
}

function halfADomain({ domainName, certificateArn }: Values): string[] {
  const isHalf = (domainName === undefined) !== (certificateArn === undefined);
  return isHalf ? ['domainName and certificateArn go together: set both or neither'] : [];
}

function functionVariables(values: Values): Record<string, string> {
  const set = settingSpecs.flatMap(([name, { variable, isForFunction, isGood }]) => {
    const value = values[name];
    // What is bad by itself is told once.
    return isForFunction && value && isGood?.(value) !== false ? [[variable, value] as const] : [];
  });
  return Object.fromEntries(set);
}

/** Asks the function's own configuration, with stand-ins for what is missing here or known only once it is deployed. */
function checkFunctionVariables(variables: Record<string, string>): { config?: Config; fault?: string } {
  const standIns = {
    TABLE_NAME: 'users',
    TOKEN_ISSUER: 'https://issuer.example',
    TOKEN_AUDIENCE: 'audience',
    PIN_PEPPER_SECRET_ID: 'pepper',
  };
  try {
    return { config: loadConfig({ ...standIns, ...variables }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { fault: `the function would not start. ${error.message}` };
  }
}

function faultReport(stage: string, faults: readonly string[]): string {
  return [`The stage "${stage}" cannot be built:`, ...faults.map((fault) => `  - ${fault}`)].join('\n');
}
