// What the service needs at a rate of resets, and what a burst meets: measured figures and AWS's quotas in, numbers out.
// docs/scale.md explains them. Change the inputs to your own figures, and run `npm run scale`.

import { batchSize, parallelizationFactor } from '../../infra/constructs/event-publishing.ts';
import { stages } from '../../infra/settings/stages.ts';

/** What the model is given. The measured ones are of this code (docs/performance.md). */
export interface Inputs {
  /** Milliseconds of processor time of a reset without and with a PIN; `npm run bench`. */
  readonly processorTime: { readonly withoutPin: number; readonly withPin: number };
  /** Milliseconds of processor time of a batch of ten records in the publisher; `npm run bench`. */
  readonly batchTime: number;
  /** Milliseconds from nothing to the first answer, with table and issuer 5 and 30 ms away; `npm run bench`. */
  readonly coldStart: number;
  /** Milliseconds of a round trip to the table, and of a call of the event bus; assumed. */
  readonly roundTrip: { readonly table: number; readonly bus: number };
  /** Share of the resets that have a PIN; assumed. */
  readonly pinShare: number;
  /** Wrong PINs for each reset; assumed. */
  readonly wrongPins: number;
  /** MB of memory of the two functions; infra/constructs. */
  readonly memory: { readonly reset: number; readonly publisher: number };
  /** KB of an item, rounded up, since each write is charged by them; assumed. */
  readonly itemSize: number;
  /** KB that a reset writes to logs: the function's line and metrics (measured: 0.6), its event's (0.3) and the gateway's. */
  readonly logSize: number;
}

export const inputs: Inputs = {
  processorTime: { withoutPin: 2, withPin: 48 },
  batchTime: 2.8,
  coldStart: 251,
  roundTrip: { table: 5, bus: 30 },
  pinShare: 0.5,
  wrongPins: 0.1,
  memory: { reset: 1_769, publisher: 512 },
  itemSize: 1,
  logSize: 1.4,
};

/** MB with which a function has one processor (AWS, "Configure Lambda function memory"). */
const memoryOfProcessor = 1_769;

/** US dollars. Lambda's are those of arm64; docs/scale.md says which of them were seen in a source. */
const prices = {
  gigabyteSecond: 0.0000133334,
  invocations: 0.2e-6,
  gatewayRequests: 3.5e-6,
  writeUnits: 0.625e-6,
  events: 1e-6,
  logGigabyte: 0.5,
};

/** Default quotas of an account in a large region, by name; docs/scale.md has the sources. */
export const quotas = {
  /** Executions at once of all functions of the account. */
  executions: 1_000,
  /** Environments that a function gets at once, and then in each second. */
  newEnvironments: { atOnce: 1_000, perSecond: 100 },
  gatewayRequests: 10_000,
  tableWrites: 40_000,
  /** What a table takes that was never written faster; it doubles within half an hour of being used. */
  newTableWrites: 4_000,
  partitionWrites: 1_000,
  /** Calls of PutEvents in eu-central-1; 10,000 in us-east-1. */
  eventCalls: 2_400,
};

/** Milliseconds of a reset and of a wrong PIN in a function with so much memory (MB). */
export function durationOf(kind: 'withoutPin' | 'withPin' | 'wrongPin', memory: number): number {
  const { processorTime, roundTrip } = inputs;
  const roundTrips = kind === 'withPin' ? 2 : 1;
  const processor = kind === 'withoutPin' ? processorTime.withoutPin : processorTime.withPin;
  // Argon2id has one lane, so a second processor would be idle.
  return processor / Math.min(1, memory / memoryOfProcessor) + roundTrips * roundTrip.table;
}

/** Dollars for the function's time of a million resets with a PIN. */
export function priceOfMillion(memory: number): number {
  return durationOf('withPin', memory) * 1e3 * (memory / 1_024) * prices.gigabyteSecond;
}

