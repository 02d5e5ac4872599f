// The time limits of the operators' calls.
import { clientOptions } from '../../lambda/shared/aws-client.ts';

/** Options for the AWS SDK's clients: three attempts of at most ten seconds. Region and credentials are the shell's. */
export const callOptions = clientOptions({ attempts: 3, connecting: 3_000, answering: 10_000 });
