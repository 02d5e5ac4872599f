// Batches one after the other in one process: `publisher.js <module>`. Its parent sends the batch and the number of times
// over IPC; it answers with the processor time of all its threads and the elapsed time.
const [, , entry] = process.argv;
const context = { getRemainingTimeInMillis: () => 60_000 };
const { handler } = await import(entry);

process.on('message', async ({ event, times }) => {
  const before = process.cpuUsage();
  const started = performance.now();
  for (let i = 0; i < times; i++) {
    const { batchItemFailures } = await handler(event, context);
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} records were left`);
  }
  const { user, system } = process.cpuUsage(before);
  process.send({
    cpu: (user + system) / 1_000 / times,
    wall: (performance.now() - started) / times,
    rss: process.memoryUsage.rss() / 1e6,
  });
});
process.send('ready');
