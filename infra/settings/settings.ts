// The settings of a deployment: read from the CDK context or the environment, and checked before anything is built.
import { type Config, loadConfig, variableNames } from '../../lambda/reset/config.ts';
import { ConfigError, type Environment, parsePlainUrl } from '../../lambda/shared/environment.ts';
import { isMisspelling } from '../shared/misspelling.ts';
import { type StageName, type StageProfile, stageNames, stages, throttleFor } from './stages.ts';

/** All settings of a stage. */
export interface Settings extends StageProfile {
  readonly stage: StageName;
  /** What was set, without defaults: key in the CDK context -> value. */
  readonly given: GivenSettings;
  /** The function's variables that are set by settings: name -> value. */
  readonly variables: Readonly<Record<string, string>>;
  /** Paths of the operation, each with a leading slash. The stack's output `Endpoint` uses the first. */
  readonly paths: readonly [string, ...string[]];
  /** Origins of the web pages that may call the API; usually empty. */
  readonly corsOrigins: readonly string[];
  readonly alarmMail: string | undefined;
  /** Bus of the events; undefined: the stack creates one. */
  readonly eventBusName: string | undefined;
  readonly domain: { readonly name: string; readonly certificateArn: string } | undefined;
  /** Whether the stack creates the role with which API Gateway writes logs. There is one per account and region. */
  readonly createsGatewayLogRole: boolean;
}

/** Keys of the CDK context (`-c key=value`), each with its value, which is never empty. */
export type GivenSettings = Readonly<Partial<Record<SettingName, string>>>;

/** Its message lists everything that is wrong with the settings. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

interface SettingSpec {
  /** The environment variable that is read if the context does not have the key. */
  readonly variable: string;
  /** What the value is, for error messages. */
  readonly meaning: string;
  /** Whether a stage requires it. */
  readonly isRequired?: (stage: string) => boolean;
  /** The function gets the value too, as `variable`, and checks it. */
  readonly isForFunction?: true;
  /** Checks the value, if the function does not check it or checks it too little. */
  readonly isValid?: (value: string, others: { readonly [name: string]: string | undefined }) => boolean;
}

const isDeployed = (stage: string) => stage !== 'local';

