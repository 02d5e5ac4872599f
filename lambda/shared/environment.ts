// Reading environment variables: what is wrong with them is collected and told at once.

export type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown once for everything that is wrong, so that a deployment fails once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** `Name` is one of the variables that may be asked for. */
export interface EnvironmentReader<Name extends string> {
  /** A variable that may be unset, through a parser whose errors say what it must be. */
  read<T>(name: Name, parse: (text: string) => T): T | undefined;
  /** A variable that must be set. */
  need<T>(name: Name, parse: (text: string) => T): T;
  /**
   * Lets a configuration through that is made of good variables only.
   *
   * @throws ConfigError that names every missing or bad variable
   */
  complete<T>(config: T): T;
}

/**
 * Makes a reader; what it returns in place of a bad variable is never to be used. An empty variable counts as unset.
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

  function need<T>(name: Name, parse: (text: string) => T): T {
    if (!env[name]?.trim()) faults.add(`${name} is not set`);
    return read(name, parse) as T;
  }

  function complete<T>(config: T): T {
    if (faults.size > 0) throw new ConfigError(`Bad configuration: ${[...faults].join('; ')}.`);
    return config;
  }

  return { read, need, complete };
}

/** The parser of variables that are taken as they are. */
export function asIs(text: string): string {
  return text;
}
