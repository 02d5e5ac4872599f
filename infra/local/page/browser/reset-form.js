// The form of a reset.
import { find, update } from './dom.js';

/** @typedef {import('./user-card.js').UserState} UserState */
/** @typedef {{ userId: string, pin?: string, state?: UserState }} User */

/** Four digits for users without a PIN, so that the service and not the grammar refuses them. */
const anyPin = '1357';

/** The place of a PIN that is sent under this name in the query. */
const misspelt = 'recoveryPin';

const form = () => /** @type {HTMLFormElement} */ (find('#reset form'));

/** @param {string} name */
function field(name) {
  return /** @type {HTMLInputElement} */ (form().elements.namedItem(name));
}

/**
 * Fills the form for a user.
 *
 * @param {User} user
 */
export function resetForm({ userId, pin }) {
  form().reset();
  field('pin').value = pin ?? anyPin;
  update(find('#reset-title'), `Reset the password of ${userId}`);
}

/**
 * Says what the reset will do to the user as she is now.
 *
 * @param {User} user
 * @param {number} maxAttempts
 */
export function describeReset({ userId, pin, state }, maxAttempts) {
  const isRisky = field('mode').value === 'without';
  const methods = state?.paymentMethods ?? [];
  const isRefused = state !== undefined && state.status !== 'active';
  find('.consequence').classList.toggle('risky', isRisky && !isRefused && methods.length > 0);
  update(
    find('.consequence p'),
    isRefused
      ? `${userId} is ${state.status}, so any reset is refused.`
      : isRisky
        ? describeCost(userId, methods)
        : describePin(userId, pin, state, maxAttempts),
  );
  for (const part of ['.pin', '[data-for=place]']) find(part).hidden = isRisky;
  const send = find('#send');
  update(send, isRisky ? 'Reset without a PIN' : 'Reset with the PIN');
  send.classList.toggle('danger', isRisky);
}

/**
 * @param {string} userId
 * @param {string[]} methods
 */
function describeCost(userId, methods) {
  if (methods.length === 0) return `${userId} has no payment methods that this could clear.`;
  return `Clears ${methods.join(' and ')} for good: whoever can only read the mail of ${userId} must not be able to pay.`;
}

/**
 * @param {string} userId
 * @param {string | undefined} pin
 * @param {UserState | undefined} state
 * @param {number} maxAttempts
 */
function describePin(userId, pin, state, maxAttempts) {
  if (field('place').value === misspelt)
    return `${misspelt} may be a misspelt pin. It is refused, since as "no PIN" it would clear the payment methods.`;
  if (state?.pinSet === false) return `${userId} has no PIN, so any is refused.`;
  if (state?.pinGuesses === maxAttempts) return 'The PIN is locked, so even the right one is refused.';
  return pin === undefined
    ? 'The payment methods stay if it is right.'
    : `${pin} is right and keeps the payment methods. Too many wrong ones lock it.`;
}

/** What was filled in. */
export function readForm() {
  const place = field('place').value;
  const pin =
    field('mode').value === 'without' ? {} : { [place === misspelt ? misspelt : 'pin']: field('pin').value };
  const password = field('password').value;
  return {
    query: place === 'body' ? {} : pin,
    body: { ...(place === 'body' && pin), ...(password !== '' && { password }) },
    tokenChoice: field('token').value,
    pastedToken: field('pastedToken').value.trim(),
  };
}