export interface Needs {
  /** Executions of the resetting function at once: on average, and in the busiest of a thousand moments. */
  readonly executions: number;
  readonly executionsAtPeak: number;
  readonly tableWrites: number;
  readonly partitions: number;
  /** Calls of the issuer and of Secrets Manager in each second, in everyday use. */
  readonly keyFetches: number;
  /** The same if every environment was started by one burst, so that all values expire together. */
  readonly keyFetchesAtWorst: number;
  readonly eventCalls: number;
  /** Environments of the publisher at work. */
  readonly publishers: number;
  readonly logGigabytesPerDay: number;
  readonly dollarsPerDay: number;
}

/** Seconds after which keys and pepper are fetched again, and between two fetches while the other side is down. */
export const fetching = { maxAge: 300, cooldown: 10 };
/** Seconds between two looks at a shard, from which Lambda makes batches. */
const pollInterval = 0.25;

/** Computes what a steady rate of resets needs. */
export function predictNeeds(rate: number): Needs {
  const { pinShare, wrongPins, memory, itemSize } = inputs;
  const requests = {
    withoutPin: rate * (1 - pinShare),
    withPin: rate * pinShare,
    wrongPin: rate * wrongPins,
  };
  const sum = (of: (kind: keyof typeof requests) => number) =>
    (Object.keys(requests) as (keyof typeof requests)[]).reduce((total, kind) => total + of(kind), 0);
  // Little's law; arrivals of independent users vary as in Poisson's distribution.
  const executions = sum((kind) => (requests[kind] * durationOf(kind, memory.reset)) / 1_000);
  const executionsAtPeak = Math.ceil(executions + 3.1 * Math.sqrt(executions));
  const all = sum((kind) => requests[kind]);
  const writes = all + requests.withPin;
  const tableWrites = writes * itemSize;
  const batch = inputs.batchTime / (memory.publisher / memoryOfProcessor) + inputs.roundTrip.bus;
  const partitions = Math.ceil(tableWrites / quotas.partitionWrites);
  const found = (rate / partitions) * pollInterval;
  const eventCalls = rate / Math.min(batchSize, Math.max(1, found / parallelizationFactor));
  const publishers = (eventCalls * batch) / 1_000;
  const log = (rate * inputs.logSize * 86_400) / 1e6;
  const dollarsPerSecond =
    executions * (memory.reset / 1_024) * prices.gigabyteSecond +
    publishers * (memory.publisher / 1_024) * prices.gigabyteSecond +
    all * (prices.gatewayRequests + prices.invocations) +
    eventCalls * prices.invocations +
    tableWrites * prices.writeUnits +
    rate * prices.events;
  return {
    executions,
    executionsAtPeak,
    tableWrites,
    partitions,
    keyFetches: executionsAtPeak / fetching.maxAge,
    keyFetchesAtWorst: executionsAtPeak,
    eventCalls,
    publishers,
    logGigabytesPerDay: log,
    dollarsPerDay: dollarsPerSecond * 86_400 + log * prices.logGigabyte,
  };
}

export interface Limit {
  readonly limit: string;
  /** Resets a second at which it is reached. */
  readonly rate: number;
  /** Whether it is set for the stage `prod`; the others are AWS's quotas. */
  readonly isOurs: boolean;
}

/** Finds the rate of resets a second at which each limit is reached, lowest first. */
export function findLimits(): Limit[] {
  const rate = 1_000;
  const needs = predictNeeds(rate);
  const requests = rate * (1 + inputs.wrongPins);
  const { throttle, reservedConcurrency = quotas.executions } = stages.prod;
  const limit = (name: string, quota: number, need: number, isOurs = false) => ({
    limit: name,
    rate: Math.floor((rate * quota) / need),
    isOurs,
  });
  return [
    limit('throttle of prod', throttle.rate, requests, true),
    limit('executions of prod', reservedConcurrency, needs.executions, true),
    limit('writes, new table', quotas.newTableWrites, needs.tableWrites),
    limit('API Gateway requests', quotas.gatewayRequests, requests),
    limit('calls of PutEvents', quotas.eventCalls, rate / batchSize),
    limit('writes, any table', quotas.tableWrites, needs.tableWrites),
    limit('executions, account', quotas.executions, needs.executions),
  ].sort((a, b) => a.rate - b.rate);
}

