// The operators' programs as processes whose reader goes away: nothing that they hold or have made is lost.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { cleanEnvironment } from '../support/start-program.ts';
import { startQueueServer } from '../unit/operations/queue-server.ts';
import { startSecretServer } from '../unit/operations/secret-server.ts';

/** Runs a command in a shell; resolves to its stdout, with the exit code of the first program in the last line, and stderr. */
async function pipe(command: string, reader: string, environment: Readonly<Record<string, string>>) {
  const child = spawn('bash', ['-c', `${command} | ${reader}; echo "\${PIPESTATUS[0]}"`], {
    env: cleanEnvironment({
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...environment,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr };
}

test('rotate-pepper names the new key on stderr if nobody reads stdout', async () => {
  const secret = await startSecretServer();
  onTestFinished(() => secret.close());
  secret.put('v1', { current: 'k1', k1: 'k1'.repeat(16) });
  const { stdout, stderr } = await pipe('node infra/operations/rotate-pepper.ts --secret pepper', 'true', {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secret.endpoint,
  });
  expect(stdout).toBe('0\n');
  expect(stderr).toMatch(/^Added "k2" to /);
  expect(Object.keys(secret.current())).toEqual(['current', 'k1', 'k2']);
});

test('dead-letters gives every letter back if its reader goes away', async () => {
  const queue = await startQueueServer();
  // More than a pipe holds, so that the program has to notice that nobody reads.
  const letters = Array.from({ length: 1_500 }, (_, i) => ({
    reason: 'unreadable',
    record: { userId: 'alice', sequenceNumber: String(i) },
  }));
  queue.fill(letters);
  const outputs = ['DeadLetterQueue', 'EventBusArn', 'EventsFunctionName', 'TableName']
    .map(
      (key) =>
        `<member><OutputKey>${key}</OutputKey><OutputValue>https://sqs.example/q</OutputValue></member>`,
    )
    .join('');
  const stack = createServer((_request, response) =>
    response.end(
      `<R><DescribeStacksResult><Stacks><member><Outputs>${outputs}</Outputs></member></Stacks></DescribeStacksResult></R>`,
    ),
  );
  onTestFinished(() => {
    queue.close();
    stack.closeAllConnections();
    stack.close();
  });
  const { stdout, stderr } = await pipe('node infra/operations/dead-letters.ts --stack dev', 'head -1', {
    AWS_ENDPOINT_URL_SQS: queue.endpoint,
    AWS_ENDPOINT_URL_CLOUDFORMATION: await listen(stack, 0, 'PORT'),
  });
  expect(stdout).toMatch(/^\S+ {2}\S+ {2}record 0 of user "alice" \(unreadable\)\n1\n$/);
  expect(stderr).toBe(
    'npm run dead-letters: its output was closed; every letter that was not sent is back in the queue.\n',
  );
  expect(queue.visible()).toEqual(letters);
});
