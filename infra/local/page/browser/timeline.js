// What the platform was told: the events, the latest at the top.
import { create, find } from './dom.js';

/**
 * @typedef {object} PublishedEvent
 * @property {string} detail-type
 * @property {string} time
 * @property {{ userId: string, pinVerified?: boolean, paymentMethodsCleared?: string[], newPasswordSet?: boolean }} detail
 */

/** The events that are shown, as JSON. @type {string[] | undefined} */
let shown;

/**
 * Shows the events; those that were not there before are marked.
 *
 * @param {PublishedEvent[]} events oldest first
 */
export function showEvents(events) {
  const keys = events.map((event) => JSON.stringify(event));
  if (shown !== undefined && shown.join() === keys.join()) return;
  const known = shown ?? keys;
  const items = events.map((event, index) => showEvent(event, !known.includes(keys[index] ?? '')));
  shown = keys;
  find('#events .empty').hidden = events.length > 0;
  items.at(-1)?.querySelector('details')?.setAttribute('open', '');
  find('#events ol').replaceChildren(...items.reverse());
}

/** Takes the marks away. */
export function ageEvents() {
  for (const item of document.querySelectorAll('#events .changed')) item.classList.remove('changed');
}

/**
 * @param {PublishedEvent} event
 * @param {boolean} isNew
 */
function showEvent(event, isNew) {
  const time = new Date(event.time).toLocaleTimeString([], { hour12: false });
  return create(
    'li',
    { class: isNew ? 'changed' : '', 'data-type': event['detail-type'] },
    create(
      'p',
      { class: 'what' },
      create('strong', {}, event['detail-type']),
      create('time', { datetime: event.time }, time),
    ),
    create('p', {}, describe(event)),
    create('details', {}, create('summary', {}, 'Event'), create('pre', {}, JSON.stringify(event, null, 2))),
  );
}

/** @param {PublishedEvent} event */
function describe({ 'detail-type': type, detail }) {
  const { userId, pinVerified, paymentMethodsCleared = [], newPasswordSet } = detail;
  if (type !== 'PasswordReset') return `${userId}: no PIN is accepted any more.`;
  const cleared = paymentMethodsCleared.join(' and ') || 'no payment methods';
  const cause = pinVerified ? 'right PIN, payment methods kept' : `no PIN, ${cleared} cleared`;
  return `${userId}: ${cause}${newPasswordSet ? ', new password' : ''}.`;
}
