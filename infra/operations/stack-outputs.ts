// The outputs of a deployed stack. Commands find the parts of a stage by them.
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { UsageError } from '../command-line/usage-error.ts';
import { callOptions } from './call-options.ts';

/**
 * Reads the outputs of a stack.
 *
 * @param stack - name or ARN
 * @param signal - ends the reading
 * @throws ValidationError of the SDK if there is no such stack
 */
export async function readOutputs(
  stack: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string | undefined>>> {
  const client = new CloudFormationClient(callOptions);
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }), {
    abortSignal: signal,
  });
  const outputs = Stacks[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}

/**
 * Reads outputs that a command cannot do without.
 *
 * @throws UsageError if the stack lacks one of them, because it is not a stack of this project or an older one
 */
export async function requireOutputs<Name extends string>(
  stack: string,
  names: readonly Name[],
  signal: AbortSignal,
): Promise<Readonly<Record<Name, string>>> {
  const outputs = await readOutputs(stack, signal);
  const missing = names.filter((name) => !outputs[name]);
  if (missing.length > 0)
    throw new UsageError(
      `the stack "${stack}" has no output ${missing.join(', ')}: pass a deployed stack of this project, and deploy ` +
        'it again if it is older than this command.',
    );
  return outputs as Record<Name, string>;
}
