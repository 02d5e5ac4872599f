// The events, the latest at the top.
import { create, find } from './dom.js';

/**
 * @typedef {object} PublishedEvent
 * @property {string} detail-type
 * @property {string} time
 * @property {{ userId: string, pinVerified?: boolean, paymentMethodsCleared?: string[], newPasswordSet?: boolean }} detail
 */

/** The events' elements, by event as JSON. `undefined` before the page is told of any. @type {Map<string, HTMLElement> | undefined} */
let shown;

/**
 * Shows the events. Those that arrive are marked, and the latest one is open until the next one arrives, unless somebody
 * has touched it.
 *
 * @param {PublishedEvent[]} events oldest first
 */
export function showEvents(events) {
  const known = shown ?? new Map();
  const next = new Map(
    events.map((event) => {
      const key = JSON.stringify(event);
      return [key, known.get(key) ?? showEvent(event, shown !== undefined)];
    }),
  );
  const arrived = [...next].filter(([key]) => !known.has(key)).map(([, item]) => item);
  for (const [key, item] of known) if (!next.has(key)) item.remove();
  shown = next;
  find('#events .empty').hidden = events.length > 0;
  const latest = arrived.at(-1)?.querySelector('details');
  if (!latest) return;
  find('#events ol').prepend(...arrived.reverse());
  for (const untouched of document.querySelectorAll('#events [data-untouched]'))
    untouched.removeAttribute('open');
  latest.toggleAttribute('data-untouched', true);
  latest.open = true;
}

/** Notices which events are touched; called once. */
export function connectEvents() {
  for (const type of ['pointerdown', 'focusin']) {
    find('#events').addEventListener(type, ({ target }) => {
      const details = /** @type {Element} */ (target).closest('details');
      details?.removeAttribute('data-untouched');
    });
  }
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
