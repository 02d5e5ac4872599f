// Generated events of API Gateway's shape, in which every part is good, nearly good or random.
import fc from 'fast-check';
import { anyCharacter } from '../support/any-character.ts';
import { resetPath } from '../support/http-client.ts';

/** A token, and whether it is good. */
export interface KnownToken {
  readonly token: string;
  readonly good: boolean;
}

export interface GeneratedEvent {
  readonly event: Readonly<Record<string, unknown>>;
  /** Whether the contract allows the request to reach the table. */
  readonly mayWrite: boolean;
  /** Strings of the input that must not appear in answers, log lines and metrics. */
  readonly secrets: readonly string[];
}

/**
 * Generates events.
 *
 * @param tokens - good and bad ones to choose from; some are altered further
 */
export function hostileEvents(tokens: readonly KnownToken[]): fc.Arbitrary<GeneratedEvent> {
  return fc
    .record({ request: requests, authorization: authorizations(tokens), query: queries, extra: extras })
    .map(({ request, authorization, query, extra }) => ({
      event: { ...extra, ...request.event, ...authorization.event, ...query.event },
      mayWrite: request.good && authorization.good && query.good,
      secrets: [...authorization.secrets, ...query.secrets],
    }));
}

/** One part of an event, whether it is good, and the secrets in it. */
interface Part {
  readonly event: Readonly<Record<string, unknown>>;
  readonly good: boolean;
  readonly secrets: readonly string[];
}

const junk = fc.anything({ maxDepth: 2, maxKeys: 3, withBigInt: false });
const odd = fc.oneof(
  junk,
  fc.string({ unit: anyCharacter, maxLength: 20 }),
  fc.constant(null),
  fc.constant(undefined),
);

const requests: fc.Arbitrary<Part> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constant({ event: { httpMethod: 'PUT', path: resetPath }, good: true, secrets: [] }),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        httpMethod: fc.oneof(fc.constantFrom('PUT', 'put', 'POST'), odd),
        path: fc.oneof(fc.constant(`${resetPath}/`), odd),
      })
      .map((event) => ({ event, good: false, secrets: [] })),
  },
);

function authorizations(tokens: readonly KnownToken[]): fc.Arbitrary<Part> {
  const known = fc.constantFrom(...tokens);
  const altered = fc
    .record({
      known,
      at: fc.nat(),
      to: fc.constantFrom('', 'A', '.', '=', '-', ' ', '\0', 'é'),
      cut: fc.boolean(),
    })
    .map(({ known: { token }, at, to, cut }) => {
      const place = at % token.length;
      return token.slice(0, place) + to + (cut ? '' : token.slice(place + 1));
    });
  return fc.oneof(
    {
      weight: 4,
      arbitrary: known.chain(({ token, good }) => headers(fc.constant(`Bearer ${token}`), good, [token])),
    },
    {
      weight: 3,
      arbitrary: altered.chain((token) =>
        headers(
          fc.constant(`Bearer ${token}`),
          tokens.some((one) => one.token === token && one.good),
          [token],
        ),
      ),
    },
    {
      weight: 1,
      arbitrary: known.chain(({ token }) =>
        headers(
          fc.constantFrom(`Basic ${token}`, token, `Bearer ${token}, Bearer ${token}`, `Bearer\t${token}`),
          false,
          [token],
        ),
      ),
    },
    { weight: 1, arbitrary: headers(odd, false, []) },
    {
      weight: 1,
      arbitrary: fc
        .record({ headers: odd, multiValueHeaders: odd })
        .map((event) => ({ event, good: false, secrets: [] })),
    },
  );
}

/** An Authorization header in one of the event's maps or in both, with its name in any case. */
function headers(
  value: fc.Arbitrary<unknown>,
  good: boolean,
  secrets: readonly string[],
): fc.Arbitrary<Part> {
  return fc
    .record({
      value,
      name: fc.mixedCase(fc.constant('authorization')),
      maps: fc.constantFrom('single', 'multi', 'both'),
    })
    .map(({ value: content, name, maps }) => ({
      event: {
        headers: maps === 'multi' ? null : { [name]: content, Accept: 'application/json' },
        multiValueHeaders: maps === 'single' ? undefined : { [name]: [content] },
      },
      good,
      secrets,
    }));
}

const pins = fc.oneof(
  { weight: 2, arbitrary: fc.constant('7302') },
  { weight: 2, arbitrary: fc.stringMatching(/^[0-9]{4}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9]{0,8}$/) },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom('٥٦٢١', '５６２１', '+562', ' 7302', '7302\n', '7302\0', '') },
);
/** Names that mean the PIN, but are not `pin`. */
const nearlyPin = fc.constantFrom(
  'PIN',
  'Pin',
  'pin[]',
  'pin[0]',
  'pin[a]',
  ' pin',
  'pin ',
  'pin\0',
  'amp;pin',
  'ｐｉｎ',
  '-pin-',
  'recoveryPin',
  'user[pin]',
  'RECOVERY_PIN',
  'userpin',
);
/** Names that cannot mean the PIN. */
const otherName = fc.constantFrom('utm_source', 'utm_campaign', 'x', '', 'lang', '__proto__', 'constructor');

const queries: fc.Arbitrary<Part> = fc.oneof(
  { weight: 2, arbitrary: others(fc.constant({})).map((map) => queryPart(map, true, [])) },
  {
    weight: 3,
    arbitrary: pins.chain((pin) =>
      others(fc.constant({ pin: [pin] })).map((map) => queryPart(map, isPin(pin), [pin])),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(nearlyPin, pins)
      .chain(([name, pin]) =>
        others(fc.constant({ [name]: [pin] })).map((map) => queryPart(map, false, [pin])),
      ),
  },
  { weight: 2, arbitrary: fc.tuple(pins, pins).map((values) => queryPart({ pin: values }, false, values)) },
  {
    weight: 1,
    arbitrary: odd
      .filter((value) => typeof value !== 'string')
      .map((value) => queryPart({ pin: value }, false, [])),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(pins, pins)
      .filter(([one, other]) => one !== other)
      .map(([one, other]) => ({
        event: { queryStringParameters: { pin: one }, multiValueQueryStringParameters: { pin: [other] } },
        good: false,
        secrets: [one, other],
      })),
  },
);

function isPin(text: string): boolean {
  return text.length === 4 && [...text].every((character) => character >= '0' && character <= '9');
}

function others(pin: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .tuple(
      pin,
      fc.dictionary(otherName, fc.array(fc.string({ maxLength: 5 }), { maxLength: 2 }), { maxKeys: 2 }),
    )
    .map(([first, rest]) => ({ ...rest, ...first }));
}

function queryPart(multi: Record<string, unknown>, good: boolean, secrets: readonly string[]): Part {
  return { event: { queryStringParameters: null, multiValueQueryStringParameters: multi }, good, secrets };
}

/** Members that do not affect the answer, or affect it only if they are well formed. */
const extras = fc.record(
  {
    resource: odd,
    pathParameters: odd,
    stageVariables: odd,
    requestContext: odd,
    isBase64Encoded: odd,
    body: fc.constantFrom(null, '', undefined),
    version: odd,
  },
  { requiredKeys: [] },
);
