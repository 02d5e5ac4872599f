// The page of `npm start`: follows the state of the service, and sends resets.
import { connectAnswer, showAnswer } from './answer.js';
import { create, find, update } from './dom.js';
import { postJson, sendReset } from './exchange.js';
import { describeReset, readForm, resetForm } from './reset-form.js';
import { ageEvents, connectEvents, showEvents } from './timeline.js';
import { chooseToken, forgetToken } from './tokens.js';
import { fillCard, listChanges } from './user-card.js';

/** @typedef {import('./user-card.js').UserState} UserState */
/** @typedef {import('./reset-form.js').User & { restores: number }} User */
/** @typedef {{ issuesTokens: boolean, maxAttempts: number, users: User[], events: import('./timeline.js').Entry[] }} Overview */

/** Milliseconds: changes that follow each other faster are shown as one, such as the two writes of a reset. */
const oneChange = 1_000;

/** @type {Overview} */
let overview = { issuesTokens: true, maxAttempts: 0, users: [], events: [] };
/** The chosen user's id. @type {string | undefined} */
let chosenId;
/** By user id: the state before the latest change, and when it began. @type {Map<string, { state: UserState | undefined, at: number }>} */
const before = new Map();
/** The latest exchange by user id, and what it changed. @type {Map<string, import('./answer.js').Outcome & { since: object }>} */
const exchanges = new Map();
/** @type {Map<string, HTMLElement>} */
const cards = new Map();

/** Whether a pointer is pressed. Until it is released nothing changes, so that what is pressed stays under it. */
let isPressed = false;
/** What runs, such as `reset alice`. @type {Set<string>} */
const running = new Set();

connectAnswer();
connectEvents();
find('#restore').addEventListener('click', () => {
  resetForm(findChosen());
  run('restore', restore);
});
find('#again').addEventListener('click', () => run('reset', repeat));
find('#reset form').addEventListener('submit', (event) => {
  event.preventDefault();
  const input = readForm();
  run('reset', (user) => reset(user, input));
});
find('#reset form').addEventListener('change', render);
window.addEventListener('pointerdown', ({ button }) => (isPressed = button === 0), true);
for (const type of ['pointerup', 'pointercancel', 'blur']) {
  window.addEventListener(type, () => {
    isPressed = false;
    // After the click.
    setTimeout(render);
  });
}
follow();

/** Follows the state of the service. After `npm start` has been started again, the page begins anew too. */
function follow() {
  const source = new EventSource('/~local/live');
  let wasLost = false;
  source.addEventListener('open', () => wasLost && location.reload());
  source.addEventListener('message', ({ data }) => {
    showTrouble('');
    receive(JSON.parse(data));
  });
  source.addEventListener('trouble', () =>
    showTrouble('The table does not answer. The page goes on when it does.'),
  );
  source.addEventListener('error', () => {
    wasLost = true;
    showTrouble('npm start has ended. The page goes on when it runs again.');
  });
}

/** @param {string} text */
function showTrouble(text) {
  update(find('#trouble'), text);
  find('#trouble').hidden = text === '';
}

/** @param {Overview} next */
function receive(next) {
  const known = new Map(overview.users.map((user) => [user.userId, user]));
  for (const user of next.users) note(known.get(user.userId), user);
  overview = next;
  find('[data-for=token]').hidden = !next.issuesTokens;
  find('[data-for=pasted-token]').hidden = next.issuesTokens;
  if (chosenId === undefined) createCards();
  render();
}

/**
 * Notes how a user has changed.
 *
 * @param {User | undefined} known
 * @param {User} user
 */
function note(known, { userId, state, restores }) {
  if (known === undefined) return;
  if (known.restores !== restores) {
    exchanges.delete(userId);
    before.delete(userId);
    forgetToken(userId);
  } else if (JSON.stringify(known.state) !== JSON.stringify(state)) {
    const { at = 0 } = before.get(userId) ?? {};
    if (Date.now() - at > oneChange) before.set(userId, { state: known.state, at: Date.now() });
  }
}

