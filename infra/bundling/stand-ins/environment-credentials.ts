// Stands in for the SDK's chain of credential providers, see ../trimmed-libraries.ts.
import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * The chain's first link alone, which reads `AWS_ACCESS_KEY_ID` and its siblings.
 *
 * @param init - as the SDK passes it
 * @returns a provider that throws `CredentialsProviderError` where the variables are not set
 */
export const defaultProvider = fromEnv;
