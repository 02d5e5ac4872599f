// OpenAPI Generator (https://openapi-generator.tech) from Maven Central, pinned by version and digest.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const version = '7.15.0';
const sha512 =
  'c8c523d783566b1872d8b546509a4eb9cca39e4819fdd265a83863d9e090892c04c67eeb5cda340967db9e60afa6c6e2ce5d64a6f1dd1321bb786d165ac8ec8f';
const copyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const cache = fileURLToPath(new URL('../../.cache/openapi-generator/', import.meta.url));
const jar = join(cache, `openapi-generator-cli-${version}.jar`);

/** A generated client. */
export interface GeneratedClient {
  /** Absolute path. */
  readonly folder: string;
  /** What the generator warned of. */
  readonly warnings: readonly string[];
}

/**
 * Fetches the generator unless an earlier run did.
 *
 * @throws Error that says what to install, if Maven or Java is missing; or that the file is another one than expected
 */
export async function fetchGenerator(): Promise<void> {
  if ((await digestOf(jar)) === sha512) return;
  console.log('Downloading OpenAPI Generator, once: about 30 MB.');
  await mkdir(cache, { recursive: true });
  const artifact = `-Dartifact=org.openapitools:openapi-generator-cli:${version}`;
  await run('mvn', ['-q', '-B', copyPlugin, artifact, `-DoutputDirectory=${cache}`]).catch((cause) => {
    throw new Error('it needs Java 11 or newer and Maven (Debian: apt-get install maven)', { cause });
  });
  const found = await digestOf(jar);
  if (found === sha512) return;
  await rm(jar, { force: true });
  throw new Error(`OpenAPI Generator ${version} has another SHA-512 digest than expected: ${found}`);
}

async function digestOf(file: string): Promise<string | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  return bytes && createHash('sha512').update(bytes).digest('hex');
}

/**
 * Generates a client into a new folder, which the caller removes.
 *
 * @param generator - its name, such as `kotlin`
 * @param document - absolute path of the OpenAPI document
 */
export async function generateClient(generator: string, document: string): Promise<GeneratedClient> {
  const folder = await mkdtemp(join(cache, `${generator}-`));
  const args = ['-jar', jar, 'generate', '-g', generator, '-i', document, '-o', folder];
  const { stdout, stderr } = await run('java', args);
  const warnings = `${stdout}\n${stderr}`.split('\n').filter((line) => /\b(WARN|ERROR)\b/.test(line));
  return { folder, warnings };
}