/** All settings by their key in the CDK context (`-c key=value`). */
const specs = {
  stage: {
    variable: 'STAGE',
    meaning: `one of ${stageNames.join(', ')}`,
    isValid: (value) => Object.hasOwn(stages, value),
  },
  tokenIssuer: {
    variable: 'TOKEN_ISSUER',
    meaning:
      'the issuer ("iss") of the access tokens, an https URL; or another URL or name, if tokenJwksUri is set',
    isRequired: isDeployed,
    isForFunction: true,
    // If no URL of the keys is set, they are found through this URL. Over http, anybody on the way could forge them.
    isValid: (value, { tokenJwksUri }) => isHttps(value) || tokenJwksUri !== undefined,
  },
  tokenAudience: {
    variable: 'TOKEN_AUDIENCE',
    meaning:
      'the audience ("aud") of the access tokens, or the client id in a Cognito user pool; several separated by commas',
    isRequired: isDeployed,
    isForFunction: true,
  },
  tokenAudienceClaim: {
    variable: 'TOKEN_AUDIENCE_CLAIM',
    meaning: 'the claim that contains the audience: aud, client_id or azp',
    isForFunction: true,
  },
  tokenJwksUri: {
    variable: 'TOKEN_JWKS_URI',
    meaning: 'the https URL of the keys that sign the tokens, without credentials or fragment',
    isForFunction: true,
    // The function also accepts http on its own machine, where no issuer runs once it is deployed.
    isValid: (value, { stage }) => isHttps(value) || (stage === 'local' && /^http:/i.test(value)),
  },
  tokenScope: { variable: 'TOKEN_SCOPE', meaning: 'the scope that a token must have', isForFunction: true },
  tokenMaxAge: {
    variable: 'TOKEN_MAX_AGE',
    meaning: 'the maximum number of seconds since the login behind a token',
    isForFunction: true,
  },
  tokenBackdating: {
    variable: 'TOKEN_BACKDATING',
    meaning: 'the number of seconds by which the issuer sets "iat" back, 0 to 600',
    isForFunction: true,
  },
  requiredLinkedIdentity: {
    variable: 'REQUIRED_LINKED_IDENTITY',
    meaning: 'the linked identity that a user must have',
    isForFunction: true,
  },
  passwordMinLength: {
    variable: 'PASSWORD_MIN_LENGTH',
    meaning: 'the minimum number of characters of a new password',
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
    // The function also accepts http origins of its own machine, which make no sense once it is deployed.
    isValid: (value) => value.split(',').every((origin) => isHttpsOrigin(origin.trim())),
  },
  documentationUrl: {
    variable: 'DOCUMENTATION_URL',
    meaning: 'the https URL of a page with an anchor for each error code, without credentials or fragment',
    isForFunction: true,
    // The function also accepts http on its own machine, which no caller of a deployed stage reaches.
    isValid: isHttps,
  },
  deprecation: {
    variable: 'DEPRECATION',
    meaning:
      'the day from which the API is deprecated, then optionally the day of its end and an https URL, separated by spaces',
    isForFunction: true,
  },
  alarmMail: {
    variable: 'ALARM_MAIL',
    meaning: 'one mail address, or none if alarms shall reach nobody',
    isRequired: (stage) => stage === 'prod',
    isValid: (value) => value === 'none' || /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/.test(value),
  },
  eventBusName: {
    variable: 'EVENT_BUS_NAME',
    meaning: 'the name of an EventBridge bus in the same account and region',
    isValid: (value) => /^[\w./-]{1,256}$/.test(value),
  },
  domainName: {
    variable: 'DOMAIN_NAME',
    meaning: 'a domain name in lower case, without scheme or path',
    isValid: (value) => /^([a-z\d-]+\.)+[a-z]{2,}$/.test(value),
  },
  certificateArn: {
    variable: 'CERTIFICATE_ARN',
    meaning: "the ARN of the domain name's certificate in AWS Certificate Manager",
    isValid: (value) => /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/.test(value),
  },
  gatewayLogRole: {
    variable: 'GATEWAY_LOG_ROLE',
    meaning: 'create, or existing if API Gateway already has a role for logs in the account',
    isValid: (value) => ['create', 'existing'].includes(value),
  },
  reservedConcurrency: {
    variable: 'RESERVED_CONCURRENCY',
    meaning: 'the reserved concurrency of the function, 1 to 9999, or none',
    isValid: (value) => /^([1-9]\d{0,3}|none)$/.test(value),
  },
  rollout: {
    variable: 'ROLLOUT',
    meaning: 'canary, or at-once to give a new version all traffic immediately, whatever alarm rings',
    isValid: (value) => ['canary', 'at-once'].includes(value),
  },
} as const satisfies Record<string, SettingSpec>;

export type SettingName = keyof typeof specs;
type Values = { -readonly [Name in keyof GivenSettings]: GivenSettings[Name] };
/** The settings as a list. */
export const settingSpecs = Object.entries(specs) as [SettingName, SettingSpec][];

/** Whether a value is an https URL without credentials, fragment and whitespace. */
function isHttps(value: string): boolean {
  return parsePlainUrl(value)?.protocol === 'https:';
}

function isHttpsOrigin(value: string): boolean {
  return isHttps(value) && URL.parse(value)?.origin === value && !value.includes('*');
}

/**
 * Reads and checks the settings of a stage. The context takes precedence over the environment. A setting without a value is
 * refused, such as `-c tokenScope="$SCOPE"` if `SCOPE` is not set.
 *
 * @param context - the CDK context; flags and look-ups of the CDK are ignored
 * @param env - usually `process.env`
 * @throws SettingsError that lists every missing, empty, invalid or unknown setting
 */
