// The edge: an event of unknown shape becomes a request that the rest of the code can trust.

/** An HTTP request as the pipeline sees it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case name -> all values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Decoded name -> all decoded values. */
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** Empty where there is none, `null` where there is one that cannot be decoded. */
  readonly body: Buffer | null;
}

/** The answer, as API Gateway's Lambda proxy integration takes it. */
export interface ApiResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Reads the event of an API Gateway REST API (payload format 1.0,
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html). It never throws:
 * what is missing or of another type reads as empty, and is judged later by whoever needs it. An event whose maps are
 * no maps is none of API Gateway's; it gets no method, since a query that cannot be read is not the same as none.
 *
 * @param event - whatever the function was invoked with
 */
export function parseApiGatewayEvent(event: unknown): ApiRequest {
  const fields = asRecord(event);
  return {
    method: mapFields.every((name) => isMapOrAbsent(fields[name])) ? asString(fields.httpMethod) : '',
    path: asString(fields.path),
    headers: mergeMaps(fields.multiValueHeaders, fields.headers, (name) => name.toLowerCase()),
    query: mergeMaps(fields.multiValueQueryStringParameters, fields.queryStringParameters, (name) => name),
    body: decodeBody(fields.body, fields.isBase64Encoded === true),
  };
}

const mapFields = [
  'headers',
  'multiValueHeaders',
  'queryStringParameters',
  'multiValueQueryStringParameters',
] as const;

/** An absent map is `null`, which is of type `object` too, or not there at all. */
function isMapOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && !Array.isArray(value));
}

/** A body that cannot be decoded is not taken for none: what it says about a PIN would be lost. */
function decodeBody(body: unknown, isBase64: boolean): Buffer | null {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body !== 'string') return null;
  if (!isBase64) return Buffer.from(body);
  const decoded = Buffer.from(body, 'base64');
  return decoded.toString('base64') === body ? decoded : null;
}

/**
 * Joins an event's two maps of the same thing. Where they disagree every value is kept, so that a check for "exactly
 * one" sees the disagreement instead of trusting either map.
 */
function mergeMaps(multi: unknown, single: unknown, key: (name: string) => string): Map<string, string[]> {
  const merged = new Map<string, string[]>();
  for (const [name, values] of Object.entries(asRecord(multi))) {
    const list = Array.isArray(values) ? values.map(asString) : [asString(values)];
    merged.set(key(name), [...(merged.get(key(name)) ?? []), ...list]);
  }
  for (const [name, value] of Object.entries(asRecord(single))) {
    const list = merged.get(key(name)) ?? [];
    if (!list.includes(asString(value))) list.push(asString(value));
    merged.set(key(name), list);
  }
  return merged;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
