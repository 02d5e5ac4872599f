// The tokens of real issuers, under the settings that docs/issuers.md gives for them.
import { expect, it } from 'vitest';
import { createVerifyAccessToken } from '../../../../lambda/reset/adapters/access-token.ts';
import { openSigningKeys } from '../../../../lambda/reset/adapters/signing-keys.ts';
import { loadConfig } from '../../../../lambda/reset/config.ts';
import { type IssuerShape, issuerShapes, issueToken } from '../../../support/issuer-shapes.ts';
import { createRecorder } from '../../../support/recorder.ts';

/** `204`, or the code of the refusal with its reason. */
async function judge(shape: IssuerShape): Promise<string> {
  const { token, jwks } = await issueToken(shape, Math.floor(Date.now() / 1_000));
  const { tokenIssuer } = loadConfig({
    TABLE_NAME: 'users',
    PIN_PEPPER_SECRET_ID: 'pepper',
    TOKEN_ISSUER: shape.issuer,
    TOKEN_AUDIENCE: shape.audience,
    TOKEN_JWKS: JSON.stringify(jwks),
    ...shape.settings,
  });
  const { logger, lines } = createRecorder();
  const keys = await openSigningKeys(tokenIssuer, logger);
  expect(lines).toEqual([]);
  return createVerifyAccessToken(
    tokenIssuer,
    keys,
    Date.now,
  )(token).then(
    () => '204',
    ({ code, reason }) => [code, reason].filter(Boolean).join(': '),
  );
}

it.each(issuerShapes)('$name: $expected', async (shape) => {
  const { expected, reason } = shape;
  expect(await judge(shape)).toBe(reason === undefined ? expected : `${expected}: ${reason}`);
});
