// Saved queries of CloudWatch Logs Insights, for the questions of docs/runbook.md.
import { Stack } from 'aws-cdk-lib';
import { CfnQueryDefinition, type LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ResetEvents } from './event-publishing.ts';
import type { ResetApi } from './reset-api.ts';
import type { ResetFunction } from './reset-function.ts';

export interface SavedQueriesProps {
  readonly api: ResetApi;
  readonly reset: ResetFunction;
  /** Undefined if the stage publishes no events. */
  readonly events: ResetEvents | undefined;
}

interface Query {
  readonly name: string;
  /** Lines of the query; each begins with a command of Logs Insights. */
  readonly lines: readonly string[];
}

/** Over the log of the function. */
const ofRequests: readonly Query[] = [
  {
    name: 'One request',
    lines: [
      'fields @timestamp, requestId, invocationId, functionRequestId, userId, code, status, reason, durationMs, fault.name',
      "filter message = 'request'",
      "filter requestId = 'PUT THE ID HERE' or invocationId = 'PUT THE ID HERE' or functionRequestId = 'PUT THE ID HERE'",
    ],
  },
  {
    name: 'Answers by code',
    lines: ["filter message = 'request'", 'stats count(*) as requests by code, status', 'sort requests desc'],
  },
  {
    name: 'Faults',
    lines: [
      'fields @timestamp, message, requestId, fault.name, fault.code, fault.httpStatus, fault.cause.name, fault.cause.code',
      "filter level in ['ERROR', 'WARN']",
      'sort @timestamp desc',
      'limit 100',
    ],
  },
  {
    name: 'Refused tokens by reason',
    lines: [
      "filter code in ['token-invalid', 'token-expired', 'token-revoked', 'authentication-too-old']",
      'stats count(*) as requests by code, reason',
      'sort requests desc',
    ],
  },
  {
    name: 'Wrong PINs by user',
    lines: [
      "filter code in ['recovery-pin-mismatch', 'recovery-pin-locked']",
      'stats count(*) as requests by userId, code',
      'sort requests desc',
      'limit 100',
    ],
  },
];

/** Over the logs of both functions. */
const ofUsers: readonly Query[] = [
  {
    name: 'One user',
    lines: [
      'fields @timestamp, message, requestId, invocationId, code, status, reason, pinVerified, paymentMethodsCleared, type, isLeftForLater',
      "filter userId = 'PUT THE ID HERE'",
      'sort @timestamp asc',
    ],
  },
];

/** Over the API's access log. */
const ofAccesses: readonly Query[] = [
  {
    name: 'Requests by route',
    lines: ['stats count(*) as requests by route, method, status, errorType', 'sort requests desc'],
  },
  {
    name: 'Refused by API Gateway',
    lines: [
      "filter errorType != '-'",
      'stats count(*) as requests by errorType, status',
      'sort requests desc',
    ],
  },
  {
    name: 'Requests by address',
    lines: ['stats count(*) as requests by sourceIp, status, wafStatus', 'sort requests desc', 'limit 100'],
  },
];

/** Over the log of the publishing function. */
const ofEvents: readonly Query[] = [
  {
    name: 'Events by type',
    lines: ["filter message = 'event'", 'stats count(*) as events by type, isLeftForLater'],
  },
];

/** The console shows the queries in a folder with the name of the stack. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { api, reset, events }: SavedQueriesProps) {
    super(scope, id);
    this.#save(ofRequests, [reset.logGroup]);
    this.#save(ofUsers, [reset.logGroup, ...(events ? [events.logGroup] : [])]);
    this.#save(ofAccesses, [api.accessLog]);
    if (events) this.#save(ofEvents, [events.logGroup]);
  }

  #save(queries: readonly Query[], logs: readonly LogGroup[]): void {
    for (const { name, lines } of queries) {
      new CfnQueryDefinition(this, name.replaceAll(' ', ''), {
        name: `${Stack.of(this).stackName}/${name}`,
        queryString: lines.join('\n| '),
        logGroupNames: logs.map(({ logGroupName }) => logGroupName),
      });
    }
  }
}
