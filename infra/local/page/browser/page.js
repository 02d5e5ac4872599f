// The page of `npm start`: a card for each demo user, and the API reference beside them.

/**
 * @typedef {object} UserState what the table holds, without secrets
 * @property {string} status
 * @property {boolean} passwordSet
 * @property {boolean} pinSet
 * @property {number} pinGuesses
 * @property {string[]} paymentMethods
 *
 * @typedef {{ userId: string, pin?: string, state?: UserState }} User
 * @typedef {{ issuesTokens: boolean, users: User[] }} Overview
 */

const local = '/~local/';
const resetPath = '/user/2021-2/user/password/reset';
const maxGuesses = 3;

/** The token that a card holds, by user id. @type {Map<string, string>} */
const tokens = new Map();
/** @type {Map<string, HTMLElement>} */
const cards = new Map();

followColorScheme();
const reference = renderReference();
await start();

async function start() {
  const overview = await ask('users');
  const list = element(document, '#cards');
  for (const user of overview.users) {
    const card = createCard(user, overview.issuesTokens);
    cards.set(user.userId, card);
    list.append(card);
  }
  if (overview.users.length === 0)
    list.replaceWith(note('The users are those of your own table; there is none to show.'));
  show(overview);
  showEvents(await ask('events'));
}

/**
 * @param {User} user
 * @param {boolean} issuesTokens
 */
function createCard({ userId, pin = '' }, issuesTokens) {
  const card = fromTemplate('#card', '.card');
  card.dataset.user = userId;
  element(card, 'h3').textContent = userId;
  const form = /** @type {HTMLFormElement} */ (element(card, 'form'));
  input(form, 'pin').defaultValue = pin;
  for (const button of card.querySelectorAll('button')) {
    button.setAttribute('aria-label', `${button.textContent}: ${userId}`);
  }
  const getToken = /** @type {HTMLButtonElement} */ (element(card, '[data-action=token]'));
  getToken.disabled = !issuesTokens;
  getToken.addEventListener('click', () => run(card, () => fetchToken(userId)));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    run(card, () => reset(userId, { pin: input(form, 'pin').value, ...passwordOf(form) }));
  });
  element(card, '[data-action=without-pin]').addEventListener('click', () =>
    run(card, () => reset(userId, passwordOf(form))),
  );
  element(card, '[data-action=restore]').addEventListener('click', () => {
    form.reset();
    run(card, () => restore(userId));
  });
  return card;
}

/** @param {HTMLFormElement} form */
function passwordOf(form) {
  const { value } = input(form, 'password');
  return value === '' ? {} : { password: value };
}

/**
 * Carries out what a button is for, with all the card's buttons waiting, and tells what came of it.
 *
 * @param {HTMLElement} card
 * @param {() => Promise<string>} action
 */
async function run(card, action) {
  card.setAttribute('aria-busy', 'true');
  const outcome = element(card, '.outcome');
  try {
    outcome.textContent = await action();
    show(await ask('users'));
    showEvents(await ask('events'));
  } catch (error) {
    outcome.textContent = `Is npm start still running? ${error}`;
  }
  card.removeAttribute('aria-busy');
}

/** @param {string} userId */
async function fetchToken(userId) {
  const { token } = await ask(`users/${encodeURIComponent(userId)}/token`, 'POST');
  tokens.set(userId, token);
  // What is tried out in the reference is tried out with the latest token.
  reference.preauthorizeApiKey('accessToken', token);
  return 'Got a token, as a login or a link in a mail would bring one.';
}

/** @param {string} userId */
async function restore(userId) {
  await ask(`users/${encodeURIComponent(userId)}/restore`, 'POST');
  tokens.delete(userId);
  return 'Back as it was at the start.';
}

/**
 * @param {string} userId
 * @param {{ pin?: string, password?: string }} body
 */
