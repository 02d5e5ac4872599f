// Stands in for parts of the SDK that are named in what is bundled and never come to be used, see
// ../trimmed-libraries.ts. One that is used nevertheless fails and does not guess.

function fail(): never {
  throw new Error('This part of the AWS SDK is left out of the bundle');
}

/** The SDK's HeaderFormatter: made with each signer, asked for the headers of events. */
export class HeaderFormatter {
  format = fail;
}

/** The SDK's SHA-256 in JavaScript. */
export class Sha256Js {
  constructor() {
    fail();
  }
}

/** The SDK's AdaptiveRetryStrategy. */
export class AdaptiveRetryStrategy {
  constructor() {
    fail();
  }
}

/** The SDK's question to EC2's metadata service. */
export const getInstanceMetadataRegion = fail;
