// Requests that are refused before they change anything, whatever the table knows of the user.
import { type HttpRequest, resetPath } from '../support/http-client.ts';
import type { Random } from '../support/random.ts';
import type { SoakService } from './soak-service.ts';

const json = { 'Content-Type': 'application/json' };

/** Ways to mean a PIN that are refused. */
const malformedPins = [
  '?pin=',
  '?pin[]=5621',
  '?PIN=5621',
  '?pin=5621&pin=5621',
  '?pin=56211',
  '?pin=%EF%BC%95621',
  '?recoveryPin=5621',
  '?user[pin]=5621',
  '?5621',
];

/** Signed once for all users. */
const signed = new WeakMap<
  SoakService,
  Promise<Readonly<Record<'expired' | 'unknownKey' | 'nobody', string>>>
>();

async function signAll({ signer }: SoakService) {
  return {
    expired: await signer.sign({ sub: 'nobody', iat: 1, exp: 2 }),
    unknownKey: await signer.sign({ sub: 'nobody' }, { kid: 'nobody' }),
    nobody: await signer.sign({ sub: 'nobody', exp: 4_000_000_000 }),
  };
}

/**
 * Creates a hostile request.
 *
 * @param token - a token whose signature and claims are good
 * @returns the code of the answer that it must get, and the request
 */
export async function createHostileRequest(
  service: SoakService,
  random: Random,
  token: string,
): Promise<readonly [string, HttpRequest]> {
  const tokens = signed.get(service) ?? signAll(service);
  signed.set(service, tokens);
  const { expired, unknownKey, nobody } = await tokens;
  const reset = (authorization: string | undefined, query = '', more: Partial<HttpRequest> = {}) => ({
    path: resetPath + query,
    ...more,
    headers: { ...(authorization && { Authorization: authorization }), ...more.headers },
  });
  const good = `Bearer ${token}`;
  const [head, claims, signature = ''] = token.split('.');
  const otherSignature = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
  return random.pick([
    ['token-missing', reset(undefined)],
    ['token-missing', reset(undefined, '?pin=5621')],
    ['token-missing', reset(`Basic ${token}`)],
    ['token-invalid', reset('Bearer a.b.c')],
    ['token-invalid', reset(`Bearer ${'x'.repeat(9_000)}`)],
    ['token-invalid', reset(`Bearer ${head}.${claims}.${otherSignature}`)],
    ['token-invalid', reset(`Bearer ${unknownKey}`, '?pin=5621')],
    ['token-expired', reset(`Bearer ${expired}`)],
    ['user-not-found', reset(`Bearer ${nobody}`, '?pin=5621')],
    ['user-not-found', reset(`Bearer ${nobody}`)],
    ['not-found', { ...reset(good), path: `${resetPath}/../reset` }],
    ['not-found', { ...reset(good), method: 'POST', body: 'x'.repeat(10_000) }],
    ...malformedPins.map((query) => ['recovery-pin-malformed', reset(good, query)] as const),
    ['body-malformed', reset(good, '', { headers: json, body: '{"pin":"5621"' })],
    ['body-malformed', reset(good, '', { headers: json, body: '{"pin":"5621","pin":"5622"}' })],
    ['body-too-large', reset(good, '', { headers: json, body: `{"pin":"5621"${' '.repeat(5_000)}}` })],
    [
      'media-type-unsupported',
      reset(good, '', { headers: { 'Content-Type': 'text/plain' }, body: 'pin=5621' }),
    ],
    ['password-too-short', reset(good, '', { headers: json, body: '{"password":"short"}' })],
    ['password-compromised', reset(good, '', { headers: json, body: '{"password":"passwordpassword"}' })],
  ] as const);
}
