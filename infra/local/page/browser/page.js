// The page of `npm start`: a card for each demo user, the latest events, and the API reference.

/**
 * @typedef {object} UserState the user in the table, without secrets
 * @property {string} status
 * @property {boolean} passwordSet
 * @property {boolean} pinSet
 * @property {number} pinGuesses
 * @property {string[]} paymentMethods
 *
 * @typedef {{ userId: string, pin?: string, state?: UserState }} User
 * @typedef {{ issuesTokens: boolean, maxAttempts: number, users: User[] }} Overview
 */

const pagePath = '/~local/';
const resetPath = '/user/2021-2/user/password/reset';

/** The latest token by user id. @type {Map<string, string>} */
const tokens = new Map();
/** @type {Map<string, HTMLElement>} */
const cards = new Map();

followColorScheme();
const reference = renderReference();
await start();

async function start() {
  const overview = await fetchJson('users');
  const list = findElement(document, '#cards');
  for (const user of overview.users) {
    const card = createCard(user, overview.issuesTokens);
    cards.set(user.userId, card);
    list.append(card);
  }
  if (overview.users.length === 0)
    list.replaceWith(createParagraph('No users were loaded at the start, so there are none to show.'));
  showUsers(overview);
  showEvents(await fetchJson('events'));
}

/**
 * @param {User} user
 * @param {boolean} issuesTokens
 */
function createCard({ userId, pin = '' }, issuesTokens) {
  const card = fromTemplate('#card', '.card');
  card.dataset.user = userId;
  findElement(card, 'h3').textContent = userId;
  const form = /** @type {HTMLFormElement} */ (findElement(card, 'form'));
  findInput(form, 'pin').defaultValue = pin;
  for (const button of card.querySelectorAll('button')) {
    button.setAttribute('aria-label', `${button.textContent}: ${userId}`);
  }
  const getToken = /** @type {HTMLButtonElement} */ (findElement(card, '[data-action=token]'));
  getToken.disabled = !issuesTokens;
  getToken.addEventListener('click', () => run(card, () => fetchToken(userId)));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    run(card, () => reset(userId, { pin: findInput(form, 'pin').value, ...readPassword(form) }));
  });
  findElement(card, '[data-action=without-pin]').addEventListener('click', () =>
    run(card, () => reset(userId, readPassword(form))),
  );
  findElement(card, '[data-action=restore]').addEventListener('click', () => {
    form.reset();
    run(card, () => restore(userId));
  });
  return card;
}

/** @param {HTMLFormElement} form */
function readPassword(form) {
  const { value } = findInput(form, 'password');
  return value === '' ? {} : { password: value };
}

/**
 * Runs the action of a button and shows its outcome. The card is marked as busy meanwhile.
 *
 * @param {HTMLElement} card
 * @param {() => Promise<string>} action
 */
async function run(card, action) {
  card.setAttribute('aria-busy', 'true');
  const outcome = findElement(card, '.outcome');
  try {
    outcome.textContent = await action();
    showUsers(await fetchJson('users'));
    showEvents(await fetchJson('events'));
  } catch (error) {
    outcome.textContent = `Is npm start still running? ${error}`;
  }
  card.removeAttribute('aria-busy');
}

/** @param {string} userId */
async function fetchToken(userId) {
  const { token } = await fetchJson(`users/${encodeURIComponent(userId)}/token`, 'POST');
  tokens.set(userId, token);
  reference.preauthorizeApiKey('accessToken', token);
  return 'Got a token, as a user gets it after a login or by a link in a mail.';
}

