// The events, the latest at the top.
import { create, find } from './dom.js';

/**
 * @typedef {object} PublishedEvent
 * @property {string} detail-type
 * @property {string} time
 * @property {{ userId: string }} detail
 */

/** @typedef {{ event: PublishedEvent, text: string }} Entry an event, and what it says in words */

/** The events' elements, by entry as JSON. `undefined` before the page is told of any. @type {Map<string, HTMLElement> | undefined} */
let shown;

/**
 * Shows the events. Those that arrive are marked, and the latest one is open until the next one arrives, unless somebody
 * has touched it.
 *
 * @param {Entry[]} entries oldest first
 */
export function showEvents(entries) {
  const known = shown ?? new Map();
  const next = new Map(
    entries.map((entry) => {
      const key = JSON.stringify(entry);
      return [key, known.get(key) ?? showEvent(entry, shown !== undefined)];
    }),
  );
  const arrived = [...next].filter(([key]) => !known.has(key)).map(([, item]) => item);
  for (const [key, item] of known) if (!next.has(key)) item.remove();
  shown = next;
  find('#events .empty').hidden = entries.length > 0;
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
 * @param {Entry} entry
 * @param {boolean} isNew
 */
function showEvent({ event, text }, isNew) {
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
    create('p', {}, `${event.detail.userId}: ${text}.`),
    create('details', {}, create('summary', {}, 'Event'), create('pre', {}, JSON.stringify(event, null, 2))),
  );
}
