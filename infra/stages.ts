// What the project decides for each stage.

export const stageNames = ['dev', 'prod', 'local'] as const;
export type StageName = (typeof stageNames)[number];

export interface StageProfile {
  /** Run by SAM on a laptop: every variable of the function can be overridden there, and there are no secrets. */
  readonly isLocal: boolean;
  /** Table, pepper and logs outlive the stack; the table is protected and encrypted with a key of its own. */
  readonly keepsData: boolean;
  /** Days. */
  readonly logRetention: 7 | 30 | 365;
  /** Requests a second, and at once, over all callers; above that the gateway answers 429. */
  readonly throttle: { readonly rate: number; readonly burst: number };
  /** Executions kept for the function, which are also its most; undefined takes from the account's pool. */
  readonly reservedConcurrency: number | undefined;
  /** Requests of one address in five minutes; undefined is no firewall. */
  readonly requestsPerAddress: number | undefined;
  /** A new version first gets a tenth of the traffic for five minutes. */
  readonly hasCanary: boolean;
  readonly alarms: AlarmThresholds;
}

/** The least that raises an alarm; counts are over 15 minutes unless they say otherwise. */
export interface AlarmThresholds {
  /** Answers with status 501 in one minute. */
  readonly internalErrors: number;
  /** Milliseconds. */
  readonly p99Duration: number;
  readonly lockedPins: number;
  readonly resetsWithoutPin: number;
  readonly rejectedTokens: number;
  /** Milliseconds that the oldest unpublished change has been waiting. */
  readonly eventDelay: number;
  /** Attempts that the bus refused. */
  readonly refusedEvents: number;
}

const dev: StageProfile = {
  isLocal: false,
  keepsData: false,
  logRetention: 30,
  throttle: { rate: 20, burst: 40 },
  // A new account may have ten executions in all, and any reservation would make the deployment fail there.
  reservedConcurrency: undefined,
  requestsPerAddress: undefined,
  // Canaries are rehearsed where they can do no harm.
  hasCanary: true,
  alarms: {
    internalErrors: 1,
    p99Duration: 3_000,
    lockedPins: 20,
    resetsWithoutPin: 100,
    rejectedTokens: 500,
    eventDelay: 5 * 60_000,
    refusedEvents: 50,
  },
};

const prod: StageProfile = {
  isLocal: false,
  keepsData: true,
  logRetention: 365,
  throttle: { rate: 200, burst: 400 },
  // 200 requests a second of at most 250 ms on average: callers meet the throttle's 429 before the reservation's.
  reservedConcurrency: 50,
  // One request a second for five minutes: far above a household or an office, far below a guessing machine.
  requestsPerAddress: 300,
  hasCanary: true,
  alarms: {
    internalErrors: 1,
    p99Duration: 2_000,
    lockedPins: 10,
    resetsWithoutPin: 200,
    rejectedTokens: 1_000,
    eventDelay: 5 * 60_000,
    refusedEvents: 50,
  },
};

const local: StageProfile = { ...dev, isLocal: true, logRetention: 7, hasCanary: false };

export const stages: Readonly<Record<StageName, StageProfile>> = { dev, prod, local };
