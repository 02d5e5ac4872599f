// What happens to data when its resource leaves the stack.
import { RemovalPolicy } from 'aws-cdk-lib';
import type { Settings } from '../settings/settings.ts';

/**
 * Data of a stage that keeps it outlives the stack. What a failed first deployment has created does not: nothing is in
 * it yet, and it would only be in the way of the second attempt.
 */
export function removalPolicyOfData({ keepsData }: Settings): RemovalPolicy {
  return keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
