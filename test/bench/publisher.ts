// The publisher at full load: batches of the stream, one after the other, for an event bus that takes some time to answer.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleFunctions } from '../../infra/bundling/bundle-function.ts';
import { startEventBus } from '../../infra/local/bus-server.ts';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { startWarmProcess, type WarmFigures } from './children.ts';
import type { Progress } from './measures.ts';
import { interleave } from './statistics.ts';

/** A batch, and how far away the bus is. */
export interface PublisherLoad {
  readonly records: number;
  /** How many users the records are of. */
  readonly users: number;
  /** Milliseconds that the bus takes for a call. */
  readonly busTime: number;
}

/**
 * Measures what a batch takes in one environment of the deployed bundle.
 *
 * @param folder - where to put the bundle
 * @param loads - name -> load
 * @returns name -> figures of a batch, one for each round
 */
export async function measurePublisher<Name extends string>(
  folder: string,
  loads: Readonly<Record<Name, PublisherLoad>>,
  rounds: number,
  progress: Progress,
): Promise<Record<Name, WarmFigures[]>> {
  const { publisher } = await bundleFunctions(folder);
  let busTime = 0;
  const bus = await startEventBus(async (events) => {
    await sleep(busTime);
    return events.map(() => undefined);
  });
  const child = await startWarmProcess(join(publisher.codeFolder, 'index.mjs'), {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL_EVENTBRIDGE: bus.endpoint,
    EVENT_BUS_NAME: 'bench',
    DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/000000000000/none',
  });
  const measureOne = (load: PublisherLoad, times: number) => {
    busTime = load.busTime;
    return child.send({ Records: createRecords(load) }, times);
  };
  try {
    // The compiler is done with a function after some thousands of calls of it.
    await measureOne({ records: 100, users: 100, busTime: 0 }, 100);
    const subjects = Object.fromEntries(
      Object.entries<PublisherLoad>(loads).map(([name, load]) => [name, () => measureOne(load, 10)]),
    ) as Record<Name, () => Promise<WarmFigures>>;
    return await interleave(subjects, rounds, (round, of) => progress(`publisher ${round}/${of}`));
  } finally {
    child.stop();
    bus.stop();
  }
}

/** Records of resets without a PIN, each of which cleared two payment methods. */
function createRecords({ records, users }: PublisherLoad): StreamRecord[] {
  return Array.from({ length: records }, (_, i) => {
    const id = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
    const at = new Date(1_700_000_000_000 + i).toISOString();
    const before = {
      userId: { S: `user-${i % users}` },
      status: { S: 'active' },
      paymentMethods: { M: { visa: { M: {} }, sepa: { M: {} } } },
      tokensValidFrom: { N: String(i) },
    };
    const NewImage = {
      ...before,
      paymentMethods: { M: {} },
      tokensValidFrom: { N: String(i + 1) },
      lastReset: { M: { id: { S: id }, at: { S: at }, pinVerified: { BOOL: false } } },
    };
    return { eventName: 'MODIFY', dynamodb: { OldImage: before, NewImage, SequenceNumber: String(i + 1) } };
  });
}
