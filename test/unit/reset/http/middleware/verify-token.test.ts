// What counts as a Bearer token, and what the log says of what does not.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyToken } from '../../../../../lambda/reset/http/middleware/verify-token.ts';

const verified = { userId: 'alice', tokenId: 'id', issuedAt: 1 };

/** The token that is handed on to be verified, else the code and reason of the refusal. */
async function read(...values: string[]): Promise<unknown> {
  const tokens: string[] = [];
  const { before } = verifyToken(async (token) => {
    tokens.push(token);
    return verified;
  });
  const event = { headers: new Map(values.length > 0 ? [['authorization', values]] : []) };
  try {
    await before?.({ event } as never);
    return tokens;
  } catch (error) {
    expect(tokens).toEqual([]);
    const { code, reason } = error as { code: string; reason?: string };
    return reason === undefined ? code : `${code}: ${reason}`;
  }
}

describe('one Bearer token', () => {
  it.each(['Bearer abc', 'bearer abc', 'BEARER   abc', '  Bearer abc  '])('%j', async (value) => {
    expect(await read(value)).toEqual(['abc']);
  });

  it.each(['a.b.c', 'a-b_c~d+e/f', 'abc=', 'abc=='])(
    'in any of the characters of RFC 6750: %s',
    async (token) => {
      expect(await read(`Bearer ${token}`)).toEqual([token]);
    },
  );
});

it('hands on keys that nobody can make without the token', async () => {
  const { before } = verifyToken(async () => verified);
  const event = { headers: new Map([['authorization', ['Bearer abc']]]) };
  await before?.({ event } as never);
  const { deriveKey, ...rest } = event as unknown as { deriveKey(purpose: string): Buffer };
  expect(rest).toMatchObject({ accessToken: verified });
  expect(deriveKey('salt')).toEqual(createHmac('sha256', 'abc').update('salt').digest());
});

describe('none', () => {
  it.each([
    [],
    [''],
    ['Bearer'],
    ['Bearer '],
    ['Basic abc'],
    ['abc'],
    ['xBearer abc'],
    ['Bearerabc'],
    ['x', 'y'],
  ])('%j, %j', async (...values) => {
    expect(await read(...values)).toBe('token-missing');
  });
});

describe('more than one, or no token', () => {
  it.each([
    ['Bearer abc', 'Bearer abc'],
    ['Basic abc', 'Bearer abc'],
    ['Bearer abc', ''],
    ['Bearer\tabc'],
    ['Bearer abc def'],
    ['Bearer abc, Bearer abc'],
    ['Bearer =abc'],
    ['Bearer a=b'],
    ['Bearer é'],
  ])('%j, %j', async (...values) => {
    expect(await read(...values)).toBe('token-invalid: not exactly one Bearer token');
  });
});
