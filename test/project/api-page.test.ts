// docs/api.md against the service and openapi.yaml: rows, examples and numbers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../lambda/reset/http/error-catalogue.ts';
import { resetPath } from '../support/http-client.ts';
import { blocksIn, codesIn, tablesUnder, tableUnder, textOf } from '../support/markdown.ts';
import { documentedErrors, documentedOperations, openApi, requestPartsOf } from '../support/openapi.ts';
import { startService, type TestService } from '../support/service.ts';

const page = 'docs/api.md';
const text = textOf(page);
const [operation, ...others] = documentedOperations;
if (operation === undefined) throw new Error('openapi.yaml has no operation');

it('describes every operation of openapi.yaml', () => {
  expect(
    others.map(({ method, path }) => `${method} ${path}`),
    'docs/api.md has one operation: describe the others, and compare them here',
  ).toEqual([]);
  expect(text).toContain(`\`${operation.method} ${resetPath}\``);
  expect(resetPath.endsWith(operation.path)).toBe(true);
});

describe('"The request"', () => {
  const { headers, query, members } = requestPartsOf(operation);
  const rows = tableUnder(page, 'The request');

  it('has a row for each header, parameter and member in openapi.yaml', () => {
    const named = rows.map(([part]) => codesIn(part)[0]?.replace(/:.*/, ''));
    // What is said of the media type is under "The body".
    const parts = [...headers.filter((name) => name !== 'Content-Type'), ...query, ...members];
    expect(
      named.toSorted(),
      'the table under "The request" in docs/api.md has other rows than openapi.yaml has parts of a request',
    ).toEqual([...new Set(parts)].toSorted());
  });

  it('says of each part where it is sent', () => {
    const placesOf = (name: string) => [
      ...(members.includes(name) ? ['member of the body'] : []),
      ...(query.includes(name) ? ['query parameter'] : []),
    ];
    for (const [part, meaning = ''] of rows) {
      const name = codesIn(part)[0] ?? '';
      const said = ['member of the body', 'query parameter'].filter((place) => meaning.includes(place));
      expect([name, said]).toEqual([name, placesOf(name)]);
    }
  });

  it('names the media types of openapi.yaml', () => {
    const types = Object.keys(operation.requestBody?.content ?? {});
    expect(text.replace(/\s+/g, ' ')).toContain(
      `sent as ${types.map((type) => `\`${type}\``).join(' or ')} in`,
    );
  });
});

describe('what is shown is what the service takes and sends:', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.close());

  async function resetWith(body: string, requestId = '') {
    await service.put({ userId: 'alice', pin: '5621' });
    const headers = { 'Content-Type': 'application/json', 'Request-Id': requestId };
    return service.reset(await service.token('alice'), '', { body, headers });
  }

  it('the error document', async () => {
    const [shown, ...more] = blocksIn(page, 'json').map((block) => JSON.parse(block));
    expect(more, 'docs/api.md has another JSON block: compare it here with what the service sends').toEqual(
      [],
    );
    const { body } = await resetWith('{"pin":"9073"}', shown.errors[0].id);
    expect(shown, 'docs/api.md shows an error that the service does not send').toEqual(JSON.parse(body));
  });

  it('the bodies of requests', async () => {
    const bodies = [...text.matchAll(/-d '([^']+)'|`(\{"[^`]+\})`/g)].map(
      ([, sent, inText]) => sent ?? inText ?? '',
    );
    expect(bodies.length).toBeGreaterThan(1);
    for (const body of bodies) {
      const { code } = await resetWith(body.replace('…', 'five hushed otters paddle upstream'));
      expect([body, code]).toEqual([body, '204']);
    }
  });

  it('the headers of an answer', async () => {
    const { headers } = await service.reset('not.a.jwt');
    const [, table] = tablesUnder(page, 'Answers of the function');
    const shown = table?.flatMap(([header]) => codesIn(header)).filter((code) => code.includes(': ')) ?? [];
    expect(shown.length).toBeGreaterThan(1);
    for (const one of shown) {
      const [name = '', value = ''] = one.split(': ');
      expect(`${name}: ${headers[name.toLowerCase()]}`).toContain(`${name}: ${value.replace('…', '')}`);
    }
  });
});

const byCode = (heading: string) =>
  Object.fromEntries(
    tableUnder(page, heading).flatMap(([status, codes]) =>
      codesIn(codes).map((code) => [code, Number(status)]),
    ),
  );

