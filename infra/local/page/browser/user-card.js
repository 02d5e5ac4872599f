// The card of a user: what the table holds of her, and what has just changed.
import { create, update } from './dom.js';

/**
 * @typedef {object} UserState the user in the table, without secrets
 * @property {string} status
 * @property {boolean} passwordSet
 * @property {boolean} pinSet
 * @property {number} pinGuesses
 * @property {string[]} paymentMethods
 * @property {{ id: string }} [lastReset]
 * @property {number} [tokensValidFrom] seconds since the epoch
 */

/**
 * A line of the card. Two states differ in a line if its text does. What differs is struck out or inserted, since a colour
 * alone does not tell it to everybody.
 *
 * @typedef {{ name: string, text: string, show: (before: UserState | undefined) => (Node | string)[] }} Line
 */

/**
 * @param {UserState} state
 * @param {number} maxAttempts
 * @returns {Line[]}
 */
function listLines(state, maxAttempts) {
  return [
    { name: 'Account', text: state.status, show: (before) => showText(state.status, before?.status) },
    {
      name: 'Password',
      text: describePassword(state),
      show: (before) => showText(describePassword(state), before && describePassword(before)),
    },
    {
      name: 'PIN',
      text: describePin(state, maxAttempts),
      show: (before) => showPin(state, before, maxAttempts),
    },
    {
      name: 'Payment',
      text: state.paymentMethods.join(', ') || 'none',
      show: (before) => showPaymentMethods(state.paymentMethods, before?.paymentMethods),
    },
  ];
}

/** @param {UserState} state */
function describePassword({ passwordSet }) {
  return passwordSet ? 'set' : 'none';
}

/**
 * @param {string} now
 * @param {string | undefined} before
 */
function showText(now, before) {
  return before === undefined ? [now] : [create('del', {}, before), now];
}

/**
 * @param {UserState} state
 * @param {number} maxAttempts
 */
function describePin({ pinSet, pinGuesses }, maxAttempts) {
  if (!pinSet) return 'none';
  const left = maxAttempts - pinGuesses;
  return left === 0 ? 'locked' : `${left} ${left === 1 ? 'attempt' : 'attempts'} left`;
}

/**
 * So that the text and the one before fit into a line.
 *
 * @param {string} text
 */
function shortenPin(text) {
  return text.replace(/ attempts?/, '');
}

/**
 * @param {UserState} state
 * @param {UserState | undefined} before
 * @param {number} maxAttempts
 */
function showPin(state, before, maxAttempts) {
  const now = describePin(state, maxAttempts);
  const text = before ? showText(shortenPin(now), shortenPin(describePin(before, maxAttempts))) : [now];
  if (!state.pinSet) return text;
  const dots = Array.from({ length: maxAttempts }, (_, index) =>
    create('i', index < maxAttempts - state.pinGuesses ? {} : { class: 'spent' }),
  );
  return [create('span', { class: 'dots', 'aria-hidden': 'true' }, ...dots), ...text];
}

/**
 * @param {string[]} now
 * @param {string[]} [before]
 */
function showPaymentMethods(now, before = now) {
  const gone = before.filter((method) => !now.includes(method));
  const chips = [
    ...now.map((method) =>
      before.includes(method)
        ? create('span', { class: 'chip' }, method)
        : create('ins', { class: 'chip' }, `+ ${method}`),
    ),
    ...gone.map((method) => create('del', { class: 'chip' }, method)),
  ];
  return now.length === 0 ? [...chips, 'none'] : chips;
}

/**
 * Lists what differs between two states, such as `Password: set → none`.
 *
 * @param {UserState | undefined} before
 * @param {UserState | undefined} now
 * @param {number} maxAttempts
 */
export function listChanges(before, now, maxAttempts) {
  if (before === undefined || now === undefined) return [];
  const old = listLines(before, maxAttempts);
  return listLines(now, maxAttempts)
    .map(({ name, text }, index) => ({ name, from: old[index]?.text ?? '', to: text }))
    .filter(({ from, to }) => from !== to);
}

/**
 * Fills a card.
 *
 * @param {HTMLElement} card
 * @param {string} userId
 * @param {UserState | undefined} state
 * @param {UserState | undefined} before the state before the latest change
 * @param {number} maxAttempts
 */
export function fillCard(card, userId, state, before, maxAttempts) {
  const title = create('strong', {}, userId);
  if (state === undefined) {
    update(card, title, create('span', { class: 'line' }, 'Deleted from the table'));
    return;
  }
  const changed = new Set(listChanges(before, state, maxAttempts).map(({ name }) => name));
  const worthALine = listLines(state, maxAttempts).filter(
    ({ name, text }) => changed.has(name) || !(name === 'Account' && text === 'active'),
  );
  const lines = worthALine.map(({ name, show }) =>
    create(
      'span',
      { class: changed.has(name) ? 'line changed' : 'line', 'data-line': name },
      create('span', { class: 'label' }, name),
      create('span', { class: 'value' }, ...show(changed.has(name) ? before : undefined)),
    ),
  );
  card.dataset.status = state.status;
  update(card, title, ...lines);
}
