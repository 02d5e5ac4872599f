// The pepper keys: their format, how long they are cached, and how they are fetched.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../../../infra/local/listen.ts';
import {
  createPepperLoader,
  fetchSecretText,
  parsePeppers,
} from '../../../../lambda/reset/adapters/pepper.ts';
import { sendInterimResponses, trickle } from '../../../support/keep-busy.ts';
import { type FaultProxy, startSecretsManager } from '../../../support/proxy.ts';
import { within } from '../../../support/within.ts';

const key = (letter: string) => letter.repeat(32);

describe('the format of the secret', () => {
  it('is a flat object of keys and the name of the current key', () => {
    const peppers = parsePeppers(JSON.stringify({ current: 'k2', k1: key('a'), k2: key('b') }));
    expect(peppers).toEqual({
      current: 'k2',
      keys: new Map([
        ['k1', key('a')],
        ['k2', key('b')],
      ]),
    });
  });

  it.each([
    ['text that is not JSON', 'x', /JSON object/],
    ['an array', '[]', /JSON object/],
    ['null', 'null', /JSON object/],
    ['a missing "current"', { k1: key('a') }, /"current"/],
    ['a "current" that names no key', { current: 'k2', k1: key('a') }, /"current"/],
    ['a "current" that is a number', { current: 1, 1: key('a') }, /"current"/],
    ['a short key', { current: 'k1', k1: key('a').slice(1) }, /"k1" must be a string of at least 32/],
    ['a key that is no string', { current: 'k1', k1: 1 }, /"k1" must be a string/],
    ['a name with a stray character', { current: 'k-1', 'k-1': key('a') }, /letters and digits/],
    ['a name too long for a keyid', { current: 'k12345678901', k12345678901: key('a') }, /1 to 11/],
    ['one key under two names', { current: 'k2', k1: key('a'), k2: key('a') }, /a name or a key twice/],
    [
      'two keys under the same name',
      `{"current":"k1","k1":"${key('a')}","k1":"${key('b')}"}`,
      /a name or a key twice/,
    ],
    ['two current ones', `{"current":"k2","k1":"${key('a')}","current":"k1"}`, /a name or a key twice/],
  ])('refuses %s', (_name, value, message) => {
    expect(() => parsePeppers(typeof value === 'string' ? value : JSON.stringify(value))).toThrow(message);
  });
});

it('reads keys and names with every character and escape that JSON allows', () => {
  const odd = `${key('a')}":,{}\\`;
  const json = JSON.stringify({ current: 'k1', k1: odd, k2: key('b') }, null, 2).replace(
    '"k2"',
    '"\\u006b2"',
  );
  expect([...parsePeppers(json).keys]).toEqual([
    ['k1', odd],
    ['k2', key('b')],
  ]);
});

