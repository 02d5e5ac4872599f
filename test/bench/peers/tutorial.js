// The function as in tutorials: Express behind serverless-http, jsonwebtoken with jwks-rsa, the SDK's client.
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import express from 'express';
import jwt from 'jsonwebtoken';
import jwksClient from 'jwks-rsa';
import serverless from 'serverless-http';

const { TABLE_NAME, TOKEN_ISSUER, TOKEN_AUDIENCE, TOKEN_JWKS_URI } = process.env;
const keys = jwksClient({ jwksUri: TOKEN_JWKS_URI, cache: true, rateLimit: true });
const dynamodb = new DynamoDBClient();
const app = express();
app.use(express.json());

function authenticate(request, response, next) {
  const token = request.headers.authorization?.split(' ')[1];
  const getKey = (header, callback) => {
    keys.getSigningKey(header.kid, (error, key) => callback(error, key?.getPublicKey()));
  };
  const policy = { algorithms: ['RS256'], issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE };
  jwt.verify(token, getKey, policy, (error, claims) => {
    if (error) return response.status(401).json({ error: error.message });
    request.claims = claims;
    next();
  });
}

app.put('/user/2021-2/user/password/reset', authenticate, async (request, response) => {
  const { sub, iat } = request.claims;
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: TABLE_NAME,
        Key: { userId: { S: sub } },
        UpdateExpression:
          'SET paymentMethods = :none, passwordResetAt = :at, tokensValidFrom = :now REMOVE passwordHash',
        ConditionExpression:
          'attribute_exists(userId) AND #status = :active AND (attribute_not_exists(tokensValidFrom) OR tokensValidFrom <= :iat)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':none': { M: {} },
          ':at': { S: new Date().toISOString() },
          ':now': { N: String(Math.floor(Date.now() / 1000) + 1) },
          ':active': { S: 'active' },
          ':iat': { N: String(iat) },
        },
        ReturnValues: 'ALL_OLD',
      }),
    );
    response.status(204).end();
  } catch (error) {
    console.error(error);
    response.status(error.name === 'ConditionalCheckFailedException' ? 404 : 500).end();
  }
});

export const handler = serverless(app);
