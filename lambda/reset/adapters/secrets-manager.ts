// The used parts of the Secrets Manager client. pepper.ts imports this file on demand; importing the package in this
// way would put all of it into the bundle, because tree shaking works only for named imports.
export { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
