// DynamoDB refuses items above 400 KB: how much a reset can add to an item, which other writers must leave free.
import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';
import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { type Item, startService, type TestService } from '../support/service.ts';

useQuickArgon2();

/** Bytes that other writers must leave free (docs/data-model.md). */
const headroom = 2_048;
const maxItemSize = 400 * 1024;
const password = 'five hushed otters paddle upstream';
/** Three wrong PINs, the third of which locks the PIN and adds the mark of the lock. */
const wrongPins = ['1000', '1001', '1002'];

const oldKey = 'the old pepper, at least thirty-two characters';
// The longest allowed name of a key, for the longest renewed verifier.
const peppers = { current: 'abcdefghijk', abcdefghijk: 'x'.repeat(32), k: oldKey };

/** The shortest valid verifier, which grows most when it is renewed. */
async function shortestVerifier(userId: string, pin: string): Promise<string> {
  const nonce = Buffer.alloc(8, 1);
  const cost = { memory: 8, passes: 1, parallelism: 1 };
  const keyed = { secret: Buffer.from(oldKey), associatedData: Buffer.from(userId) };
  const input = { message: Buffer.from(pin), nonce, ...cost, ...keyed, tagLength: 16 };
  const tag = await promisify(argon2)('argon2id', input);
  const b64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=8,t=1,p=1,keyid=k$${b64(nonce)}$${b64(tag)}`;
}

let service: TestService;
/** Length of the padding that fills the item of a user without a reset up to the last byte. */
let fullPadding: number;

beforeAll(async () => {
  service = await startService({ PIN_PEPPER: JSON.stringify(peppers) });
  fullPadding = await largest(0, maxItemSize, async (padding) => canStore(await userWith(padding)));
}, 60_000);
afterAll(() => service.close());

/** An item without any attribute that a reset adds, and without payment methods that it could clear. */
async function userWith(padding: number): Promise<Item> {
  return {
    userId: { S: 'alice' },
    status: { S: 'active' },
    pinVerifier: { S: await shortestVerifier('alice', '5621') },
    profile: { S: 'x'.repeat(padding) },
  };
}

/** Whether the engine stores an item of this size. */
async function canStore(item: Record<string, AttributeValue>): Promise<boolean> {
  try {
    await service.client.send(new PutItemCommand({ TableName: service.tableName, Item: item }));
    return true;
  } catch (error) {
    expect((error as Error).message).toContain('size has exceeded the maximum allowed size');
    return false;
  }
}

/** The largest integer that is good, given that `low` is good and `high` is not. */
async function largest(
  low: number,
  high: number,
  isGood: (number: number) => Promise<boolean>,
): Promise<number> {
  if (high - low === 1) return low;
  const middle = Math.floor((low + high) / 2);
  return (await isGood(middle)) ? largest(middle, high, isGood) : largest(low, middle, isGood);
}

/** A reset by a new token with a jti of 255 characters; with a body it sets a new password. */
async function reset(pin: string | undefined, body?: object): Promise<string> {
  const more = body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const token = await service.token('alice', { jti: '€'.repeat(255) });
  return (await service.reset(token, pin === undefined ? '' : `?pin=${pin}`, more)).code;
}

async function lockPin(): Promise<void> {
  for (const pin of wrongPins) expect(await reset(pin)).toBe('recovery-pin-mismatch');
  expect((await service.item('alice'))?.pinLock).toBeDefined();
}

it.each([
  ['without a PIN', [], undefined, undefined],
  ['without a PIN, with a new password', [], undefined, { password }],
  ['with the PIN', [], '5621', undefined],
  ['with the PIN after two wrong ones, with a new password', ['1000', '1001'], '5621', { password }],
  ['without a PIN after three wrong ones', wrongPins, undefined, undefined],
  ['without a PIN after three wrong ones, with a new password', wrongPins, undefined, { password }],
])('a user with 2,048 free bytes can be reset %s', async (_way, wrong, pin, body) => {
  expect(await canStore(await userWith(fullPadding - headroom))).toBe(true);
  for (const one of wrong) expect(await reset(one)).toBe('recovery-pin-mismatch');
  expect(await reset(pin, body)).toBe('204');
  const item = await service.item('alice');
  expect(item?.lastReset?.M?.pinVerified).toEqual({ BOOL: pin !== undefined });
  expect(item?.pinLock === undefined).toBe(wrong.length < 3);
});

it('adds less than 700 bytes in all, over whatever a reset can leave behind', async () => {
  expect(await canStore(await userWith(fullPadding - headroom))).toBe(true);
  // Renews the verifier, which then keeps its length; everything else is added later.
  expect(await reset('5621', { password })).toBe('204');
  // A token that is issued in the second of a reset is revoked.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_000 });
  onTestFinished(() => void vi.useRealTimers());
  await lockPin();
  expect(await reset(undefined, { password })).toBe('204');
  const item = (await service.item('alice')) as Item;
  expect(Object.keys(item).sort()).toEqual([
    'lastReset',
    'passwordHash',
    'passwordResetAt',
    'paymentMethods',
    'pinGuesses',
    'pinLock',
    'pinVerifier',
    'profile',
    'status',
    'tokensValidFrom',
    'userId',
  ]);
  const now = await largest(0, maxItemSize, (padding) =>
    canStore({ ...item, profile: { S: 'x'.repeat(padding) } }),
  );
  const added = fullPadding - now;
  expect(added).toBeGreaterThan(400);
  expect(added).toBeLessThan(700);
});

it('a user without free bytes is answered 501 and stays unchanged', async () => {
  const full = await userWith(fullPadding);
  expect(await canStore(full)).toBe(true);
  expect(await reset(undefined, { password })).toBe('internal-error');
  expect(await reset('5621')).toBe('internal-error');
  expect(await service.item('alice')).toEqual(full);
});
