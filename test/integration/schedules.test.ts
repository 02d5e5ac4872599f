// Concurrency by schedule: requests and other writers of one user's item, interleaved at each call to the table in
// orders that fast-check generates. Each step runs on a real table and on a model of the item, and both must agree.
// Requests may share what a caller can choose, such as the Request-Id, and the millisecond too. Every schedule of few
// participants is tried on an item in memory (test/unit/reset/schedules.test.ts); these have more, and a real table.
import {
  type AttributeValue,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { toItem } from '../../infra/users/user-item.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { createUserTable } from '../../lambda/reset/adapters/user-table.ts';
import { createPinVerifier } from '../../lambda/reset/domain/recovery-pin.ts';
import type { UserStore } from '../../lambda/reset/domain/reset-password.ts';
import { createHandler } from '../../lambda/reset/http/pipeline.ts';
import { scaled, scaledTimeout } from '../support/generated-cases.ts';
import { createPlainClient } from '../support/plain-client.ts';
import { createRecorder } from '../support/recorder.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { startService, type TestService } from '../support/service.ts';
import { createUserModel, type ModelItem, toModelItem, type UserModel } from '../support/user-model.ts';

useQuickArgon2();

const userId = 'alice';
const keys = { k1: '1'.repeat(32), k2: '2'.repeat(32) };
/** The keys before and after a rotation of the pepper. */
const peppersOf = {
  k1: parsePeppers(JSON.stringify({ current: 'k1', ...keys })),
  k2: parsePeppers(JSON.stringify({ current: 'k2', ...keys })),
};
const rightPin = '5621';
const nextPin = '8305';
const passwords = ['five hushed otters paddle upstream', 'six hushed otters paddle upstream'];
const start = 2_000_000_000;

let service: TestService;
let table: ReturnType<typeof createPlainClient>;
let startItem: Record<string, AttributeValue>;
let nextVerifier: string;
beforeAll(async () => {
  service = await startService();
  table = createPlainClient(inject('tableEndpoint'));
  startItem = await toItem({ userId, pin: rightPin, paymentMethods: { visa: {} } }, peppersOf.k1);
  startItem.passwordHash = { S: 'hash' };
  nextVerifier = await createPinVerifier(peppersOf.k2, userId, nextPin);
});
afterAll(async () => {
  table.destroy();
  await service.close();
});

interface Reset {
  readonly kind: 'reset';
  readonly pin: string | undefined;
  readonly password: string | undefined;
  readonly token: number;
  /** Name of the pepper key that is current for the Lambda environment of this request. */
  readonly pepper: keyof typeof peppersOf;
  readonly requestId: string;
  /** Milliseconds from the start until the request arrives, and between two readings of the clock. */
  readonly arrivesAfter: number;
  readonly slowness: number;
}

type Participant =
  | Reset
  | { readonly kind: 'add payment method' | 'replace PIN'; readonly token: number }
  | { readonly kind: 'disable' | 'delete' };

/** Later tokens were issued later: the last one by a clock ahead, so that a reset by another does not revoke it. */
const issuedAt = [start - 100, start - 50, start + 3] as const;
const token = fc.nat(issuedAt.length - 1);
const pin = fc.constantFrom(
  undefined,
  undefined,
  rightPin,
  rightPin,
  nextPin,
  '1000',
  '1001',
  '1002',
  '1003',
);
const reset: fc.Arbitrary<Reset> = fc.record({
  kind: fc.constant('reset' as const),
  pin,
  password: fc.constantFrom(undefined, undefined, undefined, ...passwords),
  token,
  pepper: fc.constantFrom('k1', 'k1', 'k2'),
  requestId: fc.constantFrom('cbgmhslmp1o9or9kh1p0', 'cbgmhslmp1o9or9kh1p0', 'cbgmhslmp1o9or9kh1pg'),
  arrivesAfter: fc.constantFrom(0, 0, 0, 1, 900),
  slowness: fc.constantFrom(0, 0, 0, 500),
});
const participant: fc.Arbitrary<Participant> = fc.oneof(
  { weight: 10, arbitrary: reset },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('add payment method' as const, 'replace PIN' as const),
      token,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('disable' as const, 'delete' as const) }) },
);

