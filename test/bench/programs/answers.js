// The answers to one request after another, in a fresh process: `answers.js <module>`, with the event and how often to
// send it in the environment. The handler's log lines come before the last line.
const [, , entry] = process.argv;
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };
const { handler } = await import(entry);

const statusCodes = [];
for (let i = 0; i < Number(process.env.BENCH_TIMES); i++) {
  const { statusCode } = await handler(JSON.parse(process.env.BENCH_EVENT), context);
  statusCodes.push(statusCode);
}
process.stdout.write(`\n${JSON.stringify(statusCodes)}`, () => process.exit(0));
