// Converts a user of a seed file to an item of the table.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { UserStatus } from '../../lambda/reset/adapters/user-table.ts';
import { createPasswordHash } from '../../lambda/reset/domain/new-password.ts';
import { createPinVerifier, type Peppers } from '../../lambda/reset/domain/recovery-pin.ts';

/** A user in a seed file. */
export interface SeedUser {
  readonly userId: string;
  readonly status?: UserStatus;
  /** In plain text; hashed when the user is loaded. */
  readonly password?: string;
  /** Four digits in plain text; hashed when the user is loaded. */
  readonly pin?: string;
  /** Id -> payment method. */
  readonly paymentMethods?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly linkedIdentities?: readonly string[];
  /** Seconds since the epoch. */
  readonly tokensValidFrom?: number;
}

/** Converts a seed user to an item; docs/data-model.md describes its format. */
export async function toItem(user: SeedUser, peppers: Peppers): Promise<Record<string, AttributeValue>> {
  const { userId, password, pin, linkedIdentities = [] } = user;
  return marshall(
    {
      userId,
      status: user.status ?? 'active',
      paymentMethods: user.paymentMethods ?? {},
      passwordHash: password && (await createPasswordHash(password.normalize('NFC'))),
      pinVerifier: pin && (await createPinVerifier(peppers, userId, pin)),
      linkedIdentities: linkedIdentities.length > 0 ? new Set(linkedIdentities) : undefined,
      tokensValidFrom: user.tokensValidFrom,
    },
    { removeUndefinedValues: true },
  );
}
