// Generated bodies of every kind: none is misread, only valid ones cause a write, and no secret is disclosed.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { scaled, scaledTimeout } from '../support/generated-cases.ts';
import { invoke, resetPath } from '../support/http-client.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { expectNoneOf } from '../support/secrets.ts';
import { composeWithoutUsers, type Item, startService, type TestService } from '../support/service.ts';

useQuickArgon2();

let service: TestService;
let untouched: Item;
let authorization: string;
beforeAll(async () => {
  service = await startService();
  await service.put({ userId: 'alice', pin: '5621', paymentMethods: { visa: {} } });
  untouched = (await service.item('alice')) as Item;
  // Valid in every case, since each begins with the item as it was.
  authorization = `Bearer ${await service.token('alice')}`;
});
afterAll(() => service.close());

interface Case {
  readonly body: string;
  readonly isBase64Encoded: boolean;
  /** Whether the payment methods must stay. */
  readonly keepsPaymentMethods: boolean;
  /** Whether a write is allowed. */
  readonly mayWrite: boolean;
  readonly secrets: readonly string[];
}

const goodPassword = fc
  .string({ unit: 'grapheme', minLength: 15, maxLength: 40 })
  .filter(
    (text) =>
      text.isWellFormed() &&
      !text.includes('\ufffd') &&
      [...text.normalize('NFC')].length >= 15 &&
      !/^(.+?)\1+$/su.test(text),
  );
const goodPin = fc.constantFrom('5621', '9073', '1357');
const badPin = fc.oneof(
  fc.constantFrom('', '562', '56210', ' 5621', '5621\n', '٥٦٢١', null, 5621, true, [], ['5621'], {}),
  fc.string({ maxLength: 6 }).filter((text) => !/^[0-9]{4}$/.test(text)),
);
const badPassword = fc.constantFrom(
  '',
  'fourteen chars',
  'passwordpassword',
  'alice in wonderland',
  null,
  15,
  [],
);
const badMembers = fc
  .dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 1 }), { minKeys: 1, maxKeys: 2 })
  .filter((members) => Object.keys(members).some((name) => name !== 'pin' && name !== 'password'));

const good = fc
  .record({ pin: goodPin, password: goodPassword }, { requiredKeys: [] })
  .map((members) => ({ members: members as Record<string, unknown>, mayWrite: true }));
const bad = fc
  .oneof(
    fc
      .tuple(fc.record({ password: goodPassword }, { requiredKeys: [] }), badPin)
      .map(([rest, pin]) => ({ ...rest, pin })),
    fc
      .tuple(fc.record({ pin: goodPin }, { requiredKeys: [] }), badPassword)
      .map(([rest, password]) => ({ ...rest, password })),
    fc
      .tuple(fc.record({ pin: goodPin }, { requiredKeys: [] }), badMembers)
      .map(([rest, members]) => ({ ...members, ...rest })),
  )
  .map((members) => ({ members: members as Record<string, unknown>, mayWrite: false }));

const objects: fc.Arbitrary<Case> = fc
  .record({ object: fc.oneof(good, bad), indent: fc.nat(3), isBase64Encoded: fc.boolean() })
  .map(({ object: { members, mayWrite }, indent, isBase64Encoded }) => {
    const json = JSON.stringify(members, null, indent);
    return {
      body: isBase64Encoded ? Buffer.from(json).toString('base64') : json,
      isBase64Encoded,
      keepsPaymentMethods: 'pin' in members,
      mayWrite,
      secrets: Object.values(members).filter((value) => typeof value === 'string'),
    };
  });

/** Text that is not an object of two strings, decoded from base64 or not. */
const garbage: fc.Arbitrary<Case> = fc
  .record({
    body: fc.oneof(
      fc.string({ minLength: 1, maxLength: 60 }),
      fc.json().filter((json) => !json.startsWith('{')),
      fc.constantFrom(
        '{"pin":"5621"',
        '{"pin":"5621","pin":"5621"}',
        "{'pin':'5621'}",
        'pin=5621',
        '{"pin":"5621"}x',
      ),
    ),
    isBase64Encoded: fc.boolean(),
  })
  .filter(({ body }) => !/^\s*\{\s*\}\s*$/.test(body))
  .map((text) => ({ ...text, keepsPaymentMethods: true, mayWrite: false, secrets: [] }));

/** A body for each answer, run before the generated ones, which do not cause every answer in every run. */
const examples: [Case][] = [
  { members: { pin: '5621' }, mayWrite: true },
  { members: { pin: '9073' }, mayWrite: true },
  { members: { pin: '562' }, mayWrite: false },
  { members: { Pin: '5621' }, mayWrite: false },
  { members: { password: 'fourteen chars' }, mayWrite: false },
  { members: { password: 'passwordpassword' }, mayWrite: false },
].map(({ members, mayWrite }) => [
  {
    body: JSON.stringify(members),
    isBase64Encoded: false,
    keepsPaymentMethods: true,
    mayWrite,
    secrets: Object.values(members),
  },
]);

const bodies = fc.oneof(objects, objects, garbage);

function eventOf({ body, isBase64Encoded }: Case) {
  const headers = { authorization, 'content-type': 'application/json' };
  return { httpMethod: 'PUT', path: resetPath, headers, body, isBase64Encoded };
}

/** The codes of the answers: without each of them the generated bodies would prove nothing. */
const seen = new Set<string>();
beforeEach(() => seen.clear());

it('every bad body is refused before the table is reached', { timeout: scaledTimeout }, async () => {
  const withoutUsers = await composeWithoutUsers();
  await fc.assert(
    fc.asyncProperty(
      bodies.filter(({ mayWrite }) => !mayWrite),
      async (one) => {
        withoutUsers.recorder.clear();
        const answer = await invoke(withoutUsers.handler, eventOf(one));
        expect(withoutUsers.calls).toEqual([]);
        expectNoneOf(one.secrets, [answer.body, withoutUsers.recorder.lines]);
        seen.add(answer.code);
      },
    ),
    { numRuns: scaled(60, 3_000), examples: examples.filter(([{ mayWrite }]) => !mayWrite) },
  );
  const codes = ['recovery-pin-malformed', 'body-malformed', 'password-too-short', 'password-compromised'];
  expect([...seen]).toEqual(expect.arrayContaining(codes));
});

it('every good body is read correctly', { timeout: scaledTimeout }, async () => {
  await fc.assert(
    fc.asyncProperty(
      bodies.filter(({ mayWrite }) => mayWrite),
      async (one) => {
        await service.client.send(new PutItemCommand({ TableName: service.tableName, Item: untouched }));
        service.recorder.clear();
        const answer = await invoke(service.handler, eventOf(one));
        expect(['204', 'recovery-pin-mismatch']).toContain(answer.code);
        if (one.keepsPaymentMethods)
          expect((await service.item('alice'))?.paymentMethods).toEqual(untouched.paymentMethods);
        expectNoneOf(one.secrets, [answer.body, service.recorder.lines]);
        seen.add(answer.code);
      },
    ),
    { numRuns: scaled(30, 1_000), examples: examples.filter(([{ mayWrite }]) => mayWrite) },
  );
  expect([...seen]).toEqual(expect.arrayContaining(['204', 'recovery-pin-mismatch']));
});
