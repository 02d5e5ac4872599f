// What the service takes, against openapi.yaml: the operations of function and gateway, and the headers that are read.
import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preflight } from '../../infra/shared/preflight.ts';
import { everyHeader } from '../support/http-client.ts';
import { documented, documentedOperations } from '../support/openapi.ts';
import { startService, type TestService } from '../support/service.ts';

const basePath = '/user/2021-2';
const sources = globSync(['lambda/**/*.ts', 'infra/{local,shared}/*.ts']).map((file) => ({
  file,
  text: readFileSync(file, 'utf8'),
}));

describe('an operation', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.close());

  // The sources contain every path that they serve.
  const written = sources.flatMap(({ text }) => text.match(/(?<=['"`}])(\/[\w-]+)+(?=['"`$])/g) ?? []);
  const paths = new Set([...documented.paths, ...written.map((path) => path.replace(basePath, ''))]);
  const requests = [...paths].flatMap((path) =>
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
      [basePath + path, path].map((at) => ({ operation: `${method} ${path}`, method, at })),
    ),
  );

  it('of function or gateway is in openapi.yaml, and the other way round', async () => {
    expect(paths.size).toBeGreaterThan(documented.paths.length);
    const answered = new Set<string>();
    for (const { operation, method, at } of requests) {
      const { status } = await fetch(service.url + at, { method });
      if (status !== 404) answered.add(operation);
    }
    const operations = documentedOperations.map(({ method, path }) => `${method} ${path}`);
    expect(
      [...answered].toSorted(),
      'the service answers other operations than lambda/reset/openapi.yaml has',
    ).toEqual(operations.toSorted());
  });

  it('has a method that preflights allow', () => {
    expect(
      preflight.allowMethods,
      'infra/shared/preflight.ts has other methods than lambda/reset/openapi.yaml',
    ).toEqual(documented.methods);
  });
});

describe('a header of a request', () => {
  it('is in openapi.yaml if preflights allow it, and the other way round', () => {
    expect(
      preflight.allowHeaders,
      'infra/shared/preflight.ts has other headers than the parameters in lambda/reset/openapi.yaml',
    ).toEqual(documented.requestHeaders);
  });

  it('is sent by the tests that look into item and event', () => {
    expect(
      ['Authorization', ...Object.keys(everyHeader)],
      'add the header with a good value to everyHeader in test/support/http-client.ts',
    ).toEqual(documented.requestHeaders);
  });

  it('is in openapi.yaml if the function reads it, and the other way round', () => {
    const reads = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/\bheaders\??\.(?:get|has)\(([^)]*)\)/g)].map(([, name = '']) => ({ file, name })),
    );
    const read = new Set(reads.map(({ name }) => name.slice(1, -1)));
    // Browsers send it by themselves.
    expect(read.delete('origin')).toBe(true);
    expect(
      reads.filter(({ name }) => !/^'[a-z-]+'$/.test(name)),
      'write the name of the header here',
    ).toEqual([]);
    expect(
      [...read].toSorted(),
      'lambda/reset/openapi.yaml has other headers than the function reads',
    ).toEqual(documented.requestHeaders.map((name) => name.toLowerCase()).toSorted());
  });
});
