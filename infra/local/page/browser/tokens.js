// The access tokens of the users, fetched when one is needed.
import { postJson } from './exchange.js';

/** The latest token by user id. @type {Map<string, string>} */
const latest = new Map();

/**
 * Returns a token.
 *
 * @param {string} choice `none`, `expired`, `old-login`, `last` (even if it is revoked), or `valid`: the last one, or a new
 *   one if a reset has revoked it or it has expired
 * @param {string} userId
 * @param {number} [validFrom] the user's `tokensValidFrom`, seconds since the epoch
 */
export async function chooseToken(choice, userId, validFrom = 0) {
  if (choice === 'none') return undefined;
  if (choice === 'expired' || choice === 'old-login') return fetchToken(userId, `${choice}-token`);
  const known = latest.get(userId);
  if (known !== undefined && (choice === 'last' || isValid(known, validFrom))) return known;
  const token = await fetchToken(userId, 'token');
  latest.set(userId, token);
  return token;
}

/**
 * @param {string} userId
 * @param {string} verb
 * @returns {Promise<string>}
 */
async function fetchToken(userId, verb) {
  const { token } = await postJson(`users/${encodeURIComponent(userId)}/${verb}`);
  return token;
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