async function reset(userId, body) {
  const token = tokens.get(userId);
  const hasBody = Object.keys(body).length > 0;
  const response = await fetch(resetPath, {
    method: 'PUT',
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(hasBody && { 'Content-Type': 'application/json' }),
    },
    ...(hasBody && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  await showWire(userId, response.headers.get('Request-Id') ?? '');
  if (response.ok) return '204: the reset is done.';
  const { code, detail } = JSON.parse(text).errors[0];
  return `${response.status} ${code}: ${detail}`;
}

/**
 * Shows an exchange in the card that it was made from, in place of the one before it.
 *
 * @param {string} userId
 * @param {string} requestId
 */
async function showWire(userId, requestId) {
  const exchange = await ask(`exchanges/${requestId}`);
  const wire = document.querySelector('#wire') ?? fromTemplate('#wire-template', '#wire');
  element(wire, '#request').textContent = exchange.request;
  element(wire, '#answer').textContent = exchange.answer;
  cards.get(userId)?.append(wire);
}

/** @param {{ 'detail-type': string, detail: object }[]} events oldest first */
function showEvents(events) {
  if (events.length === 0) return;
  const texts = events.map((event) => `${event['detail-type']} ${JSON.stringify(event.detail, null, 2)}`);
  element(document, '#events').textContent = texts.reverse().join('\n\n');
}

/** @param {Overview} overview */
function show({ users }) {
  for (const { userId, state } of users) {
    const card = cards.get(userId);
    if (card === undefined) continue;
    const token = tokens.get(userId);
    const facts = {
      ...factsOf(state),
      token: token === undefined ? 'none' : `…${token.slice(-8)}`,
    };
    for (const [name, fact] of Object.entries(facts)) {
      const place = element(card, `[data-fact=${name}]`);
      place.classList.toggle('changed', place.textContent !== '' && place.textContent !== fact);
      place.textContent = fact;
    }
  }
}

/** @param {UserState | undefined} state */
function factsOf(state) {
  if (state === undefined) return { status: 'deleted', password: '', pin: '', paymentMethods: '' };
  const left = maxGuesses - state.pinGuesses;
  const attempts = left === 0 ? 'locked, no attempt left' : `${left} of ${maxGuesses} attempts left`;
  return {
    status: state.status,
    password: state.passwordSet ? 'set' : 'reset: none is set',
    pin: state.pinSet ? attempts : 'none',
    paymentMethods: state.paymentMethods.join(', ') || 'none',
  };
}

/**
 * Asks this server for something that only the page needs.
 *
 * @param {string} path
 * @param {string} [method]
 */
async function ask(path, method = 'GET') {
  const response = await fetch(local + path, { method });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  return response.json();
}

/** @returns {{ preauthorizeApiKey(scheme: string, token: string): void }} */
function renderReference() {
  // Swagger UI's script is no module; it runs before this one and leaves itself in the window.
  const { SwaggerUIBundle } = /** @type {any} */ (window);
  const ui = SwaggerUIBundle({
    url: `${local}openapi.yaml`,
    dom_id: '#swagger',
    docExpansion: 'full',
    defaultModelsExpandDepth: -1,
    syntaxHighlight: { activated: false },
    validatorUrl: null,
  });
  // Swagger UI leaves some of its fields without a name, and makes them anew whenever something is opened.
  const place = element(document, '#swagger');
  new MutationObserver(() => {
    for (const list of place.querySelectorAll('select:not([aria-label])')) {
      list.setAttribute('aria-label', list.id === 'servers' ? 'Server' : 'Example');
    }
    place.querySelector('.body-param__text')?.setAttribute('aria-label', 'Request body');
  }).observe(place, { childList: true, subtree: true });
  return ui;
}

/** Swagger UI is dark where the document's element says so; the rest of the page follows the system by itself. */
function followColorScheme() {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
  dark.addEventListener('change', follow);
  follow();
}

/**
 * @param {string} template
 * @param {string} selector of the one element in the template
 */
function fromTemplate(template, selector) {
  const { content } = /** @type {HTMLTemplateElement} */ (element(document, template));
  return element(/** @type {DocumentFragment} */ (content.cloneNode(true)), selector);
}

/**
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {HTMLElement}
 */
function element(parent, selector) {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector}`);
  return found;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function input(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/** @param {string} text */
function note(text) {
  const paragraph = document.createElement('p');
  paragraph.textContent = text;
  return paragraph;
}
