// A client of a local table engine without the SDK's middleware: no signing, no retries, a tenth of the time per call.
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * Makes a client whose `send` accepts the SDK's commands.
 *
 * @param endpoint - the engine's base URL
 */
export function createPlainClient(endpoint: string): Pick<DynamoDBClient, 'send'> & { destroy(): void } {
  const agent = new Agent({ keepAlive: true });

  async function send(command: { input: unknown; constructor: { name: string } }): Promise<unknown> {
    const operation = command.constructor.name.replace(/Command$/, '');
    const headers = {
      'Content-Type': 'application/x-amz-json-1.0',
      'X-Amz-Target': `DynamoDB_20120810.${operation}`,
      'X-Amz-Date': '20300101T000000Z',
      // Local engines require this header, and do not verify it.
      Authorization:
        'AWS4-HMAC-SHA256 Credential=test/20300101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    };
    const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      request(endpoint, { method: 'POST', headers, agent }, resolve)
        .on('error', reject)
        .end(JSON.stringify(command.input));
    });
    const body = JSON.parse(await text(answer));
    if (answer.statusCode === 200) return body;
    if (String(body.__type).endsWith('#ConditionalCheckFailedException')) {
      throw new ConditionalCheckFailedException({
        message: 'condition',
        $metadata: {},
        ...(body.Item && { Item: body.Item }),
      });
    }
    throw new Error(`${operation}: ${JSON.stringify(body)}`);
  }

  return { send: send as unknown as DynamoDBClient['send'], destroy: () => agent.destroy() };
}