/** The run of a schedule. */
interface Run {
  readonly model: UserModel;
  /** The steps on the table, in order. */
  readonly trace: string[];
  step<T>(label: string, onTable: () => Promise<T>, onModel: () => unknown): Promise<T>;
}

it('real table and model agree on every answer and on the item, in every order', {
  timeout: scaledTimeout,
}, async () => {
  const numRuns = scaled(25, 1_000);
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(participant, { minLength: 2, maxLength: 6 }),
      async (scheduler, participants) => {
        const run = await startRun(scheduler);
        const outcomes = participants.map((one, index) => takePart(run, one, index));
        await scheduler.waitFor(Promise.all(outcomes), async (release) => {
          await release();
          await run.idle();
        });
        const answers = await Promise.all(outcomes);
        for (const answer of answers) seen.set(answer, (seen.get(answer) ?? 0) + 1);
        expect(await readItem()).toEqual(run.model.item);
        checkTrace(run.trace);
      },
    ),
    { numRuns },
  );
  console.log(`schedules: ${numRuns}, ${JSON.stringify(Object.fromEntries(seen))}`);
  // Few runs meet few kinds of answers.
  const kinds = ['replayed', 'token-revoked', 'recovery-pin-mismatch', 'user-not-found', 'user-disabled'];
  expect([...seen.keys()]).toEqual(expect.arrayContaining(scaled(['reset'], ['reset', ...kinds])));
});

async function startRun(scheduler: fc.Scheduler): Promise<Run & { idle(): Promise<unknown> }> {
  await table.send(new PutItemCommand({ TableName: service.tableName, Item: startItem }));
  const model = createUserModel(await readItem());
  const trace: string[] = [];
  let last: Promise<unknown> = Promise.resolve();
  return {
    model,
    trace,
    idle: () => last,
    async step(label, onTable, onModel) {
      await scheduler.schedule(Promise.resolve(), label);
      const [real, ideal] = [settle(onTable), settle(async () => onModel())];
      last = Promise.all([real, ideal]).catch(() => {});
      const outcome = await real;
      expect(outcome.summary, label).toEqual((await ideal).summary);
      trace.push(`${label}: ${outcome.summary}`);
      return outcome.take();
    },
  };
}

/** Turns a result or an error into a summary that can be compared. */
async function settle<T>(act: () => Promise<T>): Promise<{ summary: string; take(): T }> {
  try {
    const value = await act();
    return {
      summary: typeof value === 'string' ? value : (JSON.stringify(value) ?? 'done'),
      take: () => value,
    };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return {
      summary: code,
      take() {
        throw error;
      },
    };
  }
}

/** Takes part in a run; resolves to the outcome of a request. */
async function takePart(run: Run, one: Participant, index: number): Promise<string> {
  switch (one.kind) {
    case 'reset':
      return request(run, one, index);
    case 'disable':
      return run.step(one.kind, () => write(disabling), run.model.disable);
    case 'delete':
      return run.step(one.kind, () => write({}, DeleteItemCommand), run.model.remove);
    case 'replace PIN': {
      const issued = issuedAt[one.token] ?? 0;
      const change = () => run.model.replacePin(nextVerifier, issued);
      return run.step(one.kind, () => write(replacingPin(issued)), change);
    }
    case 'add payment method': {
      const [issued, id] = [issuedAt[one.token] ?? 0, `method-${index}`];
      const change = () => run.model.addPaymentMethod(id, issued);
      return run.step(one.kind, () => write(addingPaymentMethod(id, issued)), change);
    }
  }
}

const disabling = {
  UpdateExpression: 'SET #status = :disabled',
  ConditionExpression: 'attribute_exists(userId)',
  ExpressionAttributeNames: { '#status': 'status' },
  ExpressionAttributeValues: { ':disabled': { S: 'disabled' } },
};

/** The condition that every other writer must use (docs/data-model.md). */
const unrevoked =
  'attribute_exists(userId) AND (attribute_not_exists(tokensValidFrom) OR tokensValidFrom <= :iat)';

function replacingPin(issued: number) {
  return {
    UpdateExpression: 'SET pinVerifier = :next REMOVE pinGuesses, pinLock',
    ConditionExpression: unrevoked,
    ExpressionAttributeValues: { ':iat': { N: String(issued) }, ':next': { S: nextVerifier } },
  };
}

