// Records what the function logs and counts, in place of the process's output.
import type { Reporting } from '../../lambda/shared/telemetry.ts';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface Recorder extends Reporting {
  readonly lines: LogLine[];
  /** Metric name -> all its values. */
  readonly counted: Map<string, number[]>;
  /** Removes everything recorded so far. */
  clear(): void;
}

/** The last lines of all recorders: what the function logged shortly before a test failed. */
export const lastLines: LogLine[] = [];

/** Makes a recorder that replaces Powertools' logger and metrics. */
export function createRecorder(): Recorder {
  const lines: LogLine[] = [];
  const counted = new Map<string, number[]>();
  const log =
    (level: LogLine['level']) =>
    (message: unknown, ...extra: unknown[]) => {
      // Through JSON, as in the real logger: undefined fields disappear.
      const line = JSON.parse(JSON.stringify({ level, message, ...(extra[0] as object) }));
      lines.push(line);
      lastLines.push(line);
      if (lastLines.length > 3) lastLines.shift();
    };
  return {
    lines,
    counted,
    clear() {
      lines.length = 0;
      counted.clear();
    },
    logger: { info: log('info'), warn: log('warn'), error: log('error') },
    metrics: {
      addMetric(name, _unit, value) {
        counted.set(name, [...(counted.get(name) ?? []), value]);
      },
      publishStoredMetrics() {},
    },
  };
}
