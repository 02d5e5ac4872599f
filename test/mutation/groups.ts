// Which part of lambda/ is held against which tests.

export interface MutationGroup {
  readonly name: string;
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
  /** Percent that must be killed, if more than for the rest. */
  readonly minimum?: number;
}

const unit = (name: string) => `test/unit/${name}.test.ts`;
const integration = (name: string) => `test/integration/${name}.test.ts`;

export const groups: readonly MutationGroup[] = [
  {
    name: 'token checks',
    mutate: ['lambda/access-token.ts', 'lambda/middleware/verify-token.ts'],
    tests: [unit('access-token'), unit('verify-token')],
    minimum: 100,
  },
  {
    name: 'signing keys',
    mutate: ['lambda/signing-keys.ts', 'lambda/download.ts'],
    tests: [unit('signing-keys'), unit('download')],
  },
  {
    name: 'recovery PIN',
    mutate: [
      'lambda/recovery-pin.ts',
      'lambda/argon2id.ts',
      'lambda/pin-parameter.ts',
      'lambda/middleware/parse-pin.ts',
    ],
    tests: [unit('recovery-pin'), unit('parse-pin'), unit('pin-parameter'), unit('new-password')],
    minimum: 100,
  },
  {
    name: 'write conditions',
    mutate: ['lambda/user-table.ts'],
    tests: [unit('user-table')],
    minimum: 100,
  },
  {
    name: 'use case',
    mutate: ['lambda/reset-password.ts'],
    tests: [unit('reset-password')],
  },
  { name: 'edge: events', mutate: ['lambda/api-gateway.ts'], tests: [unit('api-gateway')] },
  {
    name: 'edge: refusals',
    mutate: ['lambda/errors.ts', 'lambda/json-api.ts'],
    tests: [unit('errors'), unit('handler')],
  },
  {
    name: 'edge: pipeline',
    mutate: [
      'lambda/handler.ts',
      'lambda/middleware/*.ts',
      // These are held where what they hand on is.
      '!lambda/middleware/verify-token.ts',
      '!lambda/middleware/parse-pin.ts',
      '!lambda/middleware/parse-body.ts',
      '!lambda/middleware/parse-new-password.ts',
    ],
    tests: [unit('handler')],
  },
  {
    name: 'body and new password',
    mutate: [
      'lambda/request-body.ts',
      'lambda/new-password.ts',
      'lambda/common-passwords.ts',
      'lambda/middleware/parse-body.ts',
      'lambda/middleware/parse-new-password.ts',
    ],
    tests: [unit('request-body'), unit('new-password')],
  },
  { name: 'configuration', mutate: ['lambda/config.ts', 'lambda/environment.ts'], tests: [unit('config')] },
  {
    name: 'composition',
    mutate: ['lambda/compose.ts', 'lambda/table-connection.ts', 'lambda/reporting.ts'],
    tests: [unit('table-connection'), unit('reporting'), integration('composition')],
  },
  {
    name: 'publisher',
    mutate: [
      'lambda/publish-changes.ts',
      'lambda/event-bus.ts',
      'lambda/event-delivery.ts',
      'lambda/reset-events.ts',
      'lambda/publisher-config.ts',
    ],
    tests: ['publish-changes', 'event-bus', 'event-delivery', 'reset-events', 'publisher-config'].map(unit),
  },
  { name: 'cached fetches', mutate: ['lambda/cached-fetch.ts'], tests: [unit('cached-fetch')] },
  {
    name: 'description of faults',
    mutate: ['lambda/describe-fault.ts'],
    tests: [unit('describe-fault')],
  },
  { name: 'pepper', mutate: ['lambda/pepper.ts'], tests: [unit('pepper')] },
];
