// Lists what a fresh process loads for the handler and its first request: `modules.js <module>`.
import { registerHooks } from 'node:module';

const [, , entry] = process.argv;
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };
const files = [];
registerHooks({
  load(url, options, next) {
    if (url.startsWith('file:')) files.push(new URL(url).pathname.split('/').at(-1));
    return next(url, options);
  },
});
const before = new Set(process.moduleLoadList);

const { handler } = await import(entry);
if (process.env.BENCH_EVENT) await handler(JSON.parse(process.env.BENCH_EVENT), context);

const builtins = process.moduleLoadList
  .filter((name) => !before.has(name) && name.startsWith('NativeModule '))
  .map((name) => name.slice('NativeModule '.length));
process.stdout.write(`\n${JSON.stringify({ files, builtins })}`, () => process.exit(0));
