// Reads environment variables, and reports everything that is wrong with them in one error.

export type Environment = Readonly<Record<string, string | undefined>>;

/** Lists all faults of a configuration, so that they can be corrected at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the variables in `Name`. The message of a parser's error continues the sentence "VARIABLE …". */
export interface EnvironmentReader<Name extends string> {
  /** Reads an optional variable. */
  read<T>(name: Name, parse: (text: string) => T): T | undefined;
  /**
   * Reads a required variable.
   *
   * @param substitute - a variable that may be set in its place, and that the caller has read before
   */
  need<T>(name: Name, parse: (text: string) => T, substitute?: Name): T;
  /**
   * Returns the configuration if all variables were valid.
   *
   * @throws ConfigError that names every missing or bad variable
   */
  complete<T>(config: T): T;
}

/**
 * Creates a reader. An empty variable counts as unset: a template for local runs declares every variable, empty, so that it
 * can be overridden. The stack refuses empty settings, so a deployed function has no empty variable. For a bad variable the
 * reader returns `undefined` and remembers the fault, so the values must not be used before `complete` has returned.
 *
 * @param env - usually `process.env`
 */
export function createReader<Name extends string>(env: Environment): EnvironmentReader<Name> {
  const faults = new Set<string>();

  function read<T>(name: Name, parse: (text: string) => T): T | undefined {
    const text = env[name]?.trim();
    if (!text) return undefined;
    try {
      return parse(text);
    } catch (error) {
      faults.add(`${name} ${(error as Error).message}`);
      return undefined;
    }
  }

  function need<T>(name: Name, parse: (text: string) => T, substitute?: Name): T {
    const isSet = (variable: Name) => Boolean(env[variable]?.trim());
    if (!isSet(name) && !(substitute && isSet(substitute)))
      faults.add(substitute ? `${name} or ${substitute} must be set` : `${name} is not set`);
    return read(name, parse) as T;
  }

  function complete<T>(config: T): T {
    if (faults.size > 0) throw new ConfigError(`Bad configuration: ${[...faults].join('; ')}.`);
    return config;
  }

  return { read, need, complete };
}

/** Parser for variables that may have any value. */
export function asIs(text: string): string {
  return text;
}

/**
 * Parses a URL that logs and answers may show.
 *
 * @returns `undefined` if the text is not a URL, or has credentials, a fragment (even an empty one) or whitespace. The text is
 *   searched for whitespace because `URL.parse` removes some.
 */
export function parsePlainUrl(text: string): URL | undefined {
  const url = /^[^\s#]+$/.test(text) ? URL.parse(text) : null;
  return url && `${url.username}${url.password}` === '' ? url : undefined;
}