function createCards() {
  for (const { userId } of overview.users) {
    const card = create('button', { type: 'button', class: 'card', 'data-user': userId });
    card.addEventListener('click', () => choose(userId));
    cards.set(userId, card);
    find('#users ul').append(create('li', {}, card));
  }
  const [first] = overview.users;
  find('#no-users').hidden = first !== undefined;
  for (const part of ['#users', '#middle']) find(part).hidden = first === undefined;
  if (first !== undefined) choose(first.userId);
}

/** @param {string} userId */
function choose(userId) {
  if (userId === chosenId) return;
  chosenId = userId;
  resetForm(findChosen());
  render();
}

function findChosen() {
  return findUser(chosenId);
}

/** @param {string | undefined} userId */
function findUser(userId) {
  return /** @type {User} */ (overview.users.find((user) => user.userId === userId));
}

function render() {
  if (isPressed) return;
  const { users, maxAttempts, events } = overview;
  showEvents(events);
  for (const { userId, state } of users) {
    const card = cards.get(userId);
    if (card === undefined) continue;
    card.setAttribute('aria-current', String(userId === chosenId));
    fillCard(card, userId, state, before.get(userId)?.state, maxAttempts);
  }
  if (chosenId === undefined) return;
  const user = findChosen();
  describeReset(user, maxAttempts);
  const latest = exchanges.get(chosenId);
  const since = before.get(chosenId);
  // A later change by somebody else is not this exchange's.
  if (latest !== undefined && latest.since === since) {
    latest.changes = listChanges(since?.state, user.state, maxAttempts);
    latest.isRepeated = since?.state?.lastReset?.id === user.state?.lastReset?.id;
  }
  showAnswer(latest);
  find('#again').toggleAttribute('disabled', latest === undefined);
  find('#reset').ariaBusy = running.size > 0 ? 'true' : null;
  find('#answer').ariaBusy = running.has(`reset ${chosenId}`) ? 'true' : null;
}

let finished = Promise.resolve();

/**
 * Runs an action for the chosen user, after the ones before it. The same one again meanwhile does nothing.
 *
 * @param {'reset' | 'restore'} name
 * @param {(user: User) => Promise<void>} action
 */
function run(name, action) {
  const { userId } = findChosen();
  const key = `${name} ${userId}`;
  if (running.has(key)) return;
  running.add(key);
  render();
  finished = finished.then(async () => {
    await action(findUser(userId)).catch((error) => showTrouble(`Is npm start still running? ${error}`));
    running.delete(key);
    render();
    if (name === 'reset' && userId === chosenId) find('#answer').scrollIntoView({ block: 'nearest' });
  });
}

/**
 * @param {User} user
 * @param {ReturnType<typeof readForm>} input
 */
async function reset({ userId, state }, { tokenChoice, pastedToken, ...parts }) {
  const token = overview.issuesTokens
    ? await chooseToken(tokenChoice, userId, state?.tokensValidFrom)
    : pastedToken || undefined;
  await exchangeFor(userId, { token, ...parts });
}

/** Sends the user's latest request again. @param {User} user */
async function repeat({ userId }) {
  const latest = exchanges.get(userId);
  if (latest !== undefined) await exchangeFor(userId, latest.exchange.request);
}

/**
 * @param {string} userId
 * @param {import('./exchange.js').ResetRequest} request
 */
async function exchangeFor(userId, request) {
  ageEvents();
  const since = { state: findUser(userId).state, at: Number.POSITIVE_INFINITY };
  before.set(userId, since);
  try {
    exchanges.set(userId, { exchange: await sendReset(request), since, changes: [], isRepeated: false });
  } finally {
    since.at = Date.now();
  }
}

/** @param {User} user */
async function restore({ userId }) {
  await postJson(`users/${encodeURIComponent(userId)}/restore`);
}