export function readSettings(context: Readonly<Record<string, unknown>>, env: Environment): Settings {
  const values = readValues(context, env);
  const stage = (values.stage ?? 'dev') as StageName;
  const variables = selectFunctionVariables(values);
  const { config, fault } = checkFunctionVariables(variables);
  const faults = [
    ...findEmptyValues(context, env, stage),
    ...findUnknownKeys(context),
    ...findMisspeltVariables(env),
    ...findMissingSettings(values, stage),
    ...findInvalidValues(values),
    ...(fault ? [fault] : []),
    ...findIncompleteDomain(values),
    ...findForeignCertificate(values, env),
    ...findUncomparedSettings({ ...values, stage }, env),
  ];
  if (faults.length > 0) throw new SettingsError(formatFaults(stage, faults));
  return {
    ...stages[stage],
    ...readExecutions(values),
    ...(values.rollout === 'at-once' && { hasCanary: false }),
    stage,
    given: { ...values, stage },
    variables,
    paths: config?.paths as [string, ...string[]],
    corsOrigins: config?.corsOrigins ?? [],
    alarmMail: values.alarmMail === 'none' ? undefined : values.alarmMail,
    eventBusName: values.eventBusName,
    domain:
      values.domainName && values.certificateArn
        ? { name: values.domainName, certificateArn: values.certificateArn }
        : undefined,
    createsGatewayLogRole: stage !== 'local' && values.gatewayLogRole !== 'existing',
  };
}

