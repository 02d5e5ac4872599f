// One user's life in the soak: requests of every kind, and other services' writes beside them. A model of the item
// predicts every answer, and the item.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as sendHttp } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { toItem } from '../../infra/users/user-item.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { createSalt, deriveTag, tagLength, toPhcString } from '../../lambda/reset/domain/argon2id.ts';
import { createPinVerifier } from '../../lambda/reset/domain/recovery-pin.ts';
import { type HttpRequest, resetPath, send } from '../support/http-client.ts';
import { createRandom, type Random } from '../support/random.ts';
import { pepperJson } from '../support/service.ts';
import type { ModelItem, UserModel } from '../support/user-model.ts';
import { createHostileRequest } from './hostile-requests.ts';
import {
  findOutcomes,
  type ModelRequest,
  type Outcome,
  type Participant,
  repeatedCall,
  request,
  writer,
} from './outcomes.ts';
import { repeatIfClosed, type SoakService } from './soak-service.ts';

/** What happened to all users. */
export interface Tally {
  /** All requests that were sent, also repeated ones and those whose client did not wait. */
  requests: number;
  /** Users that were checked to the end. */
  users: number;
  /** Answer's code -> how many. */
  readonly codes: Map<string, number>;
  /** Kind of a request -> how many. */
  readonly kinds: Map<string, number>;
}

