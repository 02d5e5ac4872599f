// Ctrl-C while AWS does not answer a call that only reads.
import { createServer } from 'node:http';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Interruption, type Program } from '../../../infra/command-line/program.ts';
import { listen } from '../../../infra/local/listen.ts';
import { deadLetters } from '../../../infra/operations/dead-letters.ts';
import { deploy } from '../../../infra/operations/deploy.ts';
import { smoke } from '../../../infra/operations/smoke.ts';
import { readRange } from '../../../infra/operations/stream-range.ts';
import { startInProcess } from '../../support/run-program.ts';

let reached: Promise<void>;
let endpoint: string;
let close: () => void;
beforeEach(async () => {
  const silent = createServer();
  reached = new Promise((resolve) => silent.once('request', () => resolve()));
  endpoint = await listen(silent, 0, 'PORT');
  close = () => {
    silent.closeAllConnections();
    silent.close();
  };
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
});
afterEach(() => close());

const token = `e30.${Buffer.from('{"sub":"nobody"}').toString('base64url')}.e30`;
const settings = ['tokenIssuer=https://issuer.example.com', 'tokenAudience=app'];

const smokeOptions = ['--url', 'http://127.0.0.1:9', '--table', 'users', '--token', token];
const PIN_PEPPER = JSON.stringify({ current: 'k1', k1: 'k1'.repeat(16) });

it.each<[string, Program, readonly string[], Record<string, string>]>([
  ['dead-letters', deadLetters, ['--stack', 'dev'], {}],
  ['deploy', deploy, settings.flatMap((one) => ['-c', one]), {}],
  ['smoke', smoke, smokeOptions, {}],
  ['smoke', smoke, smokeOptions, { PIN_PEPPER }],
])('npm run %s ends at once', async (name, program, args, env) => {
  const running = startInProcess(program, args, env);
  await reached;
  expect(await running.end(new Interruption('SIGINT'))).toMatchObject({
    code: 130,
    stderr: `npm run ${name}: interrupted by SIGINT\n`,
  });
});

it('the records of a batch are not waited for', async () => {
  const controller = new AbortController();
  const batch = {
    streamArn: 'arn',
    shardId: 's',
    startSequenceNumber: '1',
    endSequenceNumber: '2',
    batchSize: 2,
  };
  const client = new DynamoDBStreamsClient({ maxAttempts: 1 });
  const reading = readRange(client, batch, controller.signal);
  await reached;
  controller.abort();
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  client.destroy();
});
