// The log line of a request: whatever a caller writes, none of it gets into the line as it is.
import { expect, it } from 'vitest';
import { ServiceError } from '../../../../../lambda/reset/domain/errors.ts';
import type { Exchange } from '../../../../../lambda/reset/http/exchange.ts';
import { requestLog } from '../../../../../lambda/reset/http/middleware/request-log.ts';

/** A query or headers in which every name has the same value. */
class EveryName extends Map<string, readonly string[]> {
  readonly #value: string;
  constructor(value: string) {
    super();
    this.#value = value;
  }
  override get(): readonly string[] {
    return [this.#value];
  }
  override has(): boolean {
    return true;
  }
}

/** A request that has one text wherever a caller can write, or something is secret. */
const exchangeOf = (text: string): Exchange => ({
  method: text,
  path: text,
  headers: new EveryName(text),
  query: new EveryName(text),
  body: Buffer.from(text),
  startedAt: 0,
  requestId: 'cbgmhslmp1o9or9kh1p0',
  invocationId: '3f6b5a52-0d5e-4c0b-9d0b-6a4f3f0c8d21',
  signal: new AbortController().signal,
  accessToken: { userId: 'alice', tokenId: text, issuedAt: 0 },
  deriveKey: () => Buffer.from(text),
  content: { pin: text, password: text },
});

const results = [
  ['a reset', { outcome: { code: 'reset', pinVerified: true, paymentMethodsCleared: 0 } }],
  ['a refused request', { refusal: new ServiceError('recovery-pin-mismatch') }],
  ['a fault', { refusal: new ServiceError('internal-error', { cause: new Error('0042') }) }],
] as const;
const texts = ['0042', 'secret words', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'];

// A field that a caller fills may be logged if its form is fixed so narrowly that none of these fits.
it.each(results.flatMap(([what, result]) => texts.map((text) => [what, text, result] as const)))(
  'of %s does not hold "%s", wherever that stands in the request',
  (_what, text, result) => {
    const lines: unknown[] = [];
    const keep = (_message: unknown, ...extra: unknown[]) => lines.push(...extra);
    const { after } = requestLog({ info: keep, error: keep }, () => 0);
    const response = { statusCode: 204, headers: { Header: text }, body: text };
    const request = { event: { ...exchangeOf(text), ...result }, response, context: {} };
    after?.(request as unknown as Parameters<NonNullable<typeof after>>[0]);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain(text);
  },
);
