// The documentation against the code: codes, settings, log fields and numbers that stand in both, and links.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readLocalSettings } from '../../infra/local/local-settings.ts';
import { settingSpecs } from '../../infra/settings/settings.ts';
import { stages } from '../../infra/settings/stages.ts';
import { loadPublisherConfig } from '../../lambda/publisher/config.ts';
import { variableNames } from '../../lambda/reset/config.ts';
import { type ErrorCode, ServiceError } from '../../lambda/reset/domain/errors.ts';
import { maxAttempts } from '../../lambda/reset/domain/recovery-pin.ts';
import { catalogue } from '../../lambda/reset/http/error-catalogue.ts';
import { createExchange, type Exchange } from '../../lambda/reset/http/exchange.ts';
import { outcomeMetrics } from '../../lambda/reset/http/middleware/outcome-metrics.ts';
import { requestLog } from '../../lambda/reset/http/middleware/request-log.ts';
import { takenOut } from '../deploy/taken-out.ts';
import { codesIn, tableUnder } from '../support/markdown.ts';
import { openApiUrl } from '../support/openapi.ts';
import { createRecorder } from '../support/recorder.ts';

const root = new URL('../..', import.meta.url).pathname;
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort();

it('README.md has at most 150 lines', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});

describe('every relative link leads to something', () => {
  it.each(pages)('%s', (page) => {
    expect(brokenLinksOf(page)).toEqual([]);
  });

  it('and there are many such links', () => {
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(100);
  });
});

function linksOf(page: string): string[] {
  const text = read(page).replace(/```[\s\S]*?```/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^(https?|mailto):/.test(target));
}

