// Defaults for the function's environment variables when it runs locally.

/** Audience of the tokens that the local issuer signs. */
export const localAudience = 'password-reset';

/** Not a secret. It is constant so that PINs in a table that outlives `npm start` stay valid. */
const localPepper = JSON.stringify({ current: 'local', local: 'not a secret: only for users on a laptop' });

/**
 * Sets unset variables that the AWS SDK and the function need.
 *
 * @param env - usually `process.env`; changed in place; an empty variable counts as unset
 */
export function setLocalDefaults(env: NodeJS.ProcessEnv): void {
  env.AWS_REGION ||= 'eu-central-1';
  if (!env.PIN_PEPPER_SECRET_ID) env.PIN_PEPPER ||= localPepper;
  // Local table engines require credentials, but accept any.
  if (!env.AWS_PROFILE) {
    env.AWS_ACCESS_KEY_ID ||= 'local';
    env.AWS_SECRET_ACCESS_KEY ||= 'local';
  }
}
