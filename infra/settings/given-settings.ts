// The settings of a deployed stage as a line of options. The stack has it as an output, so that nobody has to remember them.
import { quote } from '../shared/shell-quote.ts';
import type { GivenSettings } from './settings.ts';

/** Settings of one deployment. The next deployment does not repeat them. */
const ofOneDeployment = new Set(['rollout']);

/**
 * Formats settings as options of the CDK, such as `-c stage=prod -c tokenScope='reset openid'`, for a shell that evaluates
 * the line. Settings of one deployment, such as `rollout`, are left out.
 */
export function formatSettings(given: GivenSettings): string {
  return Object.entries(given)
    .filter(([name]) => !ofOneDeployment.has(name))
    .map(([name, value]) => `-c ${name}=${quote(value)}`)
    .join(' ');
}

/** Reads the line that `formatSettings` has written; the keys may be those of another version of this project. */
export function parseSettings(line: string): Readonly<Record<string, string>> {
  const options = line.matchAll(/-c (\w+)=((?:'[^']*'|\\'|[^\s'\\])+)(?: |$)/g);
  return Object.fromEntries(
    [...options].map(([, name = '', value = '']) => [
      name,
      value.replace(/'([^']*)'|\\'/g, (_quoted, text?: string) => text ?? "'"),
    ]),
  );
}

export interface SettingsChanges {
  /** Names of settings that are deployed and not intended. */
  readonly dropped: readonly string[];
  /** One line for each difference, such as `changes tokenScope: reset -> openid`. */
  readonly lines: readonly string[];
}

/**
 * Compares the settings that are deployed with those of the next deployment.
 *
 * @param deployed - the stack's output
 */
export function compareSettings(deployed: string, intended: GivenSettings): SettingsChanges {
  const before = parseSettings(deployed);
  const after = parseSettings(formatSettings(intended));
  const dropped = Object.keys(before).filter((name) => after[name] === undefined);
  const others = Object.entries(after).flatMap(([name, value]) => {
    if (before[name] === undefined) return [`adds ${name}: ${value}`];
    return before[name] === value ? [] : [`changes ${name}: ${before[name]} -> ${value}`];
  });
  return { dropped, lines: [...dropped.map((name) => `drops ${name}: ${before[name]}`), ...others] };
}