function brokenLinksOf(page: string): string[] {
  return linksOf(page).filter((target) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    return !existsSync(join(root, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
  });
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('decisions', () => {
  const files = globSync('docs/decisions/[0-9]*.md', { cwd: root }).sort();
  const numberOf = (file: string) => Number(/\/(\d{4})-/.exec(file)?.[1]);

  it('have a number of their own, in the name of the file and in its title', () => {
    expect(new Set(files.map(numberOf)).size).toBe(files.length);
    for (const file of files) expect(read(file)).toMatch(new RegExp(`^# ${numberOf(file)}\\. `));
  });

  it('stand in docs/decisions/README.md, one line each', () => {
    const rows = tableUnder('docs/decisions/README.md', 'Decisions');
    const listed = rows.map(([number, link]) => [Number(number), /\]\(([^)]+)\)/.exec(link ?? '')?.[1]]);
    expect(listed).toEqual(files.map((file) => [numberOf(file), file.replace('docs/decisions/', '')]));
  });

  it('exist if a text names them, and a link to one has the number of its file', () => {
    const sources = globSync('{lambda,infra,test}/**/*.{ts,js}', {
      cwd: root,
      exclude: ['**/node_modules/**'],
    });
    const texts = [...pages, ...sources].map((file) => [file, read(file)] as const);
    const named = texts.flatMap(([file, text]) =>
      [...text.matchAll(/\bADR (\d+)(?:\]\([^)]*?(\d{4})-)?/g)].map(([, number, linked]) => ({
        file,
        number: Number(number),
        linked: Number(linked ?? number),
      })),
    );
    expect(named.length).toBeGreaterThan(10);
    const numbers = files.map(numberOf);
    expect(named.filter(({ number, linked }) => number !== linked || !numbers.includes(number))).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  const names = (heading: string) =>
    tableUnder('docs/configuration.md', heading).map(([variable]) => codesIn(variable)[0]);

  it('has every variable of the function and every stage setting, with its key, under "The function and its stage"', () => {
    const rows = tableUnder('docs/configuration.md', 'The function and its stage').map(
      ([variable, key, readBy]) => ({
        variable: codesIn(variable)[0],
        key: codesIn(key)[0],
        isForFunction: /\bfunction\b/.test(readBy ?? ''),
      }),
    );
    const keyOf = (name: string) => settingSpecs.find(([, { variable }]) => variable === name)?.[0];
    const ofStackOnly = settingSpecs.filter(([, { isForFunction }]) => !isForFunction);
    const expected = [
      ...variableNames.map((variable) => ({ variable, key: keyOf(variable), isForFunction: true })),
      ...ofStackOnly.map(([key, { variable }]) => ({ variable, key, isForFunction: false })),
    ];
    const sorted = (list: readonly { variable: string | undefined }[]) =>
      list.toSorted((a, b) => String(a.variable).localeCompare(String(b.variable)));
    expect(sorted(rows)).toEqual(sorted(expected));
  });

  it('says of every stage setting what changing and dropping it does to a running stage', () => {
    const rows = tableUnder('docs/configuration.md', 'Changing a setting of a running stage');
    expect(rows.map(([key]) => codesIn(key)[0]).sort()).toEqual(settingSpecs.map(([name]) => name).sort());
    for (const cells of rows) expect(cells.filter((cell) => cell.length > 3)).toHaveLength(3);
  });

  it('has every variable of the publishing function', () => {
    expect(names('The function that publishes events').sort()).toEqual(variablesReadBy(loadPublisherConfig));
  });

  it('has every variable of npm start', () => {
    // The program itself asks for these.
    const asked = ['TOKEN_ISSUER', 'TOKEN_MAX_AGE', 'DOCUMENTATION_URL', 'LOG_FORMAT'];
    expect(names('`npm start`').sort()).toEqual([...variablesReadBy(readLocalSettings), ...asked].sort());
  });
});

/** The variables that a function asks an environment for, in which every one is "1", or a URL. */
function variablesReadBy(load: (env: Readonly<Record<string, string>>) => unknown): string[] {
  const asked = new Set<string>();
  load(
    new Proxy<Record<string, string>>(
      {},
      {
        get(_target, name) {
          asked.add(String(name));
          return /URL/.test(String(name)) ? 'http://1' : '1';
        },
      },
    ),
  );
  return [...asked].sort();
}

describe('CONTRIBUTING.md names only what exists:', () => {
  const text = read('CONTRIBUTING.md').replace(/```[\s\S]*?```/g, '');
  /** What the recipes add as an example. */
  const additions = ['pinMaxAttempts', 'defaultMaxAttempts', 'appVersion'];

  it('files and folders', () => {
    const paths = codesIn(text).filter((name) => /^[\w-]+\/[\w./-]+$/.test(name));
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('identifiers', () => {
    const files = globSync(['package.json', '{lambda,infra,test/support}/**/*.ts'], { cwd: root });
    const words = new Set(files.flatMap((file) => read(file).match(/\w+/g) ?? []));
    const names = codesIn(text).filter((name) => /^[a-z]+[A-Z]\w+$/.test(name));
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !words.has(name) && !additions.includes(name))).toEqual([]);
  });

  it('test titles', () => {
    const titles = [...text.matchAll(/"([^"]+)" in\s+`([^`]+)`/g)].map(([, title = '', file = '']) => ({
      title: title.replace(/\s+/g, ' '),
      file,
    }));
    expect(titles.length).toBeGreaterThan(1);
    expect(titles.filter(({ title, file }) => !read(file).includes(title))).toEqual([]);
  });
});

it('docs/runbook.md has every field of the log line of a request under "Where to look first"', () => {
  const lines: unknown[] = [];
  const keep = (_message: unknown, ...extra: unknown[]) => lines.push(...extra);
  const { onError } = requestLog({ info: keep, error: keep }, Date.now);
  const event = { ...createExchange({}), refusal: new ServiceError('internal-error') };
  const request = { event, context: {} };
  onError?.(request as unknown as Parameters<NonNullable<typeof onError>>[0]);
  const documented = tableUnder('docs/runbook.md', 'Where to look first').flatMap(([field]) =>
    codesIn(field),
  );
  expect(documented.sort()).toEqual(Object.keys(Object(lines[0])).sort());
});

