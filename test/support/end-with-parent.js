// Loaded before a program that a test starts: ends it when the test's process is gone, however that ended. The test keeps
// the program's stdin open, and npm and its shell pass it on.
process.stdin.on('error', end).on('close', end).on('end', end).resume().unref();

function end() {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5_000).unref();
}
