// The event bus on Amazon EventBridge.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { clientOptions } from '../shared/aws-client.ts';
import { describeFault } from '../shared/describe-fault.ts';
import { withinTime } from '../shared/time-limit.ts';
import { callLimits, callTimeout } from './call-limits.ts';
import type { EventBus, Refusal } from './delivery.ts';

/** Error codes of `PutEvents` for events that will never be accepted; all other errors can be temporary. */
const permanentRefusals = new Set(['InvalidArgument', 'MalformedDetail']);

/**
 * Creates the client of the event buses in the account and region of the AWS SDK's environment variables.
 *
 * @param endpoint - URL of EventBridge; default: AWS
 */
export function createEventBus(endpoint?: string): EventBus {
  const client = new EventBridgeClient({ ...clientOptions(callLimits), ...(endpoint && { endpoint }) });
  return {
    async put(entries) {
      try {
        const command = new PutEventsCommand({ Entries: [...entries] });
        const putting = (abortSignal: AbortSignal) => client.send(command, { abortSignal });
        const { Entries } = await withinTime(callTimeout, putting);
        return entries.map((_entry, i) => findRefusal(Entries?.[i]));
      } catch (error) {
        return entries.map(() => toRefusal(error, entries.length));
      }
    },
  };
}

function findRefusal(result: { EventId?: string | undefined; ErrorCode?: string | undefined } | undefined) {
  if (result?.EventId && !result.ErrorCode) return undefined;
  const code = result?.ErrorCode ?? 'NoAnswer';
  return { code, isPermanent: permanentRefusals.has(code), isOfCall: false };
}

/** One bad or too large event makes the whole call fail. Which one it was is certain only in a call with one event. */
function toRefusal(error: unknown, entries: number): Refusal {
  const { name, code = name, httpStatus } = describeFault(error);
  const isOfEvent = name === 'ValidationException' || httpStatus === 413;
  return { code, isPermanent: isOfEvent && entries === 1, isOfCall: !isOfEvent };
}