/** As `readSettings`; if it throws, the program ends with the message and exit code 1. */
export function readSettingsOrExit(...args: Parameters<typeof readSettings>): Settings {
  try {
    return readSettings(...args);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** A reservation has its own throttle. Without a reservation, the stage's throttle stays. */
function readExecutions({ reservedConcurrency }: Values): Partial<StageProfile> {
  if (reservedConcurrency === undefined) return {};
  if (reservedConcurrency === 'none') return { reservedConcurrency: undefined };
  const executions = Number(reservedConcurrency);
  return { reservedConcurrency: executions, throttle: throttleFor(executions) };
}

function readValues(context: Readonly<Record<string, unknown>>, env: Environment): Values {
  const values: Values = {};
  for (const [name, { variable }] of settingSpecs) {
    const value = String(context[name] ?? '').trim() || env[variable]?.trim();
    if (value) values[name] = value;
  }
  return values;
}

/**
 * An empty value is a mistake in a script, and would leave the scope unchecked, or deploy `dev` in place of `prod`. Required
 * settings that are empty are reported as missing.
 */
function findEmptyValues(
  context: Readonly<Record<string, unknown>>,
  env: Environment,
  stage: string,
): string[] {
  const isEmpty = (value: unknown) => String(value ?? '').trim() === '';
  return settingSpecs
    .filter(([, { isRequired }]) => !isRequired?.(stage))
    .flatMap(([name, { variable }]) => {
      if (Object.hasOwn(context, name))
        return isEmpty(context[name]) ? [`${name} is empty: give -c ${name}=… a value, or leave it out`] : [];
      return env[variable] !== undefined && isEmpty(env[variable])
        ? [`${variable} is empty: set it to a value, or unset it`]
        : [];
    });
}

/** Feature flags and variables of the CDK, such as `@aws-cdk/core:x`, and its look-ups; no `-c` makes a key with `=` in it. */
const ofCdk = /^(@|aws).*:|:.*=/;

/** A misspelt key such as `-c tokenScop=…` or `-c tokenScope:=…` must not silently leave the scope unchecked. */
function findUnknownKeys(context: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(context)
    .filter((key) => !ofCdk.test(key) && !Object.hasOwn(specs, key))
    .map(
      // A URL that was typed in place of "key=value" may hold a password.
      (key) =>
        `${key.replace(/\/.*/s, '/…')} is not a setting; the settings are ${settingSpecs.map(([name]) => name).join(', ')}`,
    );
}

/**
 * A misspelt variable such as `TOKEN_SCOP` must not silently leave the scope unchecked either. The environment also has other
 * programs' variables, so only names count that probably mean one of ours.
 */
function findMisspeltVariables(env: Environment): string[] {
  const known = new Set<string>([...settingSpecs.map(([, { variable }]) => variable), ...variableNames]);
  return Object.keys(env)
    .filter((name) => env[name] !== undefined && !known.has(name))
    .flatMap((name) => {
      const meant = settingSpecs.find(([, { variable }]) => isMisspelling(name, variable))?.[1].variable;
      return meant ? [`${name} is not a variable that is read. Did you mean ${meant}? If not, unset it`] : [];
    });
}

function findMissingSettings(values: Values, stage: string): string[] {
  return settingSpecs
    .filter(([name, { isRequired }]) => isRequired?.(stage) && values[name] === undefined)
    .map(
      ([name, { variable, meaning }]) =>
        `${name} is missing: pass -c ${name}=… or set ${variable} (${meaning})`,
    );
}

/** The values are not repeated: one may hold a password, such as a URL of keys. */
function findInvalidValues(values: Values): string[] {
  return settingSpecs
    .filter(([name, { isValid }]) => isValid && values[name] !== undefined && !isValid(values[name], values))
    .map(([name, { meaning }]) => `${name} must be ${meaning}`);
}

function findIncompleteDomain({ domainName, certificateArn }: Values): string[] {
  const isIncomplete = (domainName === undefined) !== (certificateArn === undefined);
  return isIncomplete ? ['domainName and certificateArn go together: set both or neither'] : [];
}

/** API Gateway takes only a certificate of its own region. The CDK toolkit tells the app the region of the deployment. */
function findForeignCertificate({ certificateArn }: Values, env: Environment): string[] {
  if (certificateArn === undefined) return [];
  const [, , , region, account] = certificateArn.split(':');
  const { CDK_DEFAULT_REGION: target, CDK_DEFAULT_ACCOUNT: targetAccount } = env;
  // Without credentials, or with those of another account, nothing is deployed, and the region does not matter.
  if (!target || account !== targetAccount || region === target) return [];
  return [`certificateArn is in ${region}, but the stack goes to ${target}: it needs a certificate there`];
}

/** The CDK has places for its context that `npm run deploy` does not read. It says by this variable what it has compared. */
function findUncomparedSettings(given: GivenSettings, { COMPARED_SETTINGS }: Environment): string[] {
  if (!COMPARED_SETTINGS) return [];
  const compared: GivenSettings = JSON.parse(COMPARED_SETTINGS);
  const names = settingSpecs.map(([name]) => name).filter((name) => given[name] !== compared[name]);
  if (names.length === 0) return [];
  return [
    `npm run deploy has compared another value of ${names.join(', ')}, or none: look at the context in CDK_CONTEXT, ` +
      '~/.cdk.json and cdk.context.json, or pass it as -c',
  ];
}

function selectFunctionVariables(values: Values): Record<string, string> {
  const set = settingSpecs.flatMap(([name, { variable, isForFunction, isValid }]) => {
    const value = values[name];
    // findInvalidValues has already reported an invalid value.
    return isForFunction && value && isValid?.(value, values) !== false ? [[variable, value] as const] : [];
  });
  return Object.fromEntries(set);
}

/**
 * Validates the variables with the function's own configuration. Required variables that are missing, or known only
 * after the deployment, get placeholders.
 */
function checkFunctionVariables(variables: Record<string, string>): { config?: Config; fault?: string } {
  const placeholders = {
    TABLE_NAME: 'users',
    TOKEN_ISSUER: 'https://issuer.example',
    TOKEN_AUDIENCE: 'audience',
    PIN_PEPPER_SECRET_ID: 'pepper',
  };
  try {
    return { config: loadConfig({ ...placeholders, ...variables }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { fault: `the function would not start. ${error.message}` };
  }
}

function formatFaults(stage: string, faults: readonly string[]): string {
  return [`The stage "${stage}" cannot be built:`, ...faults.map((fault) => `  - ${fault}`)].join('\n');
}
