// A model of the intended behaviour of the table: the item as a few fields, and each write as one step.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { ServiceError } from '../../lambda/reset/domain/errors.ts';
import type { ResetRequest, ResetTime, UserStore } from '../../lambda/reset/domain/reset-password.ts';

export interface ModelItem {
  readonly active: boolean;
  readonly hasPassword: boolean;
  readonly pinVerifier: string | undefined;
  readonly attempts: readonly string[];
  /** The invocation that marked the PIN as locked. */
  readonly lockedBy: string | undefined;
  readonly paymentMethods: readonly string[];
  readonly tokensValidFrom: number;
  readonly lastReset:
    | {
        readonly id: string;
        readonly token: string;
        readonly pinVerified: boolean;
        /** The digest of the new password that it set, if any. */
        readonly password: string | undefined;
      }
    | undefined;
}

/** A user's item, the function's writes to it, and those of other services. */
export interface UserModel extends UserStore {
  item: ModelItem | undefined;
  addPaymentMethod(id: string, issuedAt: number): void;
  replacePin(pinVerifier: string, issuedAt: number): void;
  disable(): void;
  remove(): void;
}

/** Converts a stored item. */
export function toModelItem(item: Record<string, AttributeValue> | undefined): ModelItem | undefined {
  const last = item?.lastReset?.M;
  return (
    item && {
      active: item.status?.S === 'active',
      hasPassword: item.passwordHash !== undefined,
      pinVerifier: item.pinVerifier?.S,
      attempts: (item.pinGuesses?.SS ?? []).toSorted(),
      lockedBy: item.pinLock?.M?.id?.S,
      paymentMethods: Object.keys(item.paymentMethods?.M ?? {}).sort(),
      tokensValidFrom: Number(item.tokensValidFrom?.N ?? 0),
      lastReset: last && {
        id: last.id?.S ?? '',
        token: last.token?.S ?? '',
        pinVerified: last.pinVerified?.BOOL === true,
        password: last.password?.S,
      },
    }
  );
}

/** Makes a model with a first item. */
export function createUserModel(start: ModelItem | undefined): UserModel {
  const model: UserModel = {
    item: start,

    async resetWithoutPin(reset, time) {
      const item = admit(model.item, reset);
      if (item === 'replayed') return item;
      model.item = { ...resetItem(item, reset, time), paymentMethods: [] };
      return { paymentMethodsCleared: item.paymentMethods.length };
    },

    async reserveAttempt(reset, digest) {
      const item = admit(model.item, reset);
      if (item === 'replayed') return item;
      if (item.pinVerifier === undefined) throw new ServiceError('recovery-pin-not-set');
      const attempts = [...new Set([...item.attempts, digest])].sort();
      if (attempts.length > 3) throw new ServiceError('recovery-pin-locked');
      model.item = { ...item, attempts };
      const isMarkedLocked = item.lockedBy !== undefined;
      return { pinVerifier: item.pinVerifier, attempts: attempts.length, isMarkedLocked };
    },

    async resetWithPin(reset, time, { checked, next }) {
      const item = admit(model.item, reset);
      if (item === 'replayed') return item;
      if (item.pinVerifier !== checked) return 'pin-replaced';
      model.item = { ...resetItem(item, reset, time), pinVerifier: next, attempts: [], lockedBy: undefined };
      return 'done';
    },

    async markPinLocked({ invocationId }, _at, pinVerifier) {
      const { item } = model;
      const isLocked = item?.pinVerifier === pinVerifier && item.attempts.length === 3;
      if (isLocked && item.lockedBy === undefined) model.item = { ...item, lockedBy: invocationId };
      return model.item?.lockedBy === invocationId;
    },

    async raiseTokensValidFrom(_reset, tokensValidFrom) {
      const { item } = model;
      if (item !== undefined && item.tokensValidFrom > 0 && item.tokensValidFrom < tokensValidFrom) {
        model.item = { ...item, tokensValidFrom };
      }
    },

    addPaymentMethod(id, issuedAt) {
      change(issuedAt, (item) => ({
        ...item,
        paymentMethods: [...new Set([...item.paymentMethods, id])].sort(),
      }));
    },
    replacePin(pinVerifier, issuedAt) {
      change(issuedAt, (item) => ({ ...item, pinVerifier, attempts: [], lockedBy: undefined }));
    },
    disable() {
      change(Number.POSITIVE_INFINITY, (item) => ({ ...item, active: false }));
    },
    remove() {
      model.item = undefined;
    },
  };

  function change(issuedAt: number, to: (item: ModelItem) => ModelItem): void {
    if (model.item !== undefined && model.item.tokensValidFrom <= issuedAt) model.item = to(model.item);
  }

  return model;
}

/** The item if the request may go on; otherwise the first refusal in the contract's order of precedence. */
function admit(
  item: ModelItem | undefined,
  { accessToken, pin, newPassword }: ResetRequest,
): ModelItem | 'replayed' {
  if (item === undefined) throw new ServiceError('user-not-found');
  if (item.tokensValidFrom > accessToken.issuedAt) {
    const { token, pinVerified, password } = item.lastReset ?? {};
    const isSameKind = pinVerified === (pin !== undefined) && password === newPassword?.digest;
    if (token === accessToken.tokenId && isSameKind) return 'replayed';
    throw new ServiceError('token-revoked');
  }
  if (!item.active) throw new ServiceError('user-disabled');
  return item;
}

function resetItem(
  item: ModelItem,
  { invocationId, accessToken, pin, newPassword }: ResetRequest,
  { tokensValidFrom }: ResetTime,
): ModelItem {
  return {
    ...item,
    hasPassword: newPassword !== undefined,
    tokensValidFrom,
    lastReset: {
      id: invocationId,
      token: accessToken.tokenId,
      pinVerified: pin !== undefined,
      password: newPassword?.digest,
    },
  };
}
