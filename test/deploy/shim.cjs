// Loaded first into each Node process in which the emulator runs a function. The emulator's worker replaces `https.request`
// and `https.get`: the replacements drop the third argument, which the functions pass, and send https requests to this machine
// as http, so that the issuer could not be reached. What cannot be assigned stays as it is; the assignment fails silently,
// because the worker is not in strict mode. The SDK finds the emulator by AWS_ENDPOINT_URL, without the replacements.
const https = require('node:https');

for (const name of ['request', 'get']) {
  Object.defineProperty(https, name, { value: https[name], writable: false });
}
