// The answers of the deployed gateway itself, read from the stack's template, against openapi.yaml.
import { afterAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../../lambda/reset/http/error-catalogue.ts';
import { renderGatewayResponse } from '../../support/gateway-response.ts';
import { toAnswer } from '../../support/http-client.ts';
import { codesIn, tableUnder } from '../../support/markdown.ts';
import { documentedErrors, documentedOperations, exampleOf, violationsOf } from '../../support/openapi.ts';
import { allOf, required, synthesize } from './synthesis.ts';

const requestId = '8f2d6b1e-3c55-4d0a-9a61-6d0a1f4f7c3e';

function render(properties: Record<string, unknown>) {
  const { status, headers, body } = renderGatewayResponse(properties, requestId);
  return toAnswer(status, headers, body);
}

const stack = await synthesize({ stage: 'prod', ...required, corsOrigins: 'https://app.example.com' });
afterAll(stack.remove);
const answers = allOf(stack, 'AWS::ApiGateway::GatewayResponse').map(
  ([, { Properties }]) => [String(Properties.ResponseType), render(Properties)] as const,
);

describe('the gateway response matches openapi.yaml:', () => {
  it.each(answers)('%s', (_type, answer) => {
    // The gateway gives it to the requests of any operation.
    for (const { method, path } of documentedOperations)
      expect(violationsOf(answer, method, path)).toEqual([]);
    expect(answer.headers['request-id']).toBe(answer.error?.id);
    const { title, detail } = exampleOf(answer.code);
    expect(answer.error, 'lambda/reset/openapi.yaml has another title or detail').toMatchObject({
      title,
      detail,
    });
  });
});

it("every documented error that is not the function's is one of the gateway", () => {
  const ofGateway = [...documentedErrors.keys()].filter((code) => !(code in catalogue)).sort();
  const answered = new Set(answers.map(([, { code }]) => code).filter((code) => !(code in catalogue)));
  expect(
    ofGateway,
    'infra/constructs/gateway-responses.ts has other codes than lambda/reset/openapi.yaml',
  ).toEqual([...answered].sort());
});

it('docs/api.md has their codes and statuses under "Answers of API Gateway"', () => {
  const listed = tableUnder('docs/api.md', 'Answers of API Gateway').map(([status, code]) => [
    codesIn(code)[0],
    Number(status),
  ]);
  expect(Object.fromEntries(listed)).toEqual(
    Object.fromEntries(answers.map(([, { code, status }]) => [code, status])),
  );
});
