// The pepper keys: their format, how long they are kept, and how they are fetched.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { createPepperLoader, fetchSecretText, parsePeppers } from '../../lambda/pepper.ts';
import { keepBusy } from '../support/keep-busy.ts';
import { type FaultProxy, startSecretsManager } from '../support/proxy.ts';

const key = (letter: string) => letter.repeat(32);

describe('format', () => {
  it('is a flat object of keys and the name of the current one', () => {
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
    ['no JSON', 'x', /JSON object/],
    ['no object', '[]', /JSON object/],
    ['null', 'null', /JSON object/],
    ['no current', { k1: key('a') }, /"current"/],
    ['current that names no key', { current: 'k2', k1: key('a') }, /"current"/],
    ['current by another type', { current: 1, 1: key('a') }, /"current"/],
    ['a short key', { current: 'k1', k1: key('a').slice(1) }, /"k1" must be a string of at least 32/],
    ['a key that is no string', { current: 'k1', k1: 1 }, /"k1" must be a string/],
    ['a name with a stray character', { current: 'k-1', 'k-1': key('a') }, /letters and digits/],
    ['a name too long for a keyid', { current: 'k12345678901', k12345678901: key('a') }, /1 to 11/],
    [
      'one key under two names',
      { current: 'k2', k1: key('a'), k2: key('a') },
      /keys "k1" and "k2" are the same/,
    ],
    [
      'one name with two keys',
      `{"current":"k1","k1":"${key('a')}","k1":"${key('b')}"}`,
      /the same name twice/,
    ],
    ['two current ones', `{"current":"k2","k1":"${key('a')}","current":"k1"}`, /the same name twice/],
  ])('refuses %s', (_name, value, message) => {
    expect(() => parsePeppers(typeof value === 'string' ? value : JSON.stringify(value))).toThrow(message);
  });
});

it('takes keys and names with everything in them that JSON allows', () => {
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

describe('loader', () => {
  function createFixture() {
    const fixture = {
      clock: 0,
      fetches: 0,
      secret: JSON.stringify({ current: 'k1', k1: key('a') }) as string | Error,
    };
    const load = createPepperLoader(
      async () => {
        fixture.fetches++;
        if (fixture.secret instanceof Error) throw fixture.secret;
        return fixture.secret;
      },
      () => fixture.clock,
    );
    return { fixture, load };
  }

  it('fetches once for all who ask at once, and again after five minutes', async () => {
    const { fixture, load } = createFixture();
    await Promise.all([load(), load(), load()]);
    fixture.clock = 299_999;
    await load();
    expect(fixture.fetches).toBe(1);
    fixture.clock = 300_000;
    await load();
    expect(fixture.fetches).toBe(2);
  });

  it('notices a rotation at once when asked to look again', async () => {
    const { fixture, load } = createFixture();
    await load();
    fixture.secret = JSON.stringify({ current: 'k2', k1: key('a'), k2: key('b') });
    expect((await load()).current).toBe('k1');
    expect((await load({ refresh: true })).current).toBe('k2');
  });

  it('goes on with the last good keys while the secret cannot be had', async () => {
    const { fixture, load } = createFixture();
    await load();
    fixture.secret = new Error('unreachable');
    fixture.clock = 300_000;
    expect((await load()).current).toBe('k1');
  });

  it('fails where there were never any, and tries again the next time', async () => {
    const { fixture, load } = createFixture();
    const good = fixture.secret;
    fixture.secret = new Error('unreachable');
    await expect(load()).rejects.toMatchObject({
      name: 'PepperUnavailableError',
      message: 'The pepper keys could not be had',
      cause: fixture.secret,
    });
    fixture.secret = good;
    expect((await load()).current).toBe('k1');
  });
});

describe('AWS Secrets Manager', () => {
  let secrets: FaultProxy;
  /** What was asked for. */
  const asked: { readonly SecretId?: unknown }[] = [];
  beforeAll(async () => {
    secrets = await startSecretsManager(() => 'text');
    secrets.intercept = async ({ body, response }) => {
      const input = JSON.parse(body);
      asked.push(input);
      if (input.SecretId === 'binary') response.end('{"SecretBinary":"AAAA"}');
      if (input.SecretId === 'is working on it') keepBusy(response);
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

  it('is asked for the secret by its id, and gives its text', async () => {
    expect(await fetchSecretText('the/id')).toBe('text');
    expect(asked).toEqual([{ SecretId: 'the/id' }]);
  });

  it('gives an empty text where the secret is none', async () => {
    expect(await fetchSecretText('binary')).toBe('');
  });

  it.concurrent.each(['hangs', 'is working on it'])(
    'is given up after two attempts of a second where it %s',
    { timeout: 8_000 },
    async (id) => {
      const startedAt = performance.now();
      await expect(fetchSecretText(id)).rejects.toThrow();
      expect(performance.now() - startedAt).toBeLessThan(4_000);
      expect(asked.filter(({ SecretId }) => SecretId === id)).toHaveLength(2);
    },
  );

  it('is left without an open connection', { timeout: 5_000 }, async () => {
    const server = createServer((_request, response) => response.end('{"SecretString":"text"}'));
    // It would keep a connection for as long as its client does.
    server.keepAliveTimeout = 0;
    process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = await listen(server, 0, 'PORT');
    const opened = once(server, 'connection');
    await fetchSecretText('the/id');
    const [connection] = await opened;
    await once(connection, 'close');
    server.close();
  });
});

it('says what is wrong with a list, too', () => {
  expect(() => parsePeppers('["x"]')).toThrow('must be a JSON object');
  expect(() => parsePeppers('"x"')).toThrow('must be a JSON object');
});
