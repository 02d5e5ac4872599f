// The user's payment methods as another service has written them.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/**
 * Lists the payment methods that a reset clears.
 *
 * @param attribute - `paymentMethods`: a map (docs/data-model.md), or a list or set if another service has written one
 * @returns the ids, which are the keys of the map, in the order of the item; for a list or a set the positions, since its
 *   values must not be published
 */
export function listMethodIds(attribute: AttributeValue | undefined): string[] {
  const { M, L, SS, NS, BS } = attribute ?? {};
  return Object.keys(M ?? L ?? SS ?? NS ?? BS ?? {});
}
