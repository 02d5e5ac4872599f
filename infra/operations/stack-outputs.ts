// The outputs of a deployed stack. Commands find the parts of a stage by them.
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { UsageError } from '../command-line/usage-error.ts';
import { callOptions } from './call-options.ts';

/**
 * Reads outputs of a stack.
 *
 * @param stack - name or ARN
 * @param names - the outputs that are needed
 * @throws UsageError if the stack lacks one of them, because it is not a stack of this project or an older one
 */
export async function readOutputs<Name extends string>(
  stack: string,
  names: readonly Name[],
): Promise<Readonly<Record<Name, string>>> {
  const client = new CloudFormationClient(callOptions);
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
  const found = new Map(Stacks[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const missing = names.filter((name) => !found.get(name));
  if (missing.length > 0) {
    throw new UsageError(
      `the stack "${stack}" has no output ${missing.join(', ')}: pass a deployed stack of this project, and deploy ` +
        'it again if it is older than this command.',
    );
  }
  return Object.fromEntries(names.map((name) => [name, found.get(name)])) as Record<Name, string>;
}
