// Which Authorization headers hold one Bearer token, and how others are refused.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyToken } from '../../../../../lambda/reset/http/middleware/verify-token.ts';

const verified = { userId: 'alice', tokenId: 'id', issuedAt: 1 };

/** The token that is passed on to be verified, or else the code and reason of the refusal. */
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

describe('a Bearer token is read from', () => {
  it.each(['Bearer abc', 'bearer abc', 'BEARER   abc', '  Bearer abc  '])('%j', async (value) => {
    expect(await read(value)).toEqual(['abc']);
  });

  it.each(['a.b.c', 'a-b_c~d+e/f', 'abc=', 'abc=='])(
    'one with any character that RFC 6750 allows: %s',
    async (token) => {
      expect(await read(`Bearer ${token}`)).toEqual([token]);
    },
  );
});

it('derives keys from the token that cannot be computed without it', async () => {
  const { before } = verifyToken(async () => verified);
  const event = { headers: new Map([['authorization', ['Bearer abc']]]) };
  await before?.({ event } as never);
  const { deriveKey, ...rest } = event as unknown as { deriveKey(purpose: string): Buffer };
  expect(rest).toMatchObject({ accessToken: verified });
  expect(deriveKey('salt')).toEqual(createHmac('sha256', 'abc').update('salt').digest());
});

describe('a Bearer token is missing from', () => {
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

describe('a header with several tokens, or one that is not a token, is refused:', () => {
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
