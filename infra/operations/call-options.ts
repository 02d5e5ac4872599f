// The time limits of the operators' calls.
import { clientOptions } from '../../lambda/shared/aws-client.ts';

/** Three attempts of at most ten seconds. */
export const callLimits = { attempts: 3, connecting: 3_000, answering: 10_000 };

/** Options for the AWS SDK's clients. Region and credentials are the shell's. */
export const callOptions = clientOptions(callLimits);
