// Why a reset is refused: every code, and what one occurrence of it adds. What a code means to a caller is told elsewhere.

export type ErrorCode =
  | 'not-found'
  | 'token-missing'
  | 'token-invalid'
  | 'token-expired'
  | 'token-revoked'
  | 'authentication-too-old'
  | 'missing-linked-identity'
  | 'insufficient-scope'
  | 'body-too-large'
  | 'media-type-unsupported'
  | 'body-malformed'
  | 'password-too-short'
  | 'password-too-long'
  | 'password-compromised'
  | 'user-disabled'
  | 'recovery-pin-malformed'
  | 'recovery-pin-mismatch'
  | 'recovery-pin-locked'
  | 'user-not-found'
  | 'recovery-pin-not-set'
  | 'internal-error';

export interface ServiceErrorOptions {
  /** Figures and names that belong to the code, such as how many attempts remain. A caller may be told them. */
  readonly data?: Readonly<Record<string, string | number>>;
  /** For the log: what exactly was wrong, in words that are fixed in the code and never quote the input. */
  readonly reason?: string;
  /** What went wrong underneath; never shown to a caller. */
  readonly cause?: unknown;
}

/** The only error that the service throws on purpose; its `code` decides everything that a caller sees. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  readonly data: NonNullable<ServiceErrorOptions['data']>;
  readonly reason: ServiceErrorOptions['reason'];

  /**
   * @param code - why the request is refused
   * @param options - what this occurrence adds
   */
  constructor(code: ErrorCode, options: ServiceErrorOptions = {}) {
    super(code, { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
    this.reason = options.reason;
  }
}

/**
 * Takes whatever was thrown as a `ServiceError`: anything else becomes `internal-error`, with the original as its cause.
 *
 * @param thrown - a caught value of any type
 */
export function toServiceError(thrown: unknown): ServiceError {
  return thrown instanceof ServiceError ? thrown : new ServiceError('internal-error', { cause: thrown });
}