/** @param {string} userId */
async function restore(userId) {
  await fetchJson(`users/${encodeURIComponent(userId)}/restore`, 'POST');
  tokens.delete(userId);
  return 'Restored to the state at the start.';
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
 * Shows an exchange in the user's card, in place of the previous one.
 *
 * @param {string} userId
 * @param {string} requestId
 */
async function showWire(userId, requestId) {
  const exchange = await fetchJson(`exchanges/${requestId}`);
  const wire = document.querySelector('#wire') ?? fromTemplate('#wire-template', '#wire');
  findElement(wire, '#request').textContent = exchange.request;
  findElement(wire, '#answer').textContent = exchange.answer;
  cards.get(userId)?.append(wire);
}

/** @param {{ 'detail-type': string, detail: object }[]} events oldest first */
function showEvents(events) {
  if (events.length === 0) return;
  const texts = events.map((event) => `${event['detail-type']} ${JSON.stringify(event.detail, null, 2)}`);
  findElement(document, '#events').textContent = texts.reverse().join('\n\n');
}

/** @param {Overview} overview */
function showUsers({ maxAttempts, users }) {
  for (const { userId, state } of users) {
    const card = cards.get(userId);
    if (card === undefined) continue;
    const token = tokens.get(userId);
    const facts = {
      ...describeState(state, maxAttempts),
      token: token === undefined ? 'none' : `…${token.slice(-8)}`,
    };
    for (const [name, fact] of Object.entries(facts)) {
      const place = findElement(card, `[data-fact=${name}]`);
      place.classList.toggle('changed', place.textContent !== '' && place.textContent !== fact);
      place.textContent = fact;
    }
  }
}

/**
 * @param {UserState | undefined} state
 * @param {number} maxAttempts
 */
function describeState(state, maxAttempts) {
  if (state === undefined) return { status: 'deleted', password: '', pin: '', paymentMethods: '' };
  const left = maxAttempts - state.pinGuesses;
  const attempts = left === 0 ? 'locked, no attempts left' : `${left} of ${maxAttempts} attempts left`;
  return {
    status: state.status,
    password: state.passwordSet ? 'set' : 'none',
    pin: state.pinSet ? attempts : 'none',
    paymentMethods: state.paymentMethods.join(', ') || 'none',
  };
}

/**
 * Sends a request that only the page needs to this server.
 *
 * @param {string} path
 * @param {string} [method]
 */
async function fetchJson(path, method = 'GET') {
  const response = await fetch(pagePath + path, { method });
  if (!response.ok) throw new Error(`${path} was answered with status ${response.status}`);
  return response.json();
}

/** @returns {{ preauthorizeApiKey(scheme: string, token: string): void }} */
function renderReference() {
  // Swagger UI's script is not a module. It runs before this one, and sets a property of the window.
  const { SwaggerUIBundle } = /** @type {any} */ (window);
  const ui = SwaggerUIBundle({
    url: `${pagePath}openapi.yaml`,
    dom_id: '#swagger',
    docExpansion: 'full',
    defaultModelsExpandDepth: -1,
    syntaxHighlight: { activated: false },
    validatorUrl: null,
  });
  // Swagger UI creates some fields without an accessible name, and creates them again when a section is opened.
  const place = findElement(document, '#swagger');
  new MutationObserver(() => {
    for (const list of place.querySelectorAll('select:not([aria-label])')) {
      list.setAttribute('aria-label', list.id === 'servers' ? 'Server' : 'Example');
    }
    place.querySelector('.body-param__text')?.setAttribute('aria-label', 'Request body');
  }).observe(place, { childList: true, subtree: true });
  return ui;
}

/** Swagger UI needs a class for its dark mode; the page's own style sheet follows the system setting without one. */
function followColorScheme() {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
  dark.addEventListener('change', follow);
  follow();
}

/**
 * @param {string} template
 * @param {string} selector of the only element in the template
 */
function fromTemplate(template, selector) {
  const { content } = /** @type {HTMLTemplateElement} */ (findElement(document, template));
  return findElement(/** @type {DocumentFragment} */ (content.cloneNode(true)), selector);
}

/**
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {HTMLElement}
 */
function findElement(parent, selector) {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no element ${selector}`);
  return found;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function findInput(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/** @param {string} text */
function createParagraph(text) {
  const paragraph = document.createElement('p');
  paragraph.textContent = text;
  return paragraph;
}
