// The request's body: one flat JSON object, and nothing that could be read in two ways.
import { isUtf8 } from 'node:buffer';
import { ServiceError } from '../domain/errors.ts';

/** What a body says; a request without a body says nothing. */
export interface RequestBody {
  /** Of any type: pin-parameter.ts judges it. */
  readonly pin?: unknown;
  /** Well-formed Unicode; new-password.ts judges it. */
  readonly password?: string;
}

/** Bytes. The longest password that is accepted takes 1.5 KB as escaped JSON. */
const maxBodyLength = 4096;
const members = ['pin', 'password'];
/** What decoders put in place of bytes that are not UTF-8. */
const replacementCharacter = '\ufffd';
/** Characters. A longer name may be a password in the wrong place, and is not repeated in the answer. */
const maxToldNameLength = 14;

/**
 * Parses a request's body.
 *
 * @param body - its bytes, `null` where it could not be decoded
 * @param contentTypes - the values of the header `Content-Type`; not looked at where the body is empty
 * @throws ServiceError `body-too-large`, `media-type-unsupported` or `body-malformed`
 */
export function parseRequestBody(body: Buffer | null, contentTypes: readonly string[] = []): RequestBody {
  if (body?.length === 0) return {};
  if (body !== null && body.length > maxBodyLength) throw new ServiceError('body-too-large');
  const [contentType, another] = contentTypes;
  if (contentType === undefined || another !== undefined || !isJson(contentType)) {
    throw new ServiceError('media-type-unsupported');
  }
  const json = decodeUtf8(body);
  const parsed = parseObject(json);
  checkMembers(parsed);
  checkUnambiguous(json, parsed);
  return parsed;
}

/** `application/json` or JSON:API's own, in UTF-8, which is what both are in anyway (RFC 8259 section 8.1). */
function isJson(contentType: string): boolean {
  const [type, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  return (
    (type === 'application/json' || type === 'application/vnd.api+json') &&
    parameters.every((parameter) => !/^charset=(?!"?utf-8"?$)/.test(parameter))
  );
}

function decodeUtf8(body: Buffer | null): string {
  // API Gateway hands text over in which bytes that are not UTF-8 have become replacement characters already.
  if (body === null || !isUtf8(body) || body.includes(replacementCharacter)) throw malformed('');
  // Unlike `toString`, this leaves out a byte order mark, as RFC 8259 section 8.1 allows.
  return new TextDecoder().decode(body);
}

function parseObject(json: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // What is no JSON is no object. The parser's own error is not told: it quotes the text.
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw malformed('');
  return parsed as Record<string, unknown>;
}

function checkMembers(body: Record<string, unknown>): asserts body is RequestBody & Record<string, unknown> {
  const unknown = Object.keys(body).find((name) => !members.includes(name));
  if (unknown !== undefined) throw malformed(pointerTo(unknown));
  if (!('password' in body)) return;
  if (typeof body.password !== 'string' || !isTypable(body.password)) throw malformed('/password');
}

/**
 * Half a surrogate pair is no character: it would be hashed as any other half. A replacement character stands for one that
 * was lost on the way, even where it comes escaped: the user typed something else.
 */
function isTypable(password: string): boolean {
  return password.isWellFormed() && !password.includes(replacementCharacter);
}

/** JSON.parse takes the last of two members of the same name, others take the first (RFC 8259 section 4). */
function checkUnambiguous(json: string, body: RequestBody): void {
  const values = Object.values(body);
  if (!values.every((value) => typeof value === 'string')) return;
  const withoutStrings = json.replace(/"(?:[^"\\]|\\.)*"/g, '');
  if (withoutStrings.split(':').length - 1 !== values.length) throw malformed('');
}

/** JSON Pointer (RFC 6901); of the whole document where the name may be a PIN or a password in the wrong place. */
function pointerTo(name: string): string {
  if (name.length > maxToldNameLength || /\d{4}/.test(name)) return '';
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function malformed(pointer: string): ServiceError {
  return new ServiceError('body-malformed', { data: { pointer } });
}
