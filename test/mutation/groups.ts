// The parts of lambda/ and infra/operations that are mutated together, and the tests that must notice.

export interface MutationGroup {
  readonly name: string;
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
  /** Percent of the mutants that must be killed, if not the default. */
  readonly minimum?: number;
}

const unit = (name: string) => `test/unit/${name}.test.ts`;
const domain = (name: string) => unit(`reset/domain/${name}`);
const http = (name: string) => unit(`reset/http/${name}`);
const adapter = (name: string) => unit(`reset/adapters/${name}`);
const integration = (name: string) => `test/integration/${name}.test.ts`;

export const groups: readonly MutationGroup[] = [
  {
    name: 'token checks',
    mutate: [
      'lambda/reset/adapters/access-token.ts',
      'lambda/reset/adapters/jws.ts',
      'lambda/reset/http/middleware/verify-token.ts',
    ],
    tests: [adapter('access-token'), adapter('jws'), http('middleware/verify-token')],
    minimum: 100,
  },
  {
    name: 'signing keys',
    mutate: ['signing-keys', 'discovery', 'download'].map((name) => `lambda/reset/adapters/${name}.ts`),
    tests: [adapter('signing-keys'), adapter('discovery'), adapter('download')],
  },
  {
    name: 'recovery PIN',
    mutate: [
      'lambda/reset/domain/recovery-pin.ts',
      'lambda/reset/domain/argon2id.ts',
      'lambda/reset/http/pin-parameter.ts',
      'lambda/reset/http/pin-notations.ts',
      'lambda/reset/http/pin-words.ts',
      'lambda/reset/http/normalize-text.ts',
    ],
    tests: [domain('recovery-pin'), domain('new-password'), http('pin-parameter')],
    minimum: 100,
  },
  {
    name: 'write conditions',
    mutate: ['lambda/reset/adapters/user-table.ts'],
    tests: [adapter('user-table')],
    minimum: 100,
  },
  {
    name: 'use case',
    mutate: ['lambda/reset/domain/reset-password.ts'],
    tests: [domain('reset-password')],
  },
  { name: 'edge: events', mutate: ['lambda/reset/http/api-gateway.ts'], tests: [http('api-gateway')] },
  {
    name: 'edge: refusals',
    mutate: [
      'lambda/reset/domain/errors.ts',
      'lambda/reset/http/json-api.ts',
      'lambda/reset/http/error-catalogue.ts',
    ],
    tests: [domain('errors'), http('error-catalogue'), http('pipeline')],
  },
  {
    name: 'edge: pipeline',
    mutate: [
      'lambda/reset/http/pipeline.ts',
      'lambda/reset/http/middleware/*.ts',
      // Mutated with the token checks.
      '!lambda/reset/http/middleware/verify-token.ts',
    ],
    tests: [http('pipeline')],
  },
  {
    name: 'body and new password',
    mutate: [
      'lambda/reset/http/request-body.ts',
      'lambda/reset/domain/new-password.ts',
      'lambda/reset/domain/common-passwords.ts',
    ],
    tests: [http('request-body'), domain('new-password')],
  },
  {
    name: 'configuration',
    mutate: ['lambda/reset/config.ts', 'lambda/reset/http/deprecation.ts', 'lambda/shared/environment.ts'],
    tests: [unit('reset/config'), http('deprecation')],
  },
  {
    name: 'limits and retries',
    mutate: ['lambda/shared/aws-client.ts', 'lambda/shared/time-limit.ts'],
    tests: [unit('shared/aws-client'), unit('shared/time-limit')],
  },
  {
    name: 'composition',
    mutate: [
      'lambda/reset/compose.ts',
      'lambda/reset/adapters/table-connection.ts',
      'lambda/shared/telemetry.ts',
    ],
    tests: [adapter('table-connection'), unit('shared/telemetry'), integration('composition')],
  },
  {
    name: 'publisher',
    mutate: [
      'lambda/publisher/handler.ts',
      'lambda/publisher/event-bus.ts',
      'lambda/publisher/dead-letter-queue.ts',
      'lambda/publisher/delivery.ts',
      'lambda/publisher/stream-record.ts',
      'lambda/shared/payment-methods.ts',
      'lambda/publisher/config.ts',
    ],
    tests: ['handler', 'event-bus', 'dead-letter-queue', 'delivery', 'stream-record', 'config'].map((name) =>
      unit(`publisher/${name}`),
    ),
  },
  {
    name: 'cached fetches',
    mutate: ['lambda/reset/adapters/cached-fetch.ts'],
    tests: [adapter('cached-fetch')],
  },
  {
    name: 'description of faults',
    mutate: ['lambda/shared/describe-fault.ts'],
    tests: [unit('shared/describe-fault')],
  },
  { name: 'pepper', mutate: ['lambda/reset/adapters/pepper.ts'], tests: [adapter('pepper')] },
  {
    name: 'operations: pepper',
    mutate: ['infra/operations/pepper-versions.ts', 'infra/operations/rotate-pepper.ts'],
    tests: [unit('operations/rotate-pepper')],
    minimum: 90,
  },
  {
    name: 'operations: dead letters',
    mutate: [
      'infra/operations/letters.ts',
      'infra/operations/resending.ts',
      'infra/operations/stream-range.ts',
      'infra/operations/dead-letters.ts',
      'infra/operations/stack-outputs.ts',
    ],
    tests: ['letters', 'resending', 'stream-range', 'dead-letters'].map((name) => unit(`operations/${name}`)),
    minimum: 90,
  },
  {
    name: 'operations: command line',
    mutate: [
      'infra/command-line/*.ts',
      '!infra/command-line/end-signal.ts',
      '!infra/command-line/run-program.ts',
      '!infra/command-line/local-defaults.ts',
    ],
    tests: [unit('command-line/program')],
    minimum: 90,
  },
];