export function add(counts: Map<string, number>, key: string, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

const peppers = parsePeppers(pepperJson);
const rightPin = '5621';
const otherPin = '8305';
/** Also the right one of users whose PIN was replaced. */
const wrongPins = ['1000', '1000', '1001', '1002', '1003', otherPin];
const passwords = ['five hushed otters paddle upstream', 'six hushed otters paddle upstream'];
/** Different callers use the same few. */
const requestIds = ['cbgmhslmp1o9or9kh1p0', 'cbgmhslmp1o9or9kh1pg'];
/** Signing is work of the test, and this algorithm is the quickest. */
export const quickly = { alg: 'EdDSA' };

const weightsOfSteps = {
  'one request': 12,
  'the last request again': 12,
  'two requests at once': 9,
  'another writer beside a request': 8,
  'a client that hangs up': 7,
  'half a request': 5,
  'hostile requests': 20,
  'a new login': 6,
};
const stepsOfUser = 20;
const hostileRequestsOfStep = 8;
/** The issuer's clock may be this many seconds ahead, and each login after a reset is a second ahead of the last. */
const maxLogins = 3;

/** Milliseconds: in a shorter request, the SDK has sent no call to the table again, which it does after 750. */
const shortestRepetition = 700;
/** Milliseconds in which every write that was sent lands, also one that the SDK gave up. */
const landingTime = 1_500;

interface Caller {
  readonly token: string;
  readonly tokenId: string;
  readonly login: number;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
}

/** A request for a reset. */
interface Call {
  readonly caller: Caller;
  readonly pin: string | undefined;
  readonly password: string | undefined;
  readonly isInBody: boolean;
  readonly requestId: string;
}

/**
 * Creates a user, lets it live, compares the item with the model, and deletes it.
 *
 * @param seed - selects what happens
 */
export async function playUser(
  service: SoakService,
  userId: string,
  seed: string,
  tally: Tally,
): Promise<void> {
  const user = await createUser(service, userId, createRandom(seed), tally);
  for (let step = 0; step < stepsOfUser; step++) await user.act();
  await user.finish();
  tally.users++;
}

async function createUser(service: SoakService, userId: string, random: Random, tally: Tally) {
  const { table, tableName } = service;
  const Key = { userId: { S: userId } };
  /** Stored verifier -> verifier in the model, of those that a request renews. */
  const weakVerifiers = new Map<string, string>();

  async function createWeakVerifier(pin: string): Promise<string> {
    const verifier = await computeWeakVerifier(userId, pin);
    weakVerifiers.set(verifier, `${pin} weak ${weakVerifiers.size}`);
    return verifier;
  }

  const isStrong = random.next() < 0.01;
  const hasPin = random.next() < 0.95;
  const Item = await toItem({ userId, paymentMethods: { visa: {}, sepa: {} } }, peppers);
  Item.passwordHash = { S: 'hash' };
  if (hasPin) {
    const verifier = isStrong
      ? await createPinVerifier(peppers, userId, rightPin)
      : await createWeakVerifier(rightPin);
    Item.pinVerifier = { S: verifier };
  }
  await table.send(new PutItemCommand({ TableName: tableName, Item }));

  let model = toModelItem(Item, weakVerifiers, 0) as ModelItem | undefined;
  if (model !== undefined && isStrong && hasPin) model = { ...model, pinVerifier: `${rightPin} strong` };
  let tokensValidFrom = 0;
  let login = 0;
  let callers = await signIn(Math.floor(Date.now() / 1_000) - 60);
  let lastCall = chooseCall();

  function signIn(issuedAt: number): Promise<Caller[]> {
    const claims = { sub: userId, iat: issuedAt, exp: issuedAt + 600 };
    return Promise.all(
      ['first', 'second'].map(async (jti) => {
        const token = await service.signer.sign({ ...claims, jti }, quickly);
        const signed = token.slice(0, token.lastIndexOf('.'));
        const tokenId = createHash('sha256').update(signed).digest('base64url');
        return { token, tokenId, login, issuedAt };
      }),
    );
  }

  function chooseCall(): Call {
    const caller = random.pick(callers);
    const pin = choosePin();
    const password = random.next() < 0.04 ? random.pick(passwords) : undefined;
    const isInBody = password !== undefined || random.next() < 0.2;
    return { caller, pin, password, isInBody, requestId: random.pick(requestIds) };
  }

  function choosePin(): string | undefined {
    const kind = random.weighted({ none: 14, right: 4, wrong: 32 });
    if (kind === 'none') return undefined;
    return kind === 'right' ? (model?.pinVerifier ?? rightPin).slice(0, 4) : random.pick(wrongPins);
  }

  function toModelRequest({ caller, pin, password }: Call): ModelRequest {
    return { userId, tokenId: caller.tokenId, login: caller.login, pin, password };
  }

  /** Sends a request, and again as clients do while the answer is 501; returns the code of the last answer. */
  async function sendCall(kind: string, call: Call): Promise<string> {
    const code = await sendPersistently(kind, toHttp(call));
    const kindOfPin = call.pin === undefined ? 'without a PIN' : 'with a PIN';
    add(tally.kinds, kindOfPin);
    if (code === '204') add(tally.kinds, `204 ${kindOfPin}`);
    if (call.password !== undefined) add(tally.kinds, 'with a new password');
    return code;
  }

  async function sendPersistently(kind: string, http: HttpRequest): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      tally.requests++;
      add(tally.kinds, kind);
      const { code } = await repeatIfClosed(() => send(service.url, http));
      add(tally.codes, code);
      if (code !== 'internal-error' || attempt === 8) return code;
      await sleep(landingTime);
    }
  }

  async function readItem() {
    const { Item } = await table.send(
      new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }),
    );
    return Item;
  }

  /**
   * Sends requests while other writers write, and expects an outcome that some order of all steps has.
   *
   * @param act - resolves to the code of each request, and then to those of the writers
   */
  async function expectOutcome(
    calls: readonly Call[],
    writers: readonly Participant[],
    act: () => Promise<string[]>,
  ): Promise<void> {
    const participants = [...calls.map((call) => request(peppers, toModelRequest(call))), ...writers];
    const startedAt = Date.now();
    const codes = await act();
    const endedAt = Date.now();
    const isSlow = endedAt - startedAt >= shortestRepetition;
    const outcomes = await findOutcomes(model, participants);
    if (outcomes.length === 1 && !isSlow && !codes.includes('204')) {
      expect(codes).toEqual(outcomes[0]?.codes);
      model = outcomes[0]?.item;
      return;
    }
    if (isSlow) await sleep(landingTime);
    const item = await readItem();
    const outcome =
      outcomes.find((one) => isOutcome(one, codes, item)) ??
      (isSlow ? await findOutcomeOfRepetition(calls, participants, codes, item) : undefined);
    if (outcome === undefined) failUnexpected(codes, item, outcomes);
    model = outcome.item;
    if (item !== undefined) expectTokensValidFrom(item, startedAt, endedAt);
  }

  async function findOutcomeOfRepetition(
    calls: readonly Call[],
    participants: readonly Participant[],
    codes: readonly string[],
    item: Record<string, AttributeValue> | undefined,
  ): Promise<Outcome | undefined> {
    const repeated = calls.map((call) => repeatedCall(peppers, toModelRequest(call)));
    const outcomes = await findOutcomes(model, [...participants, ...repeated]);
    const outcome = outcomes.find((one) => isOutcome(one, codes, item));
    if (outcome !== undefined) add(tally.kinds, 'explained by a repeated call to the table');
    return outcome;
  }

  /** The logins of the model are numbers, so that of the times only their presence is compared. */
  function isOutcome(
    { codes: expectedCodes, item: expected }: Outcome,
    codes: readonly string[],
    item: Record<string, AttributeValue> | undefined,
  ): boolean {
    const found = toModelItem(item, weakVerifiers, expected?.tokensValidFrom ?? 0);
    return (
      JSON.stringify([expectedCodes.slice(0, codes.length), toComparable(expected)]) ===
      JSON.stringify([codes, toComparable(found)])
    );
  }

  function failUnexpected(
    codes: readonly string[],
    item: Record<string, AttributeValue> | undefined,
    outcomes: readonly Outcome[],
  ): never {
    const found = { codes, item: toComparable(toModelItem(item, weakVerifiers, 1)) };
    const possible = outcomes.map((one) => ({ codes: one.codes, item: toComparable(one.item) }));
    throw new Error(`found ${JSON.stringify(found)}, and possible are ${JSON.stringify(possible)}`);
  }

  /** A reset revokes the tokens issued until its write landed, and its own. */
  function expectTokensValidFrom(
    item: Record<string, AttributeValue>,
    startedAt: number,
    endedAt: number,
  ): void {
    const time = Number(item.tokensValidFrom?.N ?? 0);
    if (time === tokensValidFrom) return;
    const issuedAt = callers[0]?.issuedAt ?? 0;
    expect(time).toBeGreaterThan(Math.max(Math.floor(startedAt / 1_000), issuedAt));
    expect(time).toBeLessThanOrEqual(Math.max(Math.floor(endedAt / 1_000), issuedAt) + 1);
    tokensValidFrom = time;
  }

  /** A write of another service, with the condition of docs/data-model.md. */
  async function chooseWrite(): Promise<{ participant: Participant; write: () => Promise<string> }> {
    const caller = random.pick(callers);
    const iat = { ':iat': { N: String(caller.issuedAt) } };
    const kind = random.weighted({ 'add payment method': 10, 'replace PIN': 8, disable: 1, delete: 1 });
    add(tally.kinds, `writer: ${kind}`);
    switch (kind) {
      case 'add payment method': {
        const id = `method-${Math.floor(random.next() * 5)}`;
        const isThere = (item: ModelItem | undefined) => item?.paymentMethods.includes(id);
        return {
          participant: writer((m) => {
            if (!isThere(m.item)) m.addPaymentMethod(id, caller.login);
          }),
          write: () =>
            update({
              UpdateExpression: 'SET paymentMethods.#id = :method',
              ConditionExpression: unrevoked,
              ExpressionAttributeNames: { '#id': id },
              ExpressionAttributeValues: { ...iat, ':method': { M: {} } },
            }),
        };
      }
      case 'replace PIN': {
        const verifier = await createWeakVerifier(random.pick([rightPin, otherPin]));
        const modelVerifier = weakVerifiers.get(verifier) as string;
        return {
          participant: writer((m) => m.replacePin(modelVerifier, caller.login)),
          write: () =>
            update({
              UpdateExpression: 'SET pinVerifier = :next REMOVE pinGuesses, pinLock',
              ConditionExpression: unrevoked,
              ExpressionAttributeValues: { ...iat, ':next': { S: verifier } },
            }),
        };
      }
      case 'disable':
        return {
          participant: writer((m) => m.disable()),
          write: () =>
            update({
              UpdateExpression: 'SET #status = :disabled',
              ConditionExpression: 'attribute_exists(userId)',
              ExpressionAttributeNames: { '#status': 'status' },
              ExpressionAttributeValues: { ':disabled': { S: 'disabled' } },
            }),
        };
      case 'delete':
        return {
          participant: writer((m: UserModel) => m.remove()),
          async write() {
            await table.send(new DeleteItemCommand({ TableName: tableName, Key }));
            return 'written';
          },
        };
    }
  }

  async function update(input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>): Promise<string> {
    try {
      await table.send(new UpdateItemCommand({ TableName: tableName, Key, ...input }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    return 'written';
  }

  /** Sends a request whose client closes the connection before the answer; the function handles it all the same. */
  async function sendAndHangUp(call: Call): Promise<void> {
    const requestId = `${createHash('sha256').update(`${userId} ${random.next()}`).digest('hex').slice(0, 19)}0`;
    const handled = service.handled(requestId);
    const { path, body, headers } = toHttp({ ...call, requestId });
    const outgoing = sendHttp(service.url + path, {
      method: 'PUT',
      headers: headers as never,
      agent: false,
    });
    outgoing.on('error', () => {}).on('response', (response) => response.resume().on('error', () => {}));
    outgoing.end(body);
    await once(outgoing, 'finish');
    await sleep(random.next() * 10);
    outgoing.destroy();
    tally.requests++;
    add(tally.kinds, 'a client that hangs up');
    const status = await handled;
    expect(status, 'a request whose client is gone is handled').toBeDefined();
    if (status === 501) await sleep(landingTime);
  }

  /** Sends a part of a request, and closes the connection. */
  async function sendHalf(call: Call): Promise<void> {
    const { path, headers } = toHttp(call);
    const { hostname, port } = new URL(service.url);
    const body = JSON.stringify({ pin: call.pin ?? rightPin, password: passwords[0] });
    const whole = [
      `PUT ${path} HTTP/1.1`,
      `Host: ${hostname}`,
      ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
    const socket = connect(Number(port), hostname).on('error', () => {});
    await once(socket, 'connect');
    const length = Math.floor(random.next() * (whole.length - 1));
    socket.end(whole.slice(0, length));
    socket.resume();
    await once(socket, 'close');
    tally.requests++;
    add(tally.kinds, 'half a request');
  }

  type Step = keyof typeof weightsOfSteps;

  const takeStep: Readonly<Record<Step, (step: Step) => Promise<void>>> = {
    'one request': (step) => {
      lastCall = chooseCall();
      return sendOne(step, lastCall);
    },
    'the last request again': (step) => sendOne(step, lastCall),
    async 'two requests at once'(step) {
      const first = chooseCall();
      const second = random.next() < 0.5 ? first : chooseCall();
      await expectOutcome([first, second], [], () =>
        Promise.all([sendCall(step, first), sendCall(step, second)]),
      );
    },
    async 'another writer beside a request'(step) {
      const call = chooseCall();
      const { participant, write } = await chooseWrite();
      const pause = random.next() * 10;
      await expectOutcome([call], [participant], () =>
        Promise.all([sendCall(step, call), sleep(pause).then(write)]),
      );
    },
    async 'a client that hangs up'() {
      const call = chooseCall();
      lastCall = call;
      await expectOutcome([call], [], async () => {
        await sendAndHangUp(call);
        return [await sendCall('the last request again', call)];
      });
    },
    'half a request': () => sendHalf(chooseCall()),
    async 'hostile requests'(step) {
      for (let i = 0; i < hostileRequestsOfStep; i++) {
        const [code, http] = await createHostileRequest(service, random, random.pick(callers).token);
        expect(await sendPersistently(step, http), JSON.stringify(http)).toBe(code);
      }
    },
    async 'a new login'() {
      if (model === undefined || model.tokensValidFrom <= login || login === maxLogins) return;
      login = model.tokensValidFrom;
      callers = await signIn(tokensValidFrom);
      lastCall = chooseCall();
    },
  };

  function sendOne(step: Step, call: Call): Promise<void> {
    return expectOutcome([call], [], async () => [await sendCall(step, call)]);
  }

  return {
    /** Takes one step. */
    async act(): Promise<void> {
      const step = random.weighted(weightsOfSteps);
      await takeStep[step](step);
    },

    /** Compares the item with the model, and deletes it. */
    async finish(): Promise<void> {
      const item = await readItem();
      const found = toModelItem(item, weakVerifiers, model?.tokensValidFrom ?? 0);
      expect(toComparable(found)).toEqual(toComparable(model));
      expect(Number(item?.tokensValidFrom?.N ?? 0)).toBe(model === undefined ? 0 : tokensValidFrom);
      if (item !== undefined) await table.send(new DeleteItemCommand({ TableName: tableName, Key }));
    },
  };
}

const unrevoked =
  'attribute_exists(userId) AND (attribute_not_exists(tokensValidFrom) OR tokensValidFrom <= :iat)';

function toHttp({ caller, pin, password, isInBody, requestId }: Call): HttpRequest {
  const headers = { Authorization: `Bearer ${caller.token}`, 'Request-Id': requestId };
  if (!isInBody)
    return { path: `${resetPath}${pin === undefined ? '?utm_source=soak' : `?pin=${pin}`}`, headers };
  return {
    path: resetPath,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ pin, password }),
  };
}

/** A verifier with the least parameters that are allowed, which takes no time; the right PIN renews it. */
async function computeWeakVerifier(userId: string, pin: string): Promise<string> {
  const cost = { memory: 8, passes: 1, parallelism: 1 };
  const salt = createSalt();
  const tag = await deriveTag(pin, { ...cost, tagLength }, salt, {
    secret: Buffer.from(peppers.keys.get(peppers.current) as string),
    associatedData: Buffer.from(userId),
  });
  return toPhcString({ ...cost, keyId: peppers.current }, salt, tag);
}

const strongVerifier = /^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=k1\$/;

/** Converts an item to the form of the model. */
function toModelItem(
  item: Record<string, AttributeValue> | undefined,
  weakVerifiers: ReadonlyMap<string, string>,
  tokensValidFrom: number,
): ModelItem | undefined {
  if (item === undefined) return undefined;
  const verifier = item.pinVerifier?.S;
  return {
    active: item.status?.S === 'active',
    hasPassword: item.passwordHash !== undefined,
    pinVerifier:
      verifier === undefined || !strongVerifier.test(verifier)
        ? (weakVerifiers.get(verifier ?? '') ?? verifier)
        : 'strong',
    attempts: [...(item.pinGuesses?.SS ?? [])].sort(),
    lockedBy: item.pinLock === undefined ? undefined : '',
    paymentMethods: Object.keys(item.paymentMethods?.M ?? {}).sort(),
    tokensValidFrom: item.tokensValidFrom === undefined ? 0 : tokensValidFrom,
    lastReset: item.lastReset?.M && {
      id: '',
      token: item.lastReset.M.token?.S ?? '',
      pinVerified: item.lastReset.M.pinVerified?.BOOL === true,
      password: item.lastReset.M.password?.S,
    },
  };
}

/** Leaves out what the model cannot know: salts, and the digest of a new password. */
function toComparable(item: ModelItem | undefined) {
  return (
    item && {
      ...item,
      pinVerifier: item.pinVerifier?.replace(/^\d{4} strong$/, 'strong') ?? null,
      lockedBy: item.lockedBy ?? null,
      lastReset: item.lastReset
        ? { ...item.lastReset, password: item.lastReset.password !== undefined }
        : null,
    }
  );
}
