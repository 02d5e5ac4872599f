// The function in a process of its own, which kills itself at the nth step of one request, that is, before its nth
// asynchronous callback. DIE_AT is n, EVENT is the request as JSON. If the request ends before step n, the process prints
// the number of its steps.
import { createHook } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { composeHandler } from '../../lambda/reset/compose.ts';
import { loadConfig } from '../../lambda/reset/config.ts';
import { createRecorder } from '../support/recorder.ts';

const dieAt = Number(process.env.DIE_AT);
const handler = await composeHandler(loadConfig(process.env), createRecorder());

let steps = 0;
const hook = createHook({
  before() {
    steps++;
    if (steps === dieAt) process.kill(process.pid, 'SIGKILL');
  },
});
hook.enable();
const { statusCode } = await handler(JSON.parse(process.env.EVENT ?? ''), {});
hook.disable();
writeSync(1, JSON.stringify({ statusCode, steps }));
process.exit(0);