/** Requests that meet a number of environments. */
export interface Burst {
  /** Milliseconds from the start at which each request arrives, in order. */
  readonly arrivals: readonly number[];
  /** Milliseconds that a request takes in an environment that is warm. */
  readonly duration: (request: number) => number;
  readonly coldStart: number;
  /** Environments that are warm at the start, and the most that there may be. */
  readonly environments: { readonly warm: number; readonly most: number };
  /** How many environments can be started at once, and then in each second. */
  readonly starting: { readonly atOnce: number; readonly perSecond: number };
  /** What happens to a request that finds no environment: it waits, as at `npm start`, or is refused, as on Lambda. */
  readonly whenFull: 'wait' | 'refuse';
}

export interface BurstResult {
  /** Milliseconds from a request's arrival to its answer, in the order of arrival; refused ones are left out. */
  readonly latencies: readonly number[];
  readonly coldStarts: number;
  readonly refused: number;
  /** When the last request was answered. */
  readonly end: number;
}

/** Simulates a burst: each environment has one request at a time, and requests are taken in the order of their arrival. */
export function simulateBurst(burst: Burst): BurstResult {
  const { arrivals, duration, coldStart, environments, starting, whenFull } = burst;
  /** When each environment is free. */
  const free = createHeap(Array.from({ length: environments.warm }, () => 0));
  const latencies: number[] = [];
  let started = 0;
  let end = 0;
  for (const [request, arrival] of arrivals.entries()) {
    const next = free.first() ?? Number.POSITIVE_INFINITY;
    const mayStart =
      environments.warm + started < environments.most &&
      started + 1 <= starting.atOnce + (starting.perSecond * arrival) / 1_000;
    let answered: number;
    if (next <= arrival || (whenFull === 'wait' && !mayStart)) {
      answered = Math.max(arrival, next) + duration(request);
      free.replaceFirst(answered);
    } else if (mayStart) {
      started++;
      answered = arrival + coldStart + duration(request);
      free.add(answered);
    } else {
      continue;
    }
    latencies.push(answered - arrival);
    end = Math.max(end, answered);
  }
  return { latencies, coldStarts: started, refused: arrivals.length - latencies.length, end };
}

/** A heap of numbers: the smallest one is found at once. */
function createHeap(values: number[]) {
  const at = (index: number) => values[index] ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number) => {
    [values[a], values[b]] = [at(b), at(a)];
  };
  return {
    first: (): number | undefined => values[0],
    add(value: number): void {
      let index = values.push(value) - 1;
      for (let parent = (index - 1) >> 1; index > 0 && at(parent) > at(index); parent = (index - 1) >> 1) {
        swap(index, parent);
        index = parent;
      }
    },
    replaceFirst(value: number): void {
      values[0] = value;
      for (let index = 0; ; ) {
        const child = at(2 * index + 1) <= at(2 * index + 2) ? 2 * index + 1 : 2 * index + 2;
        if (at(child) >= at(index)) return;
        swap(index, child);
        index = child;
      }
    },
  };
}

const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** Simulates a steady rate that begins from nothing on Lambda, for so many seconds. */
export function simulateStart(rate: number, seconds: number, most: number): BurstResult {
  const { reset } = inputs.memory;
  // In no rhythm, or all of one kind would find the environments that the other kind keeps.
  const hasPin = (request: number) => (request * goldenRatio) % 1 < inputs.pinShare;
  return simulateBurst({
    arrivals: Array.from({ length: rate * seconds }, (_, i) => (1_000 * i) / rate),
    duration: (request) => durationOf(hasPin(request) ? 'withPin' : 'withoutPin', reset),
    coldStart: inputs.coldStart,
    environments: { warm: 0, most },
    starting: quotas.newEnvironments,
    whenFull: 'refuse',
  });
}