describe('the loader of the pepper keys', () => {
  function createFixture() {
    const fixture = {
      clock: 0,
      fetches: 0,
      secret: JSON.stringify({ current: 'k1', k1: key('a') }) as string | Error,
    };
    const failures: Error[] = [];
    const load = createPepperLoader(
      async () => {
        fixture.fetches++;
        if (fixture.secret instanceof Error) throw fixture.secret;
        return fixture.secret;
      },
      { now: () => fixture.clock, onFailedRefresh: (error) => void failures.push(error) },
    );
    return { fixture, failures, load };
  }

  it('fetches once, and again for `refresh: true`, at most every ten seconds', async () => {
    const { fixture, load } = createFixture();
    await Promise.all([load(), load(), load()]);
    fixture.secret = JSON.stringify({ current: 'k2', k1: key('a'), k2: key('b') });
    fixture.clock = 9_999;
    expect([(await load({ refresh: true })).current, fixture.fetches]).toEqual(['k1', 1]);
    fixture.clock = 10_000;
    expect([(await load()).current, fixture.fetches]).toEqual(['k1', 1]);
    expect([(await load({ refresh: false })).current, fixture.fetches]).toEqual(['k1', 1]);
    expect([(await load({ refresh: true })).current, fixture.fetches]).toEqual(['k2', 2]);
  });

  it('fetches again after five minutes, and so notices a rotation', async () => {
    const { fixture, load } = createFixture();
    await load();
    fixture.secret = JSON.stringify({ current: 'k2', k1: key('a'), k2: key('b') });
    fixture.clock = 300_000;
    expect((await load()).current).toBe('k2');
  });

  it.each<[string, string | Error, object]>([
    ['cannot be fetched', new Error('unreachable'), { message: 'unreachable' }],
    ['is malformed', '{}', { code: 'SECRET_MALFORMED' }],
  ])('keeps using the last good keys while the secret %s, and reports that', async (_what, secret, cause) => {
    const { fixture, failures, load } = createFixture();
    await load();
    fixture.secret = secret;
    fixture.clock = 300_000;
    expect((await load()).current).toBe('k1');
    expect(failures).toMatchObject([{ name: 'PepperUnavailableError', cause }]);
    const [{ cause: told }] = failures as [Error & { cause: Error }];
    expect(told.cause === undefined).toBe(secret instanceof Error);
  });

  it('fails if no keys were ever fetched', async () => {
    const { fixture, load } = createFixture();
    fixture.secret = new Error('unreachable');
    await expect(load()).rejects.toMatchObject({
      name: 'PepperUnavailableError',
      message: 'The pepper keys could not be fetched',
      cause: fixture.secret,
    });
  });
});

describe('AWS Secrets Manager', () => {
  let secrets: FaultProxy;
  const inputs: { readonly SecretId?: unknown }[] = [];
  let trickling = 0;
  beforeAll(async () => {
    secrets = await startSecretsManager(() => 'text');
    secrets.intercept = async ({ body, response }) => {
      const input = JSON.parse(body);
      inputs.push(input);
      if (input.SecretId === 'binary') response.end('{"SecretBinary":"AAAA"}');
      if (input.SecretId === 'keeps sending interim responses') sendInterimResponses(response);
      if (input.SecretId === 'trickles') {
        trickle(response);
        trickling++;
        response.on('close', () => trickling--);
      }
      return input.SecretId !== 'the/id';
    };
  });
  beforeEach(() => {
    process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = secrets.endpoint;
  });
  afterAll(() => {
    secrets.close();
    delete process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER;
  });

  it('is called for the secret by its id, and returns its string', async () => {
    const callsBefore = inputs.length;
    expect(await fetchSecretText('the/id')).toBe('text');
    expect(inputs.slice(callsBefore)).toEqual([{ SecretId: 'the/id' }]);
  });

  it('returns an empty string if the secret is binary', async () => {
    expect(await fetchSecretText('binary')).toBe('');
  });

  it.concurrent.each(['hangs', 'keeps sending interim responses'])(
    'times out after two attempts and 1.5 seconds in all if it %s',
    async (id) => {
      await expect(within(4_000, fetchSecretText(id))).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(inputs.filter(({ SecretId }) => SecretId === id)).toHaveLength(2);
    },
  );

  it('is aborted by the signal of its caller, half-way through an answer too', async () => {
    const fetched = fetchSecretText('trickles', AbortSignal.timeout(300));
    await expect(within(4_000, fetched)).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => trickling).toBe(0);
    expect(inputs.filter(({ SecretId }) => SecretId === 'trickles')).toHaveLength(1);
  });

  it('has no open connection left after the call', async () => {
    const server = createServer((_request, response) => response.end('{"SecretString":"text"}'));
    // This server never closes an idle connection by itself.
    server.keepAliveTimeout = 0;
    process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = await listen(server, 0, 'PORT');
    const opened = once(server, 'connection');
    await fetchSecretText('the/id');
    const [connection] = await opened;
    await once(connection, 'close');
    server.close();
  });
});

it('refuses JSON that is not an object', () => {
  expect(() => parsePeppers('["x"]')).toThrow('must be a JSON object');
  expect(() => parsePeppers('"x"')).toThrow('must be a JSON object');
});
