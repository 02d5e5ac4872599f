// The error of a person who runs a program: what is wrong, and what to do.

/** An error whose message tells the user what to do; it is shown without a stack trace. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
