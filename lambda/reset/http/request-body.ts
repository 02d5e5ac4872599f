// Parses the request's body: a flat JSON object that every JSON parser reads in the same way.
import { isUtf8 } from 'node:buffer';
import { ServiceError } from '../domain/errors.ts';

/** A parsed body; a request without a body has an empty one. */
export interface RequestBody {
  /** Of any type: pin-parameter.ts checks it. */
  readonly pin?: unknown;
  /** Well-formed Unicode; new-password.ts checks the rest. */
  readonly password?: string;
}

/** Bytes. The longest accepted password takes 1.5 KB as escaped JSON. */
const maxBodyLength = 4096;
const members = ['pin', 'password'];
/** Decoders put it in place of bytes that are not UTF-8. */
const replacementCharacter = '\ufffd';

/**
 * Parses a request's body.
 *
 * @param body - its bytes, `null` if it could not be decoded
 * @param contentTypes - the values of the header `Content-Type`, if there are any; ignored if the body is empty
 * @param minPasswordLength - characters: an unknown member whose name is this long is not named in the answer, because the
 *   name may be a password
 * @throws ServiceError `body-too-large`, `media-type-unsupported` or `body-malformed`
 */
export function parseRequestBody(
  body: Buffer | null,
  contentTypes: readonly string[] | undefined,
  minPasswordLength: number,
): RequestBody {
  if (body?.length === 0) return {};
  if (body !== null && body.length > maxBodyLength) throw new ServiceError('body-too-large');
  const [contentType, another] = contentTypes ?? [];
  if (contentType === undefined || another !== undefined || !isJson(contentType)) {
    throw new ServiceError('media-type-unsupported');
  }
  const json = decodeUtf8(body);
  const parsed = parseObject(json);
  checkMembers(parsed, minPasswordLength);
  rejectDuplicateMembers(json, parsed);
  return parsed;
}

/**
 * Whether a media type is JSON's or JSON:API's. Both are UTF-8 (RFC 8259 section 8.1): other charsets are refused. So are
 * extensions of JSON:API, since this service supports none (https://jsonapi.org/format/#content-negotiation-servers).
 */
function isJson(contentType: string): boolean {
  const [type, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const has = (parameter: RegExp) => parameters.some((one) => parameter.test(one));
  if (has(/^charset\s*=\s*(?!"?utf-8"?$)/)) return false;
  return type === 'application/json' || (type === 'application/vnd.api+json' && !has(/^ext\s*=/));
}

function decodeUtf8(body: Buffer | null): string {
  // API Gateway passes a string in which it has already replaced bytes that are not UTF-8.
  if (body === null || !isUtf8(body) || body.includes(replacementCharacter)) throw createMalformedError('');
  // Unlike `toString`, this removes a byte order mark, which parsers may ignore (RFC 8259 section 8.1).
  return new TextDecoder().decode(body);
}

function parseObject(json: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // The check below refuses it. The parser's error is dropped because it quotes the body.
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw createMalformedError('');
  return parsed as Record<string, unknown>;
}

function checkMembers(
  body: Record<string, unknown>,
  minPasswordLength: number,
): asserts body is RequestBody & Record<string, unknown> {
  const unknown = Object.keys(body).find((name) => !members.includes(name));
  if (unknown !== undefined) throw createMalformedError(toJsonPointer(unknown, minPasswordLength));
  if (!('password' in body)) return;
  if (typeof body.password !== 'string' || !isIntact(body.password)) throw createMalformedError('/password');
}

/**
 * Whether a password is what the user typed. UTF-8 encodes every lone surrogate as the same bytes, so different
 * passwords would have the same hash. A replacement character, escaped or not, means that a character was lost before
 * the request.
 */
function isIntact(password: string): boolean {
  return password.isWellFormed() && !password.includes(replacementCharacter);
}

/** JSON.parse takes the last of two members with the same name, other parsers the first (RFC 8259 section 4). */
function rejectDuplicateMembers(json: string, body: RequestBody): void {
  const values = Object.values(body);
  if (!values.every((value) => typeof value === 'string')) return;
  const withoutStrings = json.replace(/"(?:[^"\\]|\\.)*"/g, '');
  if (withoutStrings.split(':').length - 1 !== values.length) throw createMalformedError('');
}

/** JSON Pointer (RFC 6901) to a member; to the whole document if the name may be a misplaced PIN or password. */
function toJsonPointer(name: string, minPasswordLength: number): string {
  if (name.length >= minPasswordLength || /\p{Nd}{4}/u.test(name)) return '';
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function createMalformedError(pointer: string): ServiceError {
  return new ServiceError('body-malformed', { data: { pointer } });
}
