// Parses the event of API Gateway, whose shape is unknown, into a typed request.

/** An HTTP request. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case name -> all values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Decoded name -> all decoded values. */
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** Empty if the request has no body, `null` if the body cannot be decoded. */
  readonly body: Buffer | null;
}

/** The answer, in the format of API Gateway's Lambda proxy integration. */
export interface ApiResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Parses the event of an API Gateway REST API (payload format 1.0,
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html). Never throws:
 * fields that are missing or of another type become empty, and later steps check them. If headers or query are not
 * objects, API Gateway did not send the event: it gets an empty method, so that no route matches and an unreadable
 * query is not mistaken for an empty one.
 *
 * @param event - the event of the invocation, of any type
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

/** API Gateway sends `null` for an absent map; its type is `object` too. */
function isMapOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && !Array.isArray(value));
}

/** A body that cannot be decoded does not count as absent: it may contain a PIN. */
function decodeBody(body: unknown, isBase64: boolean): Buffer | null {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body !== 'string') return null;
  if (!isBase64) return Buffer.from(body);
  const decoded = Buffer.from(body, 'base64');
  return decoded.toString('base64') === body ? decoded : null;
}

/**
 * Merges the event's multi-value and single-value map. If they disagree, all values are kept, so that a check for
 * exactly one value fails.
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
