// The lower bound of a reset: one signature check, the necessary signed requests, and Argon2id for a PIN. No checks of
// claims, no retries, no error documents, no log.
import { argon2, createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { Agent, request } from 'node:https';
import { promisify } from 'node:util';

const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, TABLE_NAME, TOKEN_JWKS_URI } = process.env;
const table = new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB);
const agent = new Agent({ keepAlive: true });
const jwks = await send(request(TOKEN_JWKS_URI));
const keys = new Map(jwks.keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]));
const argon2id = promisify(argon2);
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32, nonce: Buffer.alloc(16) };

export async function handler(event) {
  const [header, payload, signature] = event.headers.Authorization.slice('Bearer '.length).split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url'));
  const { sub } = JSON.parse(Buffer.from(payload, 'base64url'));
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify('sha256', signed, keys.get(kid), Buffer.from(signature, 'base64url')))
    return { statusCode: 401 };
  const pin = event.queryStringParameters?.pin;
  if (pin) {
    await updateItem(sub, 'ADD pinGuesses :attempt', { ':attempt': { SS: ['x'] } }, 'ALL_NEW');
    await argon2id('argon2id', { ...cost, message: Buffer.from(pin) });
    await updateItem(sub, 'REMOVE pinGuesses', {}, 'UPDATED_NEW');
  } else {
    await updateItem(sub, 'SET paymentMethods = :none', { ':none': { M: {} } }, 'ALL_OLD');
  }
  return { statusCode: 204 };
}

async function updateItem(userId, UpdateExpression, ExpressionAttributeValues, ReturnValues) {
  const Key = { userId: { S: userId } };
  const input = { TableName: TABLE_NAME, Key, UpdateExpression, ExpressionAttributeValues, ReturnValues };
  const body = JSON.stringify(input);
  return send(request(table, { method: 'POST', agent, headers: sign(body) }), body);
}

async function send(outgoing, body) {
  const response = await new Promise((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject).end(body);
  });
  const chunks = await response.toArray();
  return JSON.parse(Buffer.concat(chunks));
}

/** Signature Version 4, as documented by AWS. */
function sign(body) {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    host: table.host,
    'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
    'x-amz-target': 'DynamoDB_20120810.UpdateItem',
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n');
  const day = headers['x-amz-date'].slice(0, 8);
  const scope = `${day}/${AWS_REGION}/dynamodb/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce((parent, part) => hmac(parent, part), `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const signature = hmac(key, toSign).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${AWS_ACCESS_KEY_ID}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key, text) {
  return createHmac('sha256', key).update(text).digest();
}