function addingPaymentMethod(id: string, issued: number) {
  return {
    UpdateExpression: 'SET paymentMethods.#id = :method',
    ConditionExpression: unrevoked,
    ExpressionAttributeNames: { '#id': id },
    ExpressionAttributeValues: { ':iat': { N: String(issued) }, ':method': { M: {} } },
  };
}

/** A write by another service, whose condition may fail. */
async function write(
  expressions: object,
  Command: typeof UpdateItemCommand | typeof DeleteItemCommand = UpdateItemCommand,
): Promise<string> {
  const input = { TableName: service.tableName, Key: { userId: { S: userId } }, ...expressions };
  await table.send(new Command(input) as UpdateItemCommand).catch((error: Error) => {
    if (error.name !== 'ConditionalCheckFailedException') throw error;
  });
  return 'done';
}

/** Lets the pipeline handle a request; resolves to the code that it logs. */
async function request(
  run: Run,
  { pin, password, token, pepper, requestId, arrivesAfter, slowness }: Reset,
  index: number,
): Promise<string> {
  const real = createUserTable({
    client: table,
    tableName: service.tableName,
    requiredLinkedIdentity: null,
  });
  const label = `${index} ${pin ?? 'no PIN'} token ${token}`;
  /** Makes each call of a method a step of the schedule, on table and model. */
  function stepwise<M extends keyof UserStore>(name: string, method: M): UserStore[M] {
    const call = (users: UserStore, args: unknown[]) =>
      (users[method] as (...args: unknown[]) => unknown)(...args);
    const step = (...args: unknown[]) =>
      run.step(
        `${label} ${name}`,
        async () => call(real, args),
        () => call(run.model, args),
      );
    return step as UserStore[M];
  }
  const recorder = createRecorder();
  let time = start * 1_000 + arrivesAfter;
  const handler = createHandler({
    paths: ['/reset'],
    corsOrigins: [],
    minPasswordLength: 15,
    documentationUrl: undefined,
    deprecation: {},
    verifyAccessToken: async (tokenId) => ({ userId, tokenId, issuedAt: issuedAt[token] ?? 0 }),
    users: {
      resetWithoutPin: stepwise('reset without PIN', 'resetWithoutPin'),
      reserveAttempt: stepwise('reserve', 'reserveAttempt'),
      resetWithPin: stepwise('reset with PIN', 'resetWithPin'),
      markPinLocked: stepwise('mark', 'markPinLocked'),
      raiseTokensValidFrom: stepwise('raise', 'raiseTokensValidFrom'),
    },
    loadPeppers: async () => peppersOf[pepper],
    now: () => (time += slowness),
    logger: recorder.logger,
    metrics: recorder.metrics,
  });
  await handler(
    {
      httpMethod: 'PUT',
      path: '/reset',
      headers: {
        Authorization: `Bearer token-${token}`,
        'Request-Id': requestId,
        'Content-Type': 'application/json',
      },
      queryStringParameters: pin === undefined ? null : { pin },
      body: password === undefined ? null : JSON.stringify({ password }),
    },
    {},
  );
  const fault = recorder.lines.find(({ level }) => level === 'error');
  if (fault !== undefined) throw new Error(JSON.stringify(fault));
  return String(recorder.lines.at(-1)?.code);
}

/** Checks the table's history independently of model and code. */
function checkTrace(trace: readonly string[]): void {
  const resets = trace.filter((step) => /reset with(out)? PIN: (done|\{)/.test(step));
  const tokens = resets.map((step) => /token \d/.exec(step)?.[0]);
  expect(new Set(tokens).size, 'no token resets twice').toBe(tokens.length);
  let checked = new Set<string>();
  for (const step of trace) {
    // The right PIN and a new PIN reset the count.
    if (/reset with PIN: done|^replace PIN/.test(step)) checked = new Set();
    const attempt = /^\d+ (\d{4}) token \d reserve: \{/.exec(step)?.[1];
    if (attempt !== undefined) checked.add(attempt);
    expect(checked.size, 'no more than three PINs are checked').toBeLessThanOrEqual(3);
  }
}

/** The item in the form of the model. */
async function readItem(): Promise<ModelItem | undefined> {
  const Key = { userId: { S: userId } };
  const { Item } = await table.send(
    new GetItemCommand({ TableName: service.tableName, Key, ConsistentRead: true }),
  );
  return toModelItem(Item);
}
