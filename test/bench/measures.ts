// The measurements, each a function from what is to be measured to its figures.
import type { Bundle } from './bundles.ts';
import {
  type Environment,
  program,
  runForJson,
  startWarmProcess,
  timeProcess,
  type WarmProcess,
} from './children.ts';
import { type ResetEvent, rightPin, type StandIns } from './stand-ins.ts';
import { interleave } from './statistics.ts';

/** Milliseconds, or a count; one value per round. */
export type Values = Record<string, number[]>;

export type Entries = Readonly<Record<string, string>>;
export type Progress = (what: string) => void;

/** Calls to the table that a reset takes. */
export interface RoundTrips {
  readonly refused: number;
  readonly withoutPin: number;
  readonly withPin: number;
}

/** For a process whose clock stands still: a write that is answered in another second is followed by one more. */
export const stoppedClock: Environment = {
  NODE_OPTIONS: '--import=data:text/javascript,const{now}=Date;const%20start=now();Date.now=()=>start',
};

/**
 * Counts the calls to the table of one reset each; the keys' fetch and an opened connection are none.
 */
export async function countRoundTrips({ entry }: Bundle, standIns: StandIns): Promise<RoundTrips> {
  const count = async (event: ResetEvent, status: number) => {
    standIns.calls.length = 0;
    const { statusCode } = await startCold(entry, { ...standIns.environment, ...stoppedClock }, event);
    if (statusCode !== status) throw new Error(`answered ${statusCode} instead of ${status}`);
    return standIns.calls.filter((call) => call !== 'keys').length;
  };
  const good = await standIns.event(2);
  const refused = { ...good, headers: {}, multiValueHeaders: {} };
  return {
    refused: await count(refused, 401),
    withoutPin: await count(good, 204),
    withPin: await count(await standIns.event(2, rightPin), 204),
  };
}

interface ColdFigures {
  readonly statusCode: number;
  /** Milliseconds from the import to the handler. */
  readonly load: number;
  /** Milliseconds from the import to the answer. */
  readonly total: number;
  /** Milliseconds of processor time of the whole process, Node's own start included. */
  readonly cpu: number;
}

/** Starts a process, imports the handler and sends it one event. */
export function startCold(entry: string, env: Environment, event: ResetEvent): Promise<ColdFigures> {
  return runForJson<ColdFigures>([program('cold'), entry], { ...env, BENCH_EVENT: JSON.stringify(event) });
}

/** Whole processes that load a handler and end; there is nothing to fetch or to connect to. */
export function measureInit(
  entries: Entries,
  standIns: StandIns,
  rounds: number,
  progress: Progress,
): Promise<Values> {
  const env = {
    ...standIns.environment,
    ...standIns.inlineKeys,
    AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9',
  };
  const subjects = mapValues(entries, (entry) => () => timeProcess([entry], env));
  return interleave(subjects, rounds, (round, of) => progress(`init ${round}/${of}`));
}

export interface ColdValues {
  /** From the import to the first 204, keys fetched and table reached over TLS. */
  readonly total: Values;
  /** The first request's part of that: what is left for its sender to wait for once the function has started. */
  readonly request: Values;
  /** Processor time of the process up to that 204, Node's own start included. */
  readonly cpu: Values;
}

/** Fresh processes that load the handler and answer one request. */
export async function measureCold(
  entries: Entries,
  standIns: StandIns,
  rounds: number,
  progress: Progress,
  env: Environment = standIns.environment,
): Promise<ColdValues> {
  const event = await standIns.event(2, undefined, env.TOKEN_ISSUER);
  const subjects = mapValues(entries, (entry) => async () => {
    const figures = await startCold(entry, env, event);
    if (figures.statusCode !== 204) throw new Error(`${entry} answered ${figures.statusCode}`);
    return figures;
  });
  const figures = await interleave(subjects, rounds, (round, of) => progress(`cold ${round}/${of}`));
  return {
    total: mapValues(figures, (of) => of.map(({ total }) => total)),
    request: mapValues(figures, (of) => of.map(({ total, load }) => total - load)),
    cpu: mapValues(figures, (of) => of.map(({ cpu }) => cpu)),
  };
}

/** What to send to a process that is warm, and how often in a round. */
export interface Load {
  readonly entry: string;
  readonly event: ResetEvent;
  readonly times: number;
}

export interface WarmValues {
  /** Processor time per request. */
  readonly cpu: Values;
  /** MB of memory that the process has, after hundreds of requests one after the other. */
  readonly rss: Values;
}

/** Requests to processes that have seen enough of them to be warm. */
export async function measureWarm(
  loads: Readonly<Record<string, Load>>,
  standIns: StandIns,
  rounds: number,
  progress: Progress,
): Promise<WarmValues> {
  const processes = new Map<string, WarmProcess>();
  try {
    for (const { entry } of Object.values(loads)) {
      if (!processes.has(entry)) processes.set(entry, await startWarmProcess(entry, standIns.environment));
    }
    const send = ({ entry, event, times }: Load) => (processes.get(entry) as WarmProcess).send(event, times);
    const names = Object.keys(loads).join(', ');
    // The compiler is done with a function after some thousands of calls of it.
    const warmUps = 4;
    await interleave(
      mapValues(loads, (load) => () => send(load)),
      warmUps,
      (round, of) => progress(`warming up ${round}/${of}: ${names}`),
    );
    const figures = await interleave(
      mapValues(loads, (load) => () => send(load)),
      rounds,
      (round, of) => progress(`warm ${round}/${of}: ${names}`),
    );
    return {
      cpu: mapValues(figures, (of) => of.map(({ cpu }) => cpu)),
      rss: mapValues(figures, (of) => of.map(({ rss }) => rss)),
    };
  } finally {
    for (const child of processes.values()) child.stop();
  }
}

/** A record of the same keys with other values. */
export function mapValues<Key extends string, T, U>(
  record: Readonly<Record<Key, T>>,
  change: (value: T) => U,
): Record<Key, U> {
  return Object.fromEntries(
    Object.entries<T>(record).map(([name, value]) => [name, change(value)]),
  ) as Record<Key, U>;
}
