// A cold start and its first request, in a fresh process: `cold.js <module>`, with event and context in the environment.
// Plain JavaScript, so that nothing is loaded here for stripping types.
const [, , entry] = process.argv;
const event = JSON.parse(process.env.BENCH_EVENT);
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };

const started = performance.now();
const { handler } = await import(entry);
const loaded = performance.now();
const { statusCode } = await handler(event, context);
const answered = performance.now();
const { user, system } = process.cpuUsage();

const figures = {
  statusCode,
  load: loaded - started,
  total: answered - started,
  cpu: (user + system) / 1_000,
};
// The handler's log lines come before it.
process.stdout.write(`\n${JSON.stringify(figures)}`, () => process.exit(0));
