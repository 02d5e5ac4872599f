import { createServer } from 'node:http';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, it, onTestFinished, vi } from 'vitest';
import { readArgument, readOptions } from '../../../infra/command-line/command-options.ts';
import { createProgram, Interruption, type Program } from '../../../infra/command-line/program.ts';
import { UsageError } from '../../../infra/command-line/usage-error.ts';
import { createAwsJsonServer, ServiceFault } from '../../../infra/local/aws-json.ts';
import { listen } from '../../../infra/local/listen.ts';
import { localVariables } from '../../../infra/local/local-settings.ts';
import { printToken } from '../../../infra/local/print-token.ts';
import { printUser } from '../../../infra/local/print-user.ts';
import { sam } from '../../../infra/local/sam.ts';
import { start } from '../../../infra/local/start.ts';
import { issuer } from '../../../infra/operations/issuer.ts';
import { smoke } from '../../../infra/operations/smoke.ts';
import { loadConfig, variableNames } from '../../../lambda/reset/config.ts';
import { runInProcess, startInProcess } from '../../support/run-program.ts';

const introduction = {
  name: 'npm run it',
  help: 'How to use it',
  variables: ['TABLE_NAME', 'PASSWORD_MIN_LENGTH'],
};
const throwing = (error: unknown): Program =>
  createProgram(introduction, async () => {
    throw error;
  });
const failed = (line: string) => ({ code: 1, stdout: '', stderr: `npm run it: ${line}\n` });

const unknownCredentials =
  'AWS does not know these credentials: look at AWS_PROFILE and AWS_ACCESS_KEY_ID of this shell';
const noAnswer =
  'there is no answer: look at the network (no proxy is used), and at AWS_REGION and the variables AWS_ENDPOINT_URL… of this shell';

/** A call of the AWS SDK, with the options of its client. */
const calling = (options: ConstructorParameters<typeof SecretsManagerClient>[0]): Program =>
  createProgram(introduction, async () => {
    const client = new SecretsManagerClient({ maxAttempts: 1, ...options });
    await client.send(new GetSecretValueCommand({ SecretId: 'x' })).finally(() => client.destroy());
  });

it('prints what the main function prints, and ends with 0', async () => {
  const program = createProgram(introduction, async ([arg], env, { print, warn }) => {
    await print(`${arg} ${env.TABLE_NAME}`);
    await warn('careful');
  });
  expect(await runInProcess(program, ['a'], { TABLE_NAME: 'users' })).toEqual({
    code: 0,
    stdout: 'a users\n',
    stderr: 'careful\n',
  });
});

it.each(['--help', '-h'])('prints the help for %s, and does not run', async (option) => {
  expect(await runInProcess(throwing(new Error()), ['--x', option])).toEqual({
    code: 0,
    stdout: 'How to use it\n',
    stderr: '',
  });
});

it.each(['--hepl', '--hlp', '--helpp', '--halp', '-help'])('suggests --help for %s', async (option) => {
  expect(await runInProcess(throwing(new Error()), [option])).toEqual(
    failed(`there is no option ${option}: did you mean --help?`),
  );
});

it('takes a misspelt "help" without dashes for a value', async () => {
  const program = createProgram(introduction, async ([arg], _env, { print }) => void (await print(`${arg}`)));
  expect((await runInProcess(program, ['helo'])).stdout).toBe('helo\n');
});

it.each([issuer, printToken, printUser, sam, smoke, start])(
  'program %# takes no variable of this service for a misspelling',
  async (program) => {
    const names = ['TOKEN', 'LOG_FORMAT', ...localVariables, ...variableNames];
    const env = Object.fromEntries(names.map((name) => [name, 'x']));
    // Refused because of its option, after the variables.
    const { code, stderr } = await runInProcess(program, ['--nonsense'], env);
    expect(code).toBe(1);
    expect(stderr).not.toContain('is not a variable that is read');
  },
);

