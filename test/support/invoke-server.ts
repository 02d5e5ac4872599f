// AWS Lambda's API for invocations, in front of a handler in this process.
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { listen } from '../../infra/local/listen.ts';
import type { ChangeBatch } from '../../lambda/publisher/handler.ts';

export interface Invocation {
  readonly functionName: string;
  readonly records: ChangeBatch['Records'];
}

export interface InvokeServer {
  /** Base URL for the Lambda client. */
  readonly endpoint: string;
  readonly invocations: Invocation[];
  close(): void;
}

/**
 * Starts the server on a free port.
 *
 * @param handle - resolves to the sequence numbers that failed; if it throws, the invocation fails as on Lambda
 */
export async function startInvokeServer(
  handle: (records: ChangeBatch['Records']) => Promise<readonly string[]>,
): Promise<InvokeServer> {
  const invocations: Invocation[] = [];
  const server = createServer(async (request, response) => {
    const functionName = request.url?.split('/')[3] ?? '';
    const { Records } = (await json(request)) as ChangeBatch;
    invocations.push({ functionName, records: Records });
    try {
      const failed = await handle(Records);
      const batchItemFailures = failed.map((itemIdentifier) => ({ itemIdentifier }));
      response.end(JSON.stringify({ batchItemFailures }));
    } catch (error) {
      response.setHeader('X-Amz-Function-Error', 'Unhandled');
      response.end(JSON.stringify({ errorMessage: String(error) }));
    }
  });
  const endpoint = await listen(server, 0, 'PORT');
  return {
    endpoint,
    invocations,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
