// Why a reset is refused: the error codes and the error class. http/error-catalogue.ts defines the answers.

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
  /** Values that belong to the code, such as the number of remaining attempts. They may be sent to the caller. */
  readonly data?: Readonly<Record<string, string | number>>;
  /** Whether this attempt has locked the recovery PIN: for the metrics, never shown to a caller. */
  readonly isNewLock?: boolean;
  /** For the log: what exactly was wrong. A constant string that never quotes the input. */
  readonly reason?: string;
  /** The underlying error; never shown to a caller. */
  readonly cause?: unknown;
}

/** The only error that the service throws on purpose. Its `code` and `data` determine the answer. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  readonly data: NonNullable<ServiceErrorOptions['data']>;
  readonly isNewLock: boolean;
  readonly reason: ServiceErrorOptions['reason'];

  /**
   * @param code - why the request is refused
   * @param options - details of this occurrence
   */
  constructor(code: ErrorCode, options: ServiceErrorOptions = {}) {
    super(code, { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
    this.isNewLock = options.isNewLock ?? false;
    this.reason = options.reason;
  }
}

/**
 * Returns a thrown `ServiceError` as it is, and wraps any other value as the cause of an `internal-error`.
 *
 * @param thrown - the caught value, of any type
 */
export function toServiceError(thrown: unknown): ServiceError {
  return thrown instanceof ServiceError ? thrown : new ServiceError('internal-error', { cause: thrown });
}