describe('docs/runbook.md has under "Where to look first"', () => {
  // `npm run types` asks for each outcome.
  const outcomes: Record<NonNullable<Exchange['outcome']>['code'], true> = { reset: true, replayed: true };

  it('every outcome in the row "code"', () => {
    const row = tableUnder('docs/runbook.md', 'Where to look first').find(
      ([field]) => codesIn(field)[0] === 'code',
    );
    expect(codesIn(row?.[1]).toSorted()).toEqual(Object.keys(outcomes).toSorted());
  });

  it('every metric of the requests', () => {
    const { metrics, counted } = createRecorder();
    const { after } = outcomeMetrics(metrics);
    const answered = [
      ...Object.keys(outcomes).map((code) => ({ outcome: { code, pinVerified: false } })),
      ...Object.keys(catalogue).map((code) => ({
        refusal: new ServiceError(code as ErrorCode, { isNewLock: true }),
      })),
    ];
    for (const event of answered) after?.({ event } as unknown as Parameters<NonNullable<typeof after>>[0]);
    expect(counted.size).toBeGreaterThan(0);
    const [list] = /to the namespace `PasswordReset`:.*?\n\n/s.exec(read('docs/runbook.md')) ?? [];
    expect(codesIn(list)).toEqual(expect.arrayContaining([...counted.keys()]));
  });
});

it('docs/deploy.md has the numbers of infra/settings/stages.ts', () => {
  const table = tableUnder('docs/deploy.md', 'Stages');
  const row = (name: string) => table.find(([what]) => what === name)?.slice(1);
  const { dev, prod } = stages;
  const days = { 7: '7 days', 30: '30 days', 365: 'a year' };
  expect(row('throttle')).toEqual(
    [dev, prod].map(({ throttle }) => `${throttle.rate} requests a second, ${throttle.burst} at once`),
  );
  expect(row('reserved executions')).toEqual(
    [dev, prod].map(({ reservedConcurrency }) => String(reservedConcurrency ?? 'none')),
  );
  expect(row('firewall')).toEqual([
    'none',
    expect.stringContaining(`${prod.requestsPerAddress} requests per address`),
  ]);
  expect(row('logs are kept')).toEqual([dev, prod].map(({ logRetention }) => days[logRetention]));
});

it('docs/scale.md has the limits of the stage prod', () => {
  const { throttle, reservedConcurrency } = stages.prod;
  const limits = tableUnder('docs/scale.md', 'Which limit comes first').map(([limit]) => limit);
  expect(limits).toContain(`throttle of the stage \`prod\`, ${throttle.rate} requests a second`);
  expect(limits).toContain(`reserved executions of \`prod\`, ${reservedConcurrency}`);
});

it('docs/deploy.md has everything that is taken out for the emulator', () => {
  const rows = tableUnder('docs/deploy.md', 'Deploying into an emulator').map((cells) => cells.map(codesIn));
  expect(rows).toEqual(
    takenOut.map(({ type, having, part, stages }) => [[type, having ?? part].filter(Boolean), stages]),
  );
});

describe(`texts that tell the number of attempts say ${maxAttempts}`, () => {
  const cardinal = ['none', 'one', 'two', 'three', 'four', 'five', 'six'][maxAttempts];
  const ordinal = ['none', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth'][maxAttempts];

  it.each([
    ['lambda/reset/openapi.yaml', `any further PIN after ${cardinal} different wrong ones`],
    ['README.md', `${cardinal} different wrong PINs lock the PIN`],
    ['docs/api.md', `${cardinal} different wrong PINs were tried`],
    ['docs/data-model.md', `at most ${cardinal}`],
    ['docs/events.md', `the ${ordinal} different wrong PIN`],
    ['docs/runbook.md', `${cardinal} different`],
    ['SECURITY.md', `${cardinal} different`],
  ])('%s: "%s"', (file, phrase) => {
    const text = read(file).replace(/\s+/g, ' ').toLowerCase();
    expect(text.includes(phrase.toLowerCase()), `${file} must say "${phrase}"`).toBe(true);
  });

  it('lambda/reset/openapi.yaml: the most remaining attempts are one less', () => {
    const { meta } = parse(readFileSync(openApiUrl, 'utf8')).components.schemas.ErrorObject.properties;
    expect(meta.properties.remainingAttempts.maximum).toBe(maxAttempts - 1);
  });
});
