// The access tokens of the users, fetched when one is needed.
import { postJson } from './exchange.js';

/** The latest token by user id. @type {Map<string, string>} */
const latest = new Map();

/**
 * Returns a token that the service accepts: the latest one, or a new one if a reset has revoked it or it has expired.
 *
 * @param {string} userId
 * @param {number} validFrom the user's `tokensValidFrom`, seconds since the epoch
 */
export async function getValidToken(userId, validFrom) {
  const known = latest.get(userId);
  if (known !== undefined && isValid(known, validFrom)) return known;
  const { token } = await postJson(`users/${encodeURIComponent(userId)}/token`);
  latest.set(userId, token);
  return /** @type {string} */ (token);
}

/** @param {string} userId */
export function getLastToken(userId) {
  return latest.get(userId);
}

/** @param {string} userId */
export function forgetToken(userId) {
  latest.delete(userId);
}

/**
 * @param {string} token
 * @param {number} validFrom
 */
function isValid(token, validFrom) {
  const [, payload = ''] = token.split('.');
  const { iat, exp } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
  return iat >= validFrom && exp * 1000 > Date.now();
}