it('names every misspelt variable, and no others', async () => {
  const env = {
    TABEL_NAME: 'x',
    PASSWORD_MIN_LENGHT: '8',
    TABLE_NAMES: ' ',
    TABLE: 'x',
    PASSWORD_MIN_LENGTH: '8',
  };
  expect(await runInProcess(throwing(new Error('not run')), [], env)).toEqual(
    failed(
      'TABEL_NAME is not a variable that is read. Did you mean TABLE_NAME? If not, unset it. ' +
        'PASSWORD_MIN_LENGHT is not a variable that is read. Did you mean PASSWORD_MIN_LENGTH? If not, unset it.',
    ),
  );
});

it.each([
  [['--sekret', 'x'], 'There is no option --sekret: did you mean --secret? --help lists the options.'],
  [['--other=eyJ0b2tlbiI6MX0'], 'There is no option --other. --help lists the options.'],
  [['-s'], 'There is no option -s. --help lists the options.'],
  [['--secret'], "Option '--secret <value>' argument missing. --help lists the options."],
  [['eyJ0b2tlbiI6MX0'], 'There is a value without an option. --help lists the options.'],
  [['--secret', 'a', '--secret', 'b'], '--secret is given twice: give it once.'],
  [['--send', '--send'], '--send is given twice: give it once.'],
  [['--secret', ''], '--secret is empty: give it a value.'],
  [['--secret= '], '--secret is empty: give it a value.'],
  [['--name', 'a', '--name', ''], '--name is empty: give it a value.'],
])('explains the arguments %j, and quotes no value', async (args, line) => {
  const program = createProgram(introduction, async (given) => {
    readOptions(given, {
      secret: { type: 'string' },
      send: { type: 'boolean' },
      name: { type: 'string', multiple: true },
    });
  });
  expect(await runInProcess(program, args)).toEqual(failed(line));
});

it('reads an option that may have several values', () => {
  const options = {
    name: { type: 'string', multiple: true },
    user: { type: 'string', default: 'alice' },
  } as const;
  expect({ ...readOptions(['--name', 'a', '--name=b'], options) }).toEqual({
    name: ['a', 'b'],
    user: 'alice',
  });
});

it('reads one argument, and nothing else', () => {
  expect(readArgument(['alice'], 'give one')).toBe('alice');
  for (const args of [[], [''], ['alice', 'bob'], ['--user']])
    expect(() => readArgument(args, 'give one')).toThrow(new UsageError('give one'));
});

it.each([
  [new UsageError('no such\n  thing.'), 'no such thing.'],
  [new Error('odd'), 'odd'],
  [Object.assign(new Error(''), { code: 'EODD' }), 'EODD'],
  [new TypeError(''), 'TypeError'],
  ['text', 'text'],
])('shows %s in one line', async (error, line) => {
  expect(await runInProcess(throwing(error))).toEqual(failed(line));
});

it('shows every fault of a configuration', async () => {
  const program = createProgram(introduction, async () => void loadConfig({ TABLE_NAME: 'users' }));
  expect((await runInProcess(program)).stderr).toMatch(/Bad configuration: TOKEN_ISSUER is not set; /);
});

it.each([
  ['ExpiredTokenException', 'the AWS credentials have expired: log in again'],
  ['UnrecognizedClientException', unknownCredentials],
  ['InvalidSignatureException', unknownCredentials],
  ['AccessDeniedException', 'these credentials may not do this: --help lists the permissions'],
  ['ThrottlingException', 'AWS refuses so many calls: repeat it in a minute'],
])('says what to do if AWS answers %s', async (code, advice) => {
  const server = createAwsJsonServer(async () => {
    throw new ServiceFault(400, code);
  });
  onTestFinished(() => void server.close());
  const endpoint = await listen(server, 0, 'PORT');
  expect(await runInProcess(calling({ endpoint }))).toEqual(failed(`${advice} (${code}: ${code}).`));
});

it('says what to do if nobody answers', async () => {
  const silent = createServer(() => {});
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const dead = await runInProcess(calling({ endpoint: 'http://127.0.0.1:9' }));
  expect(dead).toEqual(failed(`${noAnswer} (ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:9).`));
  const requestHandler = { requestTimeout: 100, throwOnRequestTimeout: true };
  const late = await runInProcess(calling({ endpoint: await listen(silent, 0, 'PORT'), requestHandler }));
  expect(late.stderr).toContain(`${noAnswer} (ETIMEDOUT: `);
});

