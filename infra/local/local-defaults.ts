// The function's environment on a laptop: what is not set gets a value that works there.

/** Audience of the tokens that the local issuer signs. */
export const localAudience = 'password-reset';

/** Known to everyone, so of no use but to keep PINs working across restarts with a table that lives on. */
const localPepper = JSON.stringify({ current: 'local', local: 'not a secret: only for users on a laptop' });

/**
 * Fills the gaps of an environment with what the AWS SDK and the function need on a laptop.
 *
 * @param env - changed in place, usually `process.env`; an empty variable counts as unset
 */
export function setLocalDefaults(env: NodeJS.ProcessEnv): void {
  env.AWS_REGION ||= 'eu-central-1';
  if (!env.PIN_PEPPER_SECRET_ID) env.PIN_PEPPER ||= localPepper;
  // Engines on a laptop want to see credentials, and do not look at them.
  if (!env.AWS_PROFILE) {
    env.AWS_ACCESS_KEY_ID ||= 'local';
    env.AWS_SECRET_ACCESS_KEY ||= 'local';
  }
}
