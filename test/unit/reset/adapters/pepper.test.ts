// The pepper keys: their format, how long they are kept, and how they are fetched.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../../../infra/local/listen.ts';
import {
  createPepperLoader,
  fetchSecretText,
  parsePeppers,
} from '../../../../lambda/reset/adapters/pepper.ts';
import { keepBusy, trickle } from '../../../support/keep-busy.ts';
import { type FaultProxy, startSecretsManager } from '../../../support/proxy.ts';

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
    ['one key under two names', { current: 'k2', k1: key('a'), k2: key('a') }, /a name or a key twice/],
    [
      'one name with two keys',
      `{"current":"k1","k1":"${key('a')}","k1":"${key('b')}"}`,
      /a name or a key twice/,
    ],
    ['two current ones', `{"current":"k2","k1":"${key('a')}","current":"k1"}`, /a name or a key twice/],
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

  it('fetches once, and again when asked to look again, at most every ten seconds', async () => {
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

  it('notices a rotation after five minutes', async () => {
    const { fixture, load } = createFixture();
    await load();
    fixture.secret = JSON.stringify({ current: 'k2', k1: key('a'), k2: key('b') });
    fixture.clock = 300_000;
    expect((await load()).current).toBe('k2');
  });

  it.each<[string, string | Error, object]>([
    ['cannot be fetched', new Error('unreachable'), { message: 'unreachable' }],
    ['is malformed', '{}', { code: 'SECRET_MALFORMED' }],
  ])('goes on with the last good keys while the secret %s, and tells that', async (_what, secret, cause) => {
    const { fixture, failures, load } = createFixture();
    await load();
    fixture.secret = secret;
    fixture.clock = 300_000;
    expect((await load()).current).toBe('k1');
    expect(failures).toMatchObject([{ name: 'PepperUnavailableError', cause }]);
    const [{ cause: told }] = failures as [Error & { cause: Error }];
    expect(told.cause === undefined).toBe(secret instanceof Error);
  });

  it('fails where there were never any', async () => {
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
  /** What was asked for. */
  const asked: { readonly SecretId?: unknown }[] = [];
  let trickling = 0;
  beforeAll(async () => {
    secrets = await startSecretsManager(() => 'text');
    secrets.intercept = async ({ body, response }) => {
      const input = JSON.parse(body);
      asked.push(input);
      if (input.SecretId === 'binary') response.end('{"SecretBinary":"AAAA"}');
      if (input.SecretId === 'is working on it') keepBusy(response);
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

  it('is asked for the secret by its id, and gives its text', async () => {
    expect(await fetchSecretText('the/id')).toBe('text');
    expect(asked).toEqual([{ SecretId: 'the/id' }]);
  });

  it('gives an empty text where the secret is none', async () => {
    expect(await fetchSecretText('binary')).toBe('');
  });

  it.concurrent.each(['hangs', 'is working on it'])(
    'is given up after two attempts and a second and a half where it %s',
    { timeout: 8_000 },
    async (id) => {
      const startedAt = performance.now();
      await expect(fetchSecretText(id)).rejects.toThrow();
      expect(performance.now() - startedAt).toBeLessThan(2_500);
      expect(asked.filter(({ SecretId }) => SecretId === id)).toHaveLength(2);
    },
  );

  it('is given up when its caller says so, half-way through an answer too', async () => {
    const startedAt = performance.now();
    await expect(fetchSecretText('trickles', AbortSignal.timeout(300))).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    await expect.poll(() => trickling).toBe(0);
    expect(asked.filter(({ SecretId }) => SecretId === 'trickles')).toHaveLength(1);
  });

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
