// What the log tells of a fault: where it arose and which kind of error it is, and never a message.

/** An error of this service itself that a log line can tell from others by its code. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  /** Fixed in the code, such as `TOO_LARGE`. */
  readonly code: string;
  /** Of the answer that is at fault. */
  readonly httpStatus: number | undefined;

  /**
   * @param code - also the message, unless there is one for people
   * @param about - what this occurrence adds
   */
  constructor(code: string, about?: { message?: string; cause?: unknown; httpStatus?: number }) {
    super(about?.message ?? code, { cause: about?.cause });
    this.code = code;
    this.httpStatus = about?.httpStatus;
  }
}

export interface Fault {
  readonly name: string;
  /** Such as `ECONNREFUSED`. */
  readonly code?: string;
  /** Of the answer that is at fault. */
  readonly httpStatus?: number;
  readonly frames?: readonly string[];
  /** What went wrong underneath; without frames. */
  readonly cause?: Fault;
}

/** Causes that are described below an error: enough for every chain there is, and an end to one that is a circle. */
const maxCauses = 3;

/**
 * Says where and with which kind of error something failed, and what that was caused by, three levels deep. Messages
 * are left out: libraries quote what they were given, and that may be a token or a PIN.
 *
 * @param thrown - a caught value of any type
 */
export function describeFault(thrown: unknown): Fault {
  const { cause, ...kind } = describeKind(thrown, maxCauses);
  const frames = thrown instanceof Error ? framesOf(thrown) : [];
  return { ...kind, ...(frames.length > 0 && { frames }), ...(cause && { cause }) };
}

/** What errors of Node, of the AWS SDK and of this service say of themselves beyond a message. */
interface Telling {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly httpStatus?: number;
  /** Of an `AggregateError`, such as Node's where a connection failed to each address of a name. */
  readonly errors?: readonly unknown[];
}

function describeKind(thrown: unknown, causesLeft: number): Fault {
  if (!(thrown instanceof Error)) return { name: kindOf(thrown) };
  const { code, $metadata, httpStatus = $metadata?.httpStatusCode, errors } = thrown as Telling;
  const cause = thrown.cause ?? errors?.[0];
  return {
    name: kindOf(thrown),
    ...(isIdentifier(code) && { code }),
    ...(httpStatus !== undefined && { httpStatus }),
    ...(cause !== undefined && causesLeft > 0 && { cause: describeKind(cause, causesLeft - 1) }),
  };
}

/**
 * The frames of an error's stack, which come behind a heading that quotes name and message as they were when the stack was
 * first read, with a code if it is one of Node's. Where the message is another now, nothing tells where the heading ends.
 */
function framesOf({ message, stack }: Error): string[] {
  const behindName = String(stack).replace(/^[\w.]+( \[\w+\])?(: )?/, '');
  const quoted = String(message);
  const frames = behindName.slice(quoted.length);
  const isWhole = behindName.startsWith(quoted) && frames.startsWith('\n    at ');
  return isWhole ? frames.trim().split(/\n\s*/) : [];
}

/**
 * Says of which kind something thrown is. An error's class is not asked: its name does not outlive minifying.
 *
 * @param thrown - a caught value of any type
 */
export function kindOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  return isIdentifier(thrown.name) ? thrown.name : 'Error';
}

/** A service chooses the names of its errors, and could put anything into them. */
function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.$-]{1,64}$/.test(value);
}
