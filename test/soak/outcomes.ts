// What may happen when a user's requests and other services' writes meet: every order of their steps, on the model.
import { digestAttempt, maxAttempts, type Peppers } from '../../lambda/reset/domain/recovery-pin.ts';
import type { ReservedAttempt, ResetRequest, ResetTime } from '../../lambda/reset/domain/reset-password.ts';
import { createUserModel, type ModelItem, type UserModel } from '../support/user-model.ts';

/** What the model needs to know of a request. */
export interface ModelRequest {
  readonly userId: string;
  readonly tokenId: string;
  /** Which login of the user the token is from: 0, 1, … A reset revokes the tokens of its login and of earlier ones. */
  readonly login: number;
  readonly pin: string | undefined;
  readonly password: string | undefined;
}

/** One who takes part: an answer's code at the end, and a pause before each step on the item. */
export type Participant = (model: UserModel) => AsyncGenerator<void, string>;

export interface Outcome {
  /** Of each participant, in their order. */
  readonly codes: readonly string[];
  readonly item: ModelItem | undefined;
}

/** The model's verifiers say for which PIN they are: `5621 first`. */
function pinOf(modelVerifier: string): string {
  return modelVerifier.slice(0, 4);
}

/** Makes a request take part. */
export function request(peppers: Peppers, { login, pin, password, ...one }: ModelRequest): Participant {
  const reset: ResetRequest = {
    invocationId: '',
    accessToken: { userId: one.userId, tokenId: one.tokenId, issuedAt: login },
    pin,
    newPassword: password === undefined ? undefined : { hash: '', digest: password },
    signal: new AbortController().signal,
  };
  const time = { at: new Date(0), tokensValidFrom: login + 1 };
  return async function* steps(model) {
    try {
      if (pin !== undefined) {
        return yield* resetWithPin(model, reset, time, digestAttempt(peppers, one.userId, pin));
      }
      yield;
      await model.resetWithoutPin(reset, time);
      return '204';
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined) throw error;
      return code;
    }
  };
}

async function* resetWithPin(
  model: UserModel,
  reset: ResetRequest,
  time: ResetTime,
  digest: string,
): AsyncGenerator<void, string> {
  for (;;) {
    yield;
    const reserved = await model.reserveAttempt(reset, digest);
    if (reserved === 'replayed') return '204';
    const checked = reserved.pinVerifier;
    if (pinOf(checked) !== reset.pin) return yield* refuseWrongPin(model, reset, time, reserved);
    yield;
    const next = checked.endsWith(' strong') ? checked : `${reset.pin} strong`;
    if ((await model.resetWithPin(reset, time, { checked, next })) !== 'pin-replaced') return '204';
  }
}

async function* refuseWrongPin(
  model: UserModel,
  reset: ResetRequest,
  { at }: ResetTime,
  { attempts, isMarkedLocked, pinVerifier }: ReservedAttempt,
): AsyncGenerator<void, string> {
  if (attempts >= maxAttempts && !isMarkedLocked) {
    yield;
    await model.markPinLocked(reset, at, pinVerifier);
  }
  return 'recovery-pin-mismatch';
}

/**
 * Makes the first write of a request take part alone: a call to the table whose answer came too late for the SDK, which
 * has sent the call again.
 */
export function repeatedCall(peppers: Peppers, one: ModelRequest): Participant {
  const whole = request(peppers, one);
  return async function* steps(model) {
    const running = whole(model);
    await running.next();
    yield;
    await running.next();
    return 'repeated';
  };
}

/** Makes the write of another service take part. */
export function writer(write: (model: UserModel) => void): Participant {
  return async function* steps(model) {
    yield;
    write(model);
    return 'written';
  };
}

/** Finds every outcome that some order of the participants' steps has. */
export async function findOutcomes(item: ModelItem | undefined, participants: readonly Participant[]) {
  const outcomes: Outcome[] = [];
  /** Runs one order from the start, and takes up every order that begins like it. */
  async function explore(order: readonly number[]): Promise<void> {
    const model = createUserModel(item as ModelItem);
    const running = participants.map((participant) => participant(model));
    const codes = new Map<number, string>();
    const advance = async (index: number) => {
      const result = await running[index]?.next();
      if (result?.done) codes.set(index, result.value);
    };
    for (const index of running.keys()) await advance(index);
    for (const index of order) await advance(index);
    const left = [...running.keys()].filter((index) => !codes.has(index));
    if (left.length === 0) {
      outcomes.push({ codes: [...running.keys()].map((index) => codes.get(index) ?? ''), item: model.item });
    }
    for (const index of left) await explore([...order, index]);
  }
  await explore([]);
  return outcomes;
}
