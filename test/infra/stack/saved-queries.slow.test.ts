// The saved queries ask only for fields that the log lines have.
import { expect, test } from 'vitest';
import { accessLogEntry } from '../../../infra/constructs/reset-api.ts';
import { catalogue } from '../../../lambda/reset/http/error-catalogue.ts';
import { codesIn, tableUnder } from '../../support/markdown.ts';
import { allOf, type Resource, synthesizeStage } from './synthesis.ts';

const stack = await synthesizeStage('dev');
const queries = allOf(stack, 'AWS::Logs::QueryDefinition').map(([, { Properties }]) => {
  const { Name, QueryString, LogGroupNames } = Properties as Record<string, string> & {
    LogGroupNames: { Ref: string }[];
  };
  return { name: String(Name), query: String(QueryString), logs: LogGroupNames.map(({ Ref }) => Ref) };
});

/** What Powertools adds to each line, and what Logs Insights does. */
const common = ['@timestamp', 'level', 'message'];
/** docs/runbook.md lists the fields of a request's line; test/project/documents.test.ts checks that list. */
const ofRequests = tableUnder('docs/runbook.md', 'Where to look first').flatMap(([field]) => codesIn(field));
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  Function: [...common, ...ofRequests],
  Api: Object.keys(accessLogEntry),
  Events: [...common, 'type', 'invocationId', 'userId', 'isLeftForLater'],
};

test("each is in the stack's folder, and reads the stack's log groups", () => {
  expect(queries.length).toBeGreaterThanOrEqual(8);
  for (const { name, logs } of queries) {
    expect(name).toMatch(/^password-reset-dev\/[A-Z]/);
    expect(logs.length).toBeGreaterThan(0);
    for (const log of logs) expect((stack.resources[log] as Resource).Type).toBe('AWS::Logs::LogGroup');
  }
});

test.each(queries)('$name reads only fields that its log has', ({ query, logs }) => {
  const known = logs.flatMap((log) => fieldsOf[/^(Function|Api|Events)/.exec(log)?.[0] ?? ''] ?? []);
  const aliases = [...query.matchAll(/\bas (\w+)/g)].map(([, alias]) => alias);
  const words = query.replaceAll(/'[^']*'/g, '').match(/@?[A-Za-z][\w.]*/g) ?? [];
  const language = [
    'fields',
    'filter',
    'stats',
    'sort',
    'limit',
    'count',
    'as',
    'by',
    'in',
    'asc',
    'and',
    'or',
    'desc',
  ];
  const fields = words.filter((word) => !language.includes(word) && !aliases.includes(word));
  expect(fields.length).toBeGreaterThan(0);
  expect(fields.filter((field) => !known.includes(field.replace(/^fault\..*/, 'fault')))).toEqual([]);
});

test('each code that a query names is one of the function', () => {
  const codes = queries.flatMap(({ query }) => query.match(/(?<=')[a-z]+-[a-z-]+(?=')/g) ?? []);
  expect(codes.length).toBeGreaterThan(4);
  expect(codes.filter((code) => !Object.hasOwn(catalogue, code))).toEqual([]);
});
