// Describes an error for the log: its kind, code and stack frames, but never its message.

/** An error that this service throws itself, with a code that the log can show. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  /** A constant such as `TOO_LARGE`. */
  readonly code: string;
  /** HTTP status of the answer that caused the error. */
  readonly httpStatus: number | undefined;
  /** URL that was called, without credentials, query and fragment. */
  readonly url: string | undefined;

  /**
   * @param code - a constant; also the message if `about` has none
   * @param about - details of this occurrence
   */
  constructor(
    code: string,
    about?: { message?: string; cause?: unknown; httpStatus?: number; url?: string },
  ) {
    super(about?.message ?? code, { cause: about?.cause });
    this.code = code;
    this.httpStatus = about?.httpStatus;
    this.url = about?.url?.replace(/[?#].*/, '').replace(/(?<=^\w+:\/\/)[^/]*@/, '');
  }
}

export interface Fault {
  readonly name: string;
  /** Such as `ECONNREFUSED`. */
  readonly code?: string;
  /** HTTP status of the answer that caused the error. */
  readonly httpStatus?: number;
  /** URL that was called, without credentials, query and fragment. It comes from a setting or from the issuer's document. */
  readonly url?: string;
  readonly frames?: readonly string[];
  /** The underlying error, without frames. */
  readonly cause?: Fault;
}

/** Levels of causes to describe: enough for every chain that occurs, and a limit for circular ones. */
const maxCauses = 3;

/**
 * Describes an error and its causes, three levels deep. Messages are left out, because libraries quote their input,
 * which may be a token or a PIN.
 *
 * @param thrown - the caught value, of any type
 */
export function describeFault(thrown: unknown): Fault {
  const { cause, ...kind } = describeKind(thrown, maxCauses);
  const frames = thrown instanceof Error ? extractFrames(thrown) : [];
  return { ...kind, ...(frames.length > 0 && { frames }), ...(cause && { cause }) };
}

/** Properties that errors of Node, of the AWS SDK and of this service have. */
interface ErrorProperties {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly httpStatus?: number;
  /** The errors of an `AggregateError`, such as Node's if no address of a host could be connected to. */
  readonly errors?: readonly unknown[];
}

function describeKind(thrown: unknown, causesLeft: number): Fault {
  if (!(thrown instanceof Error)) return { name: kindOf(thrown) };
  const { code, $metadata, httpStatus = $metadata?.httpStatusCode, errors } = thrown as ErrorProperties;
  const cause = thrown.cause ?? errors?.[0];
  return {
    name: kindOf(thrown),
    ...(isIdentifier(code) && { code }),
    ...(httpStatus !== undefined && { httpStatus }),
    ...(thrown instanceof CodedError && thrown.url && { url: thrown.url }),
    ...(cause !== undefined && causesLeft > 0 && { cause: describeKind(cause, causesLeft - 1) }),
  };
}

/**
 * Extracts the frames of an error's stack. They follow a header with the name (in Node's errors also the code) and the
 * message at the time when the stack was captured. If the message was changed since, the end of the header cannot be
 * found, and no frames are returned.
 */
function extractFrames({ message, stack }: Error): string[] {
  const afterName = String(stack).replace(/^[\w.]+( \[\w+\])?(: )?/, '');
  const quoted = String(message);
  const frames = afterName.slice(quoted.length);
  const isWhole = afterName.startsWith(quoted) && frames.startsWith('\n    at ');
  return isWhole ? frames.trim().split(/\n\s*/) : [];
}

/**
 * Returns an error's `name`, or the type of any other value. The name of the class is not used, because minifying
 * changes it.
 *
 * @param thrown - the caught value, of any type
 */
export function kindOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  return isIdentifier(thrown.name) ? thrown.name : 'Error';
}

/**
 * Whether a value is safe to log: services choose the names and codes of their errors, and can put any text into them.
 */
function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.$-]{1,64}$/.test(value);
}
