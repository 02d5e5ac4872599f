// A stage, deployed into the emulator, with what its tests need: the API, the table, the pepper, and a queue on the bus.
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { inject } from 'vitest';
import { type SeedUser, toItem } from '../../infra/users/user-item.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { type HttpRequest, send } from '../support/http-client.ts';
import { type Deployment, deploy, type StageSettings, stackName, synthesize, takeOut } from './deployment.ts';
import { type Front, startFront } from './front.ts';
import { type ProgramEnd, runProgram } from './program.ts';

/** An event as EventBridge delivers it to a queue. */
export interface DeliveredEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>> & { readonly userId: string };
}

export interface DeployedStage {
  readonly deployment: Deployment;
  /** Base URL of the API, as its callers see it. */
  readonly url: string;
  /** Sends a request, and expects that the answer is as the contract describes it. */
  send(request: HttpRequest): ReturnType<typeof send>;
  /** Writes a user with a password, two payment methods and a PIN, unless `user` says otherwise. */
  putUser(user: Partial<SeedUser> & { readonly userId: string }): Promise<void>;
  readUser(userId: string): Promise<Record<string, unknown>>;
  /** All events that have arrived in the queue. */
  receiveEvents(): Promise<readonly DeliveredEvent[]>;
  stop(): void;
}

/** Synthesizes a stage, takes out what the emulator cannot do, and deploys the rest. */
export async function synthesizeAndDeploy(settings: StageSettings, run: string): Promise<Deployment> {
  const { environment } = inject('emulator');
  const folder = join(inject('scratch'), `${settings.stage}-${run}`);
  await synthesize(settings, folder, environment);
  await takeOut(settings, folder);
  return deploy(settings, folder, environment);
}

/** Deploys a stage for the first time. */
export async function deployStage(settings: StageSettings): Promise<DeployedStage> {
  const { endpoint } = inject('emulator');
  const deployment = await synthesizeAndDeploy(settings, 'first');
  const { TableName, PepperSecret, EventBus } = deployment.outputs as Record<string, string>;
  const secrets = new SecretsManagerClient({ endpoint });
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: PepperSecret }));
  const peppers = parsePeppers(SecretString as string);
  const table = new DynamoDBClient({ endpoint });
  const receiveEvents = await subscribe(endpoint, EventBus as string, stackName(settings));
  const front: Front = await startFront(endpoint, await findApi(endpoint, settings), settings.stage);
  return {
    deployment,
    url: front.url,
    send: (request) => send(front.url, request),
    async putUser(user) {
      const Item = await toItem(
        {
          password: 'a password that is forgotten',
          pin: '5621',
          paymentMethods: {
            visa: { kind: 'creditcard', identificationString: '**** 0000' },
            sepa: { kind: 'sepa', identificationString: 'DE** **** 0000' },
          },
          ...user,
        },
        peppers,
      );
      await table.send(new PutItemCommand({ TableName, Item }));
    },
    async readUser(userId) {
      const Key = { userId: { S: userId } };
      const { Item = {} } = await table.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return unmarshall(Item);
    },
    receiveEvents,
    stop: front.stop,
  };
}

/**
 * Runs `npm run smoke` at a stage.
 *
 * @param token - of a user who does not exist
 * @param options - further ones
 */
export function runSmokeTest(
  { url, deployment: { outputs } }: DeployedStage,
  token: string,
  options: readonly string[] = [],
): Promise<ProgramEnd> {
  const { TableName, PepperSecret } = outputs as Record<string, string>;
  return runProgram(
    [
      ...(['npm', 'run', '-s', 'smoke', '--', '--url', url, '--table', TableName as string] as const),
      // The emulator drops the table's tags, in which the command would find the secret.
      ...['--token', token, '--pepper-secret', PepperSecret as string, ...options],
    ],
    inject('emulator').environment,
  );
}

/** The id of the REST API with the name of the stack. */
async function findApi(endpoint: string, settings: StageSettings): Promise<string> {
  const response = await fetch(`${endpoint}/restapis`);
  const { item } = (await response.json()) as { item: { id: string; name: string }[] };
  const api = item.find(({ name }) => name === stackName(settings));
  if (!api) throw new Error(`no REST API has the name ${stackName(settings)}`);
  return api.id;
}

/** Sends all events of a source to a new queue; the result reads it. */
async function subscribe(
  endpoint: string,
  bus: string,
  source: string,
): Promise<DeployedStage['receiveEvents']> {
  const queues = new SQSClient({ endpoint });
  const { QueueUrl } = await queues.send(new CreateQueueCommand({ QueueName: `consumer-of-${source}` }));
  const Arn = `arn:aws:sqs:eu-central-1:000000000000:consumer-of-${source}`;
  const events = new EventBridgeClient({ endpoint });
  const rule = { EventBusName: bus, EventPattern: JSON.stringify({ source: [source] }) };
  await events.send(new PutRuleCommand({ ...rule, Name: 'consumer' }));
  await events.send(
    new PutTargetsCommand({ EventBusName: bus, Rule: 'consumer', Targets: [{ Id: 'queue', Arn }] }),
  );
  const received: DeliveredEvent[] = [];
  return async () => {
    const { Messages = [] } = await queues.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    for (const { Body, ReceiptHandle } of Messages) {
      received.push(JSON.parse(Body as string));
      await queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    return received;
  };
}
