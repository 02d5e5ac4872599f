// A cold start and its first request, in a fresh process: `cold.js <module>`, with event and context in the environment.
// Plain JavaScript, so that Node does not load its type stripping.
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
// Preceded by the handler's log lines.
process.stdout.write(`\n${JSON.stringify(figures)}`, () => process.exit(0));
