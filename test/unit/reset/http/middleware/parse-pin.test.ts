// Which PIN the middleware sets, and which strings are PIN verifiers.
import { describe, expect, it } from 'vitest';
import { parseVerifier } from '../../../../../lambda/reset/domain/recovery-pin.ts';
import { parsePin } from '../../../../../lambda/reset/http/middleware/parse-pin.ts';

const { before } = parsePin();

function request(query: [string, string[]][], content: object, headers: [string, string[]][] = []) {
  return { event: { query: new Map(query), headers: new Map(headers), content } } as unknown as {
    event: { pin?: string };
    error?: unknown;
  };
}

async function run(exchange: object): Promise<void> {
  await before?.(exchange as never);
}

describe('the middleware for the PIN', () => {
  it.each<[[string, string[]][], object, string | undefined]>([
    [[], {}, undefined],
    [[['x', ['5621']]], { password: 'x' }, undefined],
    [[['pin', ['5621']]], {}, '5621'],
    [[], { pin: '5621' }, '5621'],
    [[['ping', ['1']]], { pin: '0000' }, '0000'],
  ])('reads query %j and body %j as PIN %s', async (query, content, pin) => {
    const exchange = request(query, content);
    await run(exchange);
    expect(exchange.event.pin).toBe(pin);
  });

  it('refuses a PIN in a header', async () => {
    const exchange = request([['pin', ['5621']]], {}, [['x-pin', ['5621']]]);
    await expect(run(exchange)).rejects.toThrow('recovery-pin-malformed');
  });
});

describe('the format of a PIN verifier', () => {
  const b64 = (length: number) => 'A'.repeat(length);
  const make = ({
    start = '$argon2id$v=19$',
    cost = 'm=19456,t=2,p=1',
    keyId = 'k1',
    salt = b64(22),
    tag = b64(43),
    end = '',
  }) => `${start}${cost},keyid=${keyId}$${salt}$${tag}${end}`;

  it.each<Parameters<typeof make>[0]>([
    {},
    { cost: 'm=8,t=1,p=1' },
    { cost: 'm=65536,t=10,p=4' },
    { keyId: 'k' },
    { keyId: 'K2345678901' },
    { salt: b64(11), tag: b64(22) },
    { salt: `${b64(84)}+/`, tag: `${b64(84)}z9` },
  ])('allows %j', (parts) => {
    expect(parseVerifier(make(parts)).keyId).toBe(parts.keyId ?? 'k1');
  });

  it.each<Parameters<typeof make>[0]>([
    { start: 'x$argon2id$v=19$' },
    { start: '$argon2i$v=19$' },
    { start: '$argon2id$v=16$' },
    { cost: 'm=100000,t=2,p=1' },
    { cost: 'm=abcd,t=2,p=1' },
    { cost: 'm=19456,t=,p=1' },
    { cost: 'm=19456,t=100,p=1' },
    { cost: 'm=19456,t=x,p=1' },
    { cost: 'm=19456,t=2,p=10' },
    { cost: 'm=19456,t=2,p=' },
    { cost: 'm=19456,t=2,p=x' },
    { keyId: '' },
    { keyId: 'k23456789012' },
    { keyId: 'k-1' },
    { salt: b64(10) },
    { salt: b64(87) },
    { salt: `${b64(21)}-` },
    { tag: b64(21) },
    { tag: b64(87) },
    { tag: `${b64(42)}_` },
    { end: '=' },
    { end: '\n' },
  ])('does not allow %j', (parts) => {
    expect(() => parseVerifier(make(parts)).keyId).toThrow('is not a PHC string of Argon2id with a keyid');
  });
});
