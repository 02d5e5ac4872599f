// What the bundle has in place of `@aws-sdk/credential-provider-node`: its first link alone.
import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Reads `AWS_ACCESS_KEY_ID` and its siblings, in which Lambda always gives a function the credentials of its role. The
 * whole chain looks in ten more places, whose code would be a third of the bundle.
 *
 * @param init - as the SDK passes it
 * @returns a provider that throws `CredentialsProviderError` where the variables are not set
 */
export const defaultProvider = fromEnv;
