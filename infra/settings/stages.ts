// The settings of each stage that are part of the project.

export const stageNames = ['dev', 'prod', 'local'] as const;
export type StageName = (typeof stageNames)[number];

export interface StageProfile {
  /** For SAM: the template declares every variable of the function, so that SAM can override it, and has no secret. */
  readonly isLocal: boolean;
  /** Table, pepper secret and logs outlive the stack; the table has deletion protection and its own KMS key. */
  readonly keepsData: boolean;
  /** Days. */
  readonly logRetention: 7 | 30 | 365;
  /** What all callers together may send. Above that, the gateway answers 429. */
  readonly throttle: Throttle;
  /**
   * Reserved concurrency of the function, which is also its maximum; undefined: the account's unreserved concurrency.
   */
  readonly reservedConcurrency: number | undefined;
  /** Maximum number of requests per address in five minutes; undefined: no firewall. */
  readonly requestsPerAddress: number | undefined;
  /** A new version first receives a tenth of the traffic for five minutes. */
  readonly hasCanary: boolean;
  readonly alarms: AlarmThresholds;
}

export interface Throttle {
  /** Requests per second. */
  readonly rate: number;
  /** Requests in one instant. */
  readonly burst: number;
}

/** Seconds: the duration of an execution that must first start an environment and fetch the issuer's keys. */
export const coldExecution = 0.5;

/**
 * The throttle that fits a number of executions at once. At the worst moment no environment is warm, a full burst is under
 * way, and further requests come at the full rate until it is answered: burst + rate × `coldExecution`. Half of the
 * executions are for the burst, and half for the rate. So the gateway answers 429 before Lambda has to refuse anything.
 * (Lambda starts up to 1,000 environments for a function within ten seconds, which is never the limit here.)
 *
 * @param executions - of the function, at once
 */
export function throttleFor(executions: number): Throttle {
  const burst = Math.max(1, Math.floor(executions / 2));
  return { rate: Math.max(1, Math.floor((executions - burst) / coldExecution)), burst };
}

/** The objective: of the requests of any 30 days, at most this percentage is answered 501. */
export const errorBudget = 0.1;

/** The smallest values that raise an alarm. Counts are over 15 minutes unless noted otherwise. */
export interface AlarmThresholds {
  /** Answers with status 501 in each window of the alarm. With fewer of them, their share does not count. */
  readonly internalErrors: number;
  /** Milliseconds. */
  readonly p99Duration: number;
  /** PINs that were locked, each counted once. */
  readonly lockedPins: number;
  readonly resetsWithoutPin: number;
  readonly rejectedTokens: number;
  /** Requests that were refused before the function, if they are also at least a tenth of all. */
  readonly refusedRequests: number;
  /** Milliseconds: age of the oldest unpublished change. */
  readonly eventDelay: number;
  /** Resets in six hours without an event, if they are also at least a tenth of the resets. */
  readonly missingEvents: number;
  /** Refusals by the bus. An event that is refused twice counts twice. */
  readonly refusedEvents: number;
}

const dev: StageProfile = {
  isLocal: false,
  keepsData: false,
  logRetention: 30,
  // New accounts can have a concurrency of ten in total. Then any reservation makes the deployment fail.
  throttle: throttleFor(10),
  reservedConcurrency: undefined,
  requestsPerAddress: undefined,
  // Exercises the same rollout as in prod.
  hasCanary: true,
  alarms: {
    internalErrors: 3,
    p99Duration: 3_000,
    lockedPins: 20,
    resetsWithoutPin: 100,
    rejectedTokens: 500,
    refusedRequests: 50,
    eventDelay: 5 * 60_000,
    missingEvents: 3,
    refusedEvents: 50,
  },
};

const prod: StageProfile = {
  isLocal: false,
  keepsData: true,
  logRetention: 365,
  throttle: throttleFor(100),
  reservedConcurrency: 100,
  // One request a second for five minutes: far more than a household or an office needs, far too few to guess PINs.
  requestsPerAddress: 300,
  hasCanary: true,
  alarms: {
    internalErrors: 3,
    p99Duration: 2_000,
    lockedPins: 10,
    resetsWithoutPin: 200,
    rejectedTokens: 1_000,
    refusedRequests: 100,
    eventDelay: 5 * 60_000,
    missingEvents: 3,
    refusedEvents: 50,
  },
};

const local: StageProfile = { ...dev, isLocal: true, logRetention: 7, hasCanary: false };

export const stages: Readonly<Record<StageName, StageProfile>> = { dev, prod, local };
