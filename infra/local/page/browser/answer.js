// The answer to a user's latest reset: status, meaning, what changed, and what went over the wire.
import { create, find, update } from './dom.js';
import { writeAnswer, writeCurl, writeRequest } from './exchange.js';

/** @typedef {import('./exchange.js').Exchange} Exchange */

/**
 * An exchange and its effect.
 *
 * @typedef {object} Outcome
 * @property {Exchange} exchange
 * @property {{ name: string, from: string, to: string }[]} changes of the user's card
 * @property {boolean} isRepeated the reset was done by an earlier copy of the request, if it was done at all
 */

/** @type {Exchange | undefined} */
let shown;

const repeated = 'The same request was carried out before, so nothing is done again.';

const writers = { answer: writeAnswer, request: writeRequest, curl: writeCurl };

/** Connects the controls; called once. */
export function connectAnswer() {
  const section = find('#answer');
  section.addEventListener('change', showWire);
  for (const button of section.querySelectorAll('button')) {
    button.addEventListener('click', () => copy(button));
  }
}

/**
 * Shows an exchange.
 *
 * @param {Outcome | undefined} outcome `undefined`: none yet
 */
export function showAnswer(outcome) {
  shown = outcome?.exchange;
  find('#answer .empty').hidden = outcome !== undefined;
  find('#wire').hidden = outcome === undefined;
  update(find('#outcome'), ...(outcome === undefined ? [] : describeOutcome(outcome)));
  showWire();
}

/** @param {Outcome} outcome */
function describeOutcome({ exchange, changes, isRepeated }) {
  const { status, reason, error } = exchange;
  const effect =
    changes.length === 0
      ? create('p', { class: 'label' }, 'Nothing changed on the card.')
      : create(
          'ul',
          { class: 'changes', 'aria-label': 'What changed' },
          ...changes.map(({ name, from, to }) =>
            create(
              'li',
              {},
              create('span', { class: 'label' }, name),
              ' ',
              create('del', {}, from),
              ' → ',
              create('ins', {}, to),
            ),
          ),
        );
  return [
    create(
      'p',
      { class: 'headline' },
      create('span', { class: `status s${Math.floor(status / 100)}xx` }, `${status} ${reason}`),
      create('strong', {}, error === undefined ? 'The reset is done' : describeCode(error)),
    ),
    create('p', {}, error?.detail ?? (isRepeated ? repeated : describeReset(exchange))),
    effect,
  ];
}

/**
 * The code, as a link to what the reference says about it. In a tab of its own, so that the page stays as it is.
 *
 * @param {NonNullable<Exchange['error']>} error
 */
function describeCode({ code, links }) {
  return links === undefined ? code : create('a', { href: links.about, target: '_blank' }, code);
}

/** @param {Exchange} exchange */
function describeReset({ request: { query, body } }) {
  const password =
    body.password === undefined ? 'The user has no password until one is set.' : 'The new password is set.';
  const payment =
    (body.pin ?? query.pin) === undefined
      ? 'The payment methods are cleared.'
      : 'The payment methods are kept.';
  return `${password} ${payment} Every older access token is revoked.`;
}

function showWire() {
  if (shown === undefined) return;
  const { value } = /** @type {HTMLInputElement} */ (find('#answer [name=view]:checked'));
  const isWhole = /** @type {HTMLInputElement} */ (find('#whole')).checked;
  const write = writers[/** @type {keyof typeof writers} */ (value)];
  update(find('#wire pre'), write(shown, isWhole));
  find('#wire [data-copy=token]').hidden = shown.request.token === undefined;
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  if (shown === undefined) return;
  await navigator.clipboard.writeText(
    button.dataset.copy === 'curl' ? writeCurl(shown, true) : (shown.request.token ?? ''),
  );
  button.textContent = 'Copied';
  setTimeout(() => {
    button.textContent = `Copy ${button.dataset.copy}`;
  }, 1_500);
}