describe('"Answers of the function"', () => {
  const { required, properties } = openApi.components.schemas.ErrorObject as Record<string, object>;
  const [answers = [], headers = []] = tablesUnder(page, 'Answers of the function');

  it('has every code of the error catalogue, with its status', () => {
    const statuses = Object.entries(catalogue).map(([code, { status }]) => [code, status]);
    expect(byCode('Answers of the function')).toEqual(Object.fromEntries(statuses));
    expect(answers.filter(([, code]) => code === '').map(([status]) => status)).toEqual(['204']);
  });

  it.each(Object.entries(catalogue))(
    'has no other numbers and members for %s than openapi.yaml',
    (code, row) => {
      const when = answers.find(([, codes]) => codesIn(codes).includes(code))?.[2] ?? '';
      const members = 'meta' in row ? row.meta : [];
      const { meta } = Object(properties);
      const known = JSON.stringify([
        documentedErrors.get(code),
        members.map((name) => meta.properties[name]),
      ]);
      const numbers = when.replace(/RFC \d+/g, '').match(/\d+/g) ?? [];
      expect(numbers.filter((number) => !new RegExp(`\\b${number}\\b`).test(known))).toEqual([]);
      const named = codesIn(when).filter((name) => name.startsWith('meta.'));
      expect(named).toEqual(members.map((name) => `meta.${name}`));
    },
  );

  it('names every member of an error, and those that are always there', () => {
    const [, always = ''] = /\n(`id`[^.]*) are always there/.exec(text) ?? [];
    expect(codesIn(always)).toEqual(required);
    const section = text.slice(text.indexOf('## Answers of the function'), text.indexOf('| status |'));
    for (const name of Object.keys(Object(properties)))
      expect(section).toMatch(new RegExp(`["\`]${name}\\b`));
  });

  it('has every header of openapi.yaml, with the statuses that have it', () => {
    const ofFunction = Object.entries(operation.responses).filter(
      ([status]) => status === '204' || Object.values(catalogue).some((row) => String(row.status) === status),
    );
    const documented = ofFunction.flatMap(([status, { headers = {} }]) =>
      // The row of the other name tells this one too.
      Object.keys(headers).flatMap((name) => (name === 'WWW-Authenticate' ? [] : [`${name} on ${status}`])),
    );
    const statusesOf = (on: string) =>
      ['every answer', 'answers to web pages'].includes(on)
        ? ofFunction.map(([status]) => status)
        : [...(on.match(/\d+/g) ?? []), ...codesIn(on).map((code) => documentedErrors.get(code)?.status)];
    const listed = headers.flatMap(([names, on = '']) =>
      codesIn(names).flatMap((name) =>
        statusesOf(on).map((status) => `${name.replace(/:.*/, '')} on ${status}`),
      ),
    );
    expect(listed.toSorted()).toEqual(documented.toSorted());
  });
});

it('"Answers of API Gateway" has every code of openapi.yaml that the function does not send, with its status', () => {
  const answered = byCode('Answers of API Gateway');
  const statusOf = (code: string) => Number(documentedErrors.get(code)?.status);
  const own = [...documentedErrors.keys()].filter((code) => !(code in catalogue));
  expect(Object.keys(answered)).toEqual(expect.arrayContaining(own));
  for (const [code, status] of Object.entries(answered))
    expect([code, status]).toEqual([code, statusOf(code)]);
});

it('"What a client does then" has what openapi.yaml tells clients to do after each answer', () => {
  const responses = documentedOperations.flatMap((one) => Object.entries(one.responses));
  const all = responses.flatMap(([status, response]) => [
    ...(response.content === undefined ? [[status, response['x-client-action']]] : []),
    ...Object.values(response.content ?? {}).flatMap(({ examples }) =>
      Object.entries(examples).map(([code, example]) => [code, example['x-client-action']]),
    ),
  ]);
  // Operations share errors, and tell clients to do the same after each.
  const answers = [...new Map(all.map((answer) => [String(answer), answer])).values()];
  expect(answers.filter(([answer]) => documentedErrors.has(String(answer)))).toHaveLength(
    documentedErrors.size,
  );
  const expected = Object.entries(openApi['x-client-actions']).map(([action, text]) => [
    [action],
    text,
    answers.filter(([, its]) => its === action).map(([answer]) => answer),
  ]);
  expect(expected.flatMap(([, , after]) => after)).toHaveLength(answers.length);
  const rows = tableUnder(page, 'What a client does then');
  expect(
    rows.map(([action, text, after]) => [codesIn(action), text, codesIn(after)]),
    'docs/api.md has other rows under "What a client does then" than openapi.yaml has x-client-actions',
  ).toEqual(expected);
});
