// docs/test-vectors.json, for checking implementations in other languages: made here by the reference code, renewed by
// `npx vitest run test/vectors/test-vectors.test.ts -u`, and checked with Python by `npm run test:vectors`.
import type { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { defaultMinPasswordLength, prepareNewPassword } from '../../lambda/reset/domain/new-password.ts';
import {
  createPinVerifier,
  digestAttempt,
  parseVerifier,
  verifyPin,
} from '../../lambda/reset/domain/recovery-pin.ts';
import { replaceInCrypto } from '../support/replaced-crypto.ts';

/** In place of random ones. */
let nextBytes: Buffer;
replaceInCrypto({ randomBytes: (() => nextBytes) as typeof randomBytes });

const file = '../../docs/test-vectors.json';

/** The pepper's secret as it is stored. The second key has characters of more than one byte. */
const peppers = {
  current: 'k2',
  k1: 'the first pepper of the test vectors, kept nowhere',
  k2: 'der zweite Pfeffer für die Prüfwerte, größer als nötig',
};
const parsedPeppers = parsePeppers(JSON.stringify(peppers));
const salt = (letter: string) => Buffer.from(letter.repeat(16));

const users: [userId: string, pin: string, keyId: string, salt: Buffer][] = [
  ['alice', '5621', 'k1', salt('a')],
  ['alice', '5621', 'k2', salt('b')],
  ['bob', '0042', 'k2', Buffer.alloc(16)],
  // Composed and decomposed: user ids are not normalised, so these are two users.
  ['auth0|zo\u00eb', '8305', 'k2', salt('d')],
  ['auth0|zoe\u0308', '8305', 'k2', salt('d')],
  ['x'.repeat(255), '9071', 'k2', Buffer.alloc(16, 0xff)],
];

const passwords: [password: string, salt: Buffer][] = [
  ['five hushed otters paddle upstream', salt('e')],
  [' blanks around it, and \u00a0 within ', salt('f')],
  ['pa\u00dfwort f\u00fcr \u00c4rzte und \u00d6ltanks', salt('g')],
  // The same password with combining marks, which has the same hash.
  ['pa\u00dfwort fu\u0308r A\u0308rzte und O\u0308ltanks', salt('g')],
  // NFC replaces the Angstrom sign by a letter, and keeps compatibility characters such as the ligature.
  ['\u212bngstr\u00f6m and the \ufb01fth pebble', salt('h')],
  // Decomposed Hangul, and marks in another order than the canonical one.
  ['\u1112\u1161\u11ab\u1100\u1173\u11af and q\u0307\u0323 with a tail', salt('i')],
  ['\u{1f469}\u200d\u{1f680} rides \u{1f9a6} past \u{1d11e}', salt('j')],
  ['otter '.repeat(20).padEnd(128, '!'), salt('k')],
];

async function makeVectors() {
  const pins = [];
  for (const [userId, pin, keyId, pinSalt] of users) {
    const byKey = { ...parsedPeppers, current: keyId };
    nextBytes = pinSalt;
    pins.push({
      userId,
      pin,
      keyId,
      salt: pinSalt.toString('hex'),
      verifier: await createPinVerifier(byKey, userId, pin),
      attemptDigest: digestAttempt(byKey, userId, pin),
    });
  }
  const newPasswords = [];
  for (const [password, hashSalt] of passwords) {
    const { hash } = await prepareNewPassword(password, 'alice', defaultMinPasswordLength, () => hashSalt);
    newPasswords.push({
      password,
      normalizedUtf8: Buffer.from(password.normalize('NFC')).toString('hex'),
      salt: hashSalt.toString('hex'),
      hash,
    });
  }
  return { peppers, pins, passwords: newPasswords };
}

/** JSON in ASCII, so that no editor and no repository normalises the strings. */
function toAscii(value: unknown): string {
  const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(value, null, 2).replace(/[^\x20-\x7e\n]/g, escaped)}\n`;
}

it('the test vectors are up to date with the reference code', async () => {
  await expect(toAscii(await makeVectors())).toMatchFileSnapshot(file);
});

it('the verifiers of the test vectors match only their own PIN of their own user', async () => {
  const { pins } = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Awaited<
    ReturnType<typeof makeVectors>
  >;
  expect(pins).toHaveLength(users.length);
  for (const { userId, pin, keyId, verifier } of pins) {
    const outdated = keyId !== peppers.current;
    expect(await verifyPin(parsedPeppers, userId, pin, parseVerifier(verifier))).toEqual({
      matches: true,
      outdated,
    });
    expect(await verifyPin(parsedPeppers, userId, '1357', parseVerifier(verifier))).toEqual({
      matches: false,
      outdated,
    });
    expect(await verifyPin(parsedPeppers, 'carol', pin, parseVerifier(verifier))).toEqual({
      matches: false,
      outdated,
    });
  }
});
