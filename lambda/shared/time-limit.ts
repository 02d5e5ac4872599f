// A time limit that ends together with the call that it limits.
import { CodedError } from './describe-fault.ts';

/**
 * Makes a call that is aborted after a time limit. Unlike `AbortSignal.timeout` and `AbortSignal.any`, it leaves nothing
 * behind when the call ends earlier: no timer that fires after the answer, and no listener on `outer`.
 *
 * @param milliseconds - the time limit, including retries
 * @param call - gets the signal that is aborted at the limit, or together with `outer`
 * @param outer - aborts the call before the limit; if it is aborted already, the call is not made
 * @throws CodedError `OUT_OF_TIME` if the call was aborted, even if it ignores the signal; or what the call throws
 */
export async function withinTime<T>(
  milliseconds: number,
  call: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  let end = () => {};
  const outOfTime = new Promise<never>((_resolve, reject) => {
    end = () => {
      controller.abort();
      reject(new CodedError('OUT_OF_TIME'));
    };
  });
  const timer = setTimeout(end, milliseconds);
  outer?.addEventListener('abort', end);
  try {
    return await Promise.race([call(controller.signal), outOfTime]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', end);
  }
}
