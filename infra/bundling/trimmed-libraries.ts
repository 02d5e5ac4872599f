// Everything that is replaced in a library, or left out of it, for the sake of the bundle's size. Tests fail when a
// library comes to need it, or no longer has it; the build does where the text to narrow has changed.

/** A module of a library that something smaller stands in for. */
export interface StandIn {
  /** A package's name, or a file of one without its ending. */
  readonly module: string;
  /** File in `stand-ins/`. */
  readonly by: string;
  /** Packages that import the module; should others come to, the reason has to be thought through again. */
  readonly importedBy: readonly string[];
  readonly reason: string;
}

export const standIns: readonly StandIn[] = [
  {
    module: '@aws-sdk/credential-provider-node',
    by: 'environment-credentials.ts',
    importedBy: [
      '@aws-sdk/client-dynamodb',
      '@aws-sdk/client-eventbridge',
      '@aws-sdk/client-secrets-manager',
      '@aws-sdk/client-sqs',
    ],
    reason:
      "Lambda gives a function its role's credentials in the environment, always. The other ten places that the chain " +
      'looks in are a third of the bundle. Outside Lambda, where nothing is bundled, the whole chain works.',
  },
  {
    module: '@smithy/core/dist-es/submodules/config/shared-ini-file-loader/loadSharedConfigFiles',
    by: 'no-config-files.ts',
    importedBy: ['@smithy/core'],
    reason:
      'Lambda has no ~/.aws, and what the function sets, it sets in its code and environment. Without looking there, ' +
      'nothing has to be read and parsed either.',
  },
  {
    module: '@smithy/core/dist-es/submodules/config/config-resolver/regionConfig/getInstanceMetadataRegion',
    by: 'left-out-parts.ts',
    importedBy: ['@smithy/core'],
    reason: "Asks EC2's metadata service for the region where the environment has none; Lambda's has one.",
  },
  {
    module: '@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy',
    by: 'left-out-parts.ts',
    importedBy: ['@smithy/core'],
    reason: "Made for a client whose retry mode is 'adaptive'; every client here sets 'standard'.",
  },
  {
    module: '@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js',
    by: 'left-out-parts.ts',
    importedBy: ['@smithy/core'],
    reason: 'SHA-256 in JavaScript, for where Node was built without OpenSSL.',
  },
  {
    module: '@smithy/core/dist-es/submodules/serde/util-body-length/calculateBodyLength',
    by: 'body-length.ts',
    importedBy: ['@smithy/core'],
    reason:
      "Can tell the length of a file too, for which it loads Node's streams of files. Requests here are JSON.",
  },
  {
    module: '@smithy/signature-v4/dist-es/HeaderFormatter',
    by: 'left-out-parts.ts',
    importedBy: ['@smithy/signature-v4'],
    reason: 'Writes the headers of events in a signed stream; no operation here has one.',
  },
  {
    module: '@smithy/core/event-streams',
    by: 'left-out-module.ts',
    importedBy: ['@smithy/core'],
    reason:
      'Loaded by operations that stream events; none of UpdateItem, GetItem, GetSecretValue, PutEvents and SendMessage does.',
  },
  {
    module: '@aws-sdk/endpoint-cache',
    by: 'endpoint-cache.ts',
    importedBy: ['@aws-sdk/middleware-endpoint-discovery'],
    reason:
      "Endpoint discovery is of no operation of DynamoDB's any more; its cache is made and never asked.",
  },
  {
    module: 'bowser',
    by: 'left-out-module.ts',
    importedBy: ['@aws-sdk/core'],
    reason:
      'Tells browsers apart, for the user agent of code that runs in one. Code splitting would write it out.',
  },
];

/** A file of a library of which only a part goes into the bundle. */
export interface Narrowing {
  /** Below `node_modules/`. */
  readonly file: string;
  /** From the file's text to what is bundled of it. */
  readonly narrow: (text: string) => string;
  readonly reason: string;
}

/** The errors that UpdateItem and GetItem are documented to answer with. */
export const tableErrors = [
  'ConditionalCheckFailedException',
  'InternalServerError',
  'InvalidEndpointException',
  'ItemCollectionSizeLimitExceededException',
  'ProvisionedThroughputExceededException',
  'ReplicatedWriteConflictException',
  'RequestLimitExceeded',
  'ResourceNotFoundException',
  'ThrottlingException',
  'TransactionConflictException',
];

export const narrowings: readonly Narrowing[] = [
  {
    file: '@aws-sdk/client-dynamodb/dist-es/schemas/schemas_0.js',
    narrow: (text) =>
      text.replace(/^n0_registry\.registerError\((\w+)\$, \1\);\n/gm, (line, name) =>
        tableErrors.includes(name) ? line : '',
      ),
    reason:
      'Registers the errors of all operations of DynamoDB, and so keeps the classes of all. One that is not registered ' +
      'arrives as the base class of them all, with its name, which is what decides about a retry.',
  },
  {
    file: '@aws-sdk/client-dynamodb/package.json',
    narrow: (text) => JSON.stringify({ version: JSON.parse(text).version }),
    reason: 'Only the version is read, for the user agent; code splitting would take the whole file.',
  },
];
