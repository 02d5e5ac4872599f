// What of the Secrets Manager client is used. Imported by name, the rest of it stays out of the bundle: importing the
// package itself at run time would keep all of it.
export { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
