// Says in one sentence what is wrong and what to do, for the errors that a program of ours cannot prevent.
import { ConfigError } from '../../lambda/shared/environment.ts';
import { UsageError } from './usage-error.ts';

/** What to do about an error of the AWS SDK, or of the network below it, by its name, code or message. */
const advice: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /^Region is missing$/,
    'no AWS region is set: set AWS_REGION, such as AWS_REGION=eu-central-1, or a region in the profile',
  ],
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    'there are no AWS credentials: set AWS_PROFILE to a profile that has some, or log in (aws sso login)',
  ],
  [/^(ExpiredToken|ExpiredTokenException|RequestExpired)$/, 'the AWS credentials have expired: log in again'],
  [
    /^(UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|InvalidAccessKeyId)$/,
    'AWS does not know these credentials: look at AWS_PROFILE and AWS_ACCESS_KEY_ID of this shell',
  ],
  [
    /^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/,
    'these credentials may not do this: --help lists the permissions',
  ],
  [
    /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPROTO|TimeoutError)$/,
    'there is no answer: look at the network (no proxy is used), and at AWS_REGION and the variables AWS_ENDPOINT_URL… of this shell',
  ],
  [/^ERR_INVALID_URL$/, 'an address is no URL: look at the variables AWS_ENDPOINT_URL… of this shell'],
  [
    /^Unknown(Error)?$|Deserialization error/,
    'the answer is not one of AWS: look at the variables AWS_ENDPOINT_URL… of this shell, or repeat it in a minute',
  ],
  [
    /^(ThrottlingException|TooManyRequestsException|RequestLimitExceeded)$/,
    'AWS refuses so many calls: repeat it in a minute',
  ],
];

/**
 * Returns a sentence about an error.
 *
 * @param thrown - the caught value, of any type; the message of an SDK's error may be quoted
 */
export function explainError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof UsageError || thrown instanceof ConfigError) return thrown.message;
  for (const error of withCauses(thrown)) {
    const { name, message } = error;
    const code = String((error as NodeJS.ErrnoException).code ?? '');
    const found = advice.find(([pattern]) => [name, code, message].some((text) => pattern.test(text)));
    const details = [code || name, message.replace(/\.$/, '')]
      .filter((text) => text && text !== 'Error')
      .join(': ');
    if (found) return `${found[1]} (${details}).`;
  }
  return thrown.message || String((thrown as NodeJS.ErrnoException).code ?? thrown.name);
}

/** An error and what caused it: `fetch` and Node's attempts at several addresses wrap the error of the network. */
function withCauses(error: Error): Error[] {
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return inner instanceof Error ? [error, ...withCauses(inner)] : [error];
}
