// Requests or batches one after the other in one process: `warm.js <module>`. Its parent sends the event and the number of
// times over IPC; it answers with the processor time of all its threads and the elapsed time.
const [, , entry] = process.argv;
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 60_000 };
const { handler } = await import(entry);

process.on('message', async ({ event, times }) => {
  const before = process.cpuUsage();
  const started = performance.now();
  for (let i = 0; i < times; i++) {
    const { statusCode, batchItemFailures } = await handler(event, context);
    if (statusCode !== 204 && batchItemFailures?.length !== 0) throw new Error(`${entry} failed`);
  }
  const { user, system } = process.cpuUsage(before);
  process.send({
    cpu: (user + system) / 1_000 / times,
    wall: (performance.now() - started) / times,
    rss: process.memoryUsage.rss() / 1e6,
  });
});
process.send('ready');