it('says what to do if AWS_ENDPOINT_URL is no URL', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', 'junk');
  expect(await runInProcess(calling({}))).toEqual(
    failed(
      'an address is no URL: look at the variables AWS_ENDPOINT_URL… of this shell (ERR_INVALID_URL: Invalid URL).',
    ),
  );
});

it.each(['<html>', '{"other":"service"}', ''])(
  'says what to do if %j answers in place of AWS',
  async (body) => {
    const other = createServer((_request, response) => response.writeHead(404).end(body));
    onTestFinished(() => void other.close());
    const { code, stderr } = await runInProcess(calling({ endpoint: await listen(other, 0, 'PORT') }));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        'npm run it: the answer is not one of AWS: look at the variables AWS_ENDPOINT_URL… of this shell, or repeat it',
      ),
    ]);
  },
);

it.each([
  [
    { region: async () => Promise.reject(new Error('Region is missing')) },
    'no AWS region is set: set AWS_REGION, such as AWS_REGION=eu-central-1, or a region in the profile ' +
      '(Region is missing).',
  ],
  [
    {
      credentials: async () =>
        Promise.reject(Object.assign(new Error('none found.'), { name: 'CredentialsProviderError' })),
    },
    'there are no AWS credentials: set AWS_PROFILE to a profile that has some, or log in (aws sso login) ' +
      '(CredentialsProviderError: none found).',
  ],
])('says what to do if the shell has no region or credentials', async (options, line) => {
  expect(await runInProcess(calling(options))).toEqual(failed(line));
});

it.each([
  'Region is missing',
  'CredentialsProviderError',
  'RequestExpired',
  'InvalidAccessKeyId',
  'AccessDenied',
  'ECONNREFUSED',
  'ThrottlingException',
])('has no advice for an error whose name only contains %s', async (name) => {
  for (const other of [`X${name}`, `${name}X`])
    expect(await runInProcess(throwing(new Error(other)))).toEqual(failed(other));
});

it('finds the cause that says what to do', async () => {
  const code = 'ECONNREFUSED';
  const inner = Object.assign(new Error('connect'), { code });
  for (const error of [
    new Error('fetch failed', { cause: inner }),
    new AggregateError([inner]),
    new Error('outer', { cause: new AggregateError([inner]) }),
  ])
    expect(await runInProcess(throwing(error))).toEqual(failed(`${noAnswer} (ECONNREFUSED: connect).`));
  // As Node throws it if a name has several addresses: without a message.
  const refused = Object.assign(new AggregateError([inner]), { code });
  expect(await runInProcess(throwing(refused))).toEqual(failed(`${noAnswer} (ECONNREFUSED).`));
  const deep = new Error('outer', { cause: new Error('inner', { cause: 'text' }) });
  expect(await runInProcess(throwing(deep))).toEqual(failed('outer'));
  // What a program says of a failure itself is better than the advice.
  const explained = new UsageError('start the table first.', { cause: inner });
  expect(await runInProcess(throwing(explained))).toEqual(failed('start the table first.'));
});

it.each([
  ['SIGINT', 130, 'interrupted by SIGINT'],
  ['SIGTERM', 143, 'interrupted by SIGTERM'],
  ['SIGHUP', 129, 'interrupted by SIGHUP'],
  ['output closed', 1, 'its output was closed'],
] as const)(
  'ends with the exit code of %s, and tells that and not what it causes',
  async (reason, code, line) => {
    const waiting = (end: (signal: AbortSignal) => void) =>
      createProgram(introduction, async (_args, _env, _output, signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        end(signal);
      });
    const results = (end: (signal: AbortSignal) => void) =>
      startInProcess(waiting(end)).end(new Interruption(reason));
    const interrupted = { code, stdout: '', stderr: `npm run it: ${line}\n` };
    expect(await results((signal) => signal.throwIfAborted())).toEqual(interrupted);
    expect(
      await results(() => {
        throw new Error('The operation was aborted');
      }),
    ).toEqual(interrupted);
    // What was asked for, and was done.
    expect(await results(() => {})).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(
      await results(() => {
        throw new UsageError('a user is left');
      }),
    ).toEqual({ code, stdout: '', stderr: 'npm run it: a user is left\n' });
  },
);
