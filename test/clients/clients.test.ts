// What the usual generator makes of openapi.yaml for Kotlin, Swift and TypeScript: types that hold the errors, and a client
// that resets a password and reads an error.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalProcess, startLocal } from '../support/local-process.ts';
import { openApiUrl } from '../support/openapi.ts';
import { audience, createTokenSigner, issuer } from '../support/token-signer.ts';
import { fetchGenerator, type GeneratedClient, generateClient } from './openapi-generator.ts';

const clients = new Map<string, GeneratedClient>();

async function clientOf(generator: string): Promise<GeneratedClient> {
  const client = clients.get(generator) ?? (await generateClient(generator, fileURLToPath(openApiUrl)));
  clients.set(generator, client);
  return client;
}

beforeAll(fetchGenerator);
afterAll(async () => {
  for (const { folder } of clients.values()) await rm(folder, { recursive: true });
});

/** What the generator says of every OpenAPI 3.1 document, and of every response that is not `application/json`. */
const saidOfEveryDocument = /OpenAPI 3\.1 support is still in beta|Response examples can currently only be/;

describe.each([
  [
    'kotlin',
    'src/main/kotlin/org/openapitools/client/models',
    {
      'ErrorDocument.kt': [/class ErrorDocument \(/, /val errors: kotlin\.collections\.List<ErrorObject>$/m],
      'ErrorObject.kt': [
        /val id: kotlin\.String,/,
        /val code: kotlin\.String,/,
        /val meta: ErrorObjectMeta\? = null\n*\) \{/,
      ],
      'ErrorObjectMeta.kt': [/val remainingAttempts: kotlin\.Int\?/],
      'ResetRequest.kt': [/val pin: kotlin\.String\? = null/],
    },
  ],
  [
    'swift6',
    'Sources/OpenAPIClient/Models',
    {
      'ErrorDocument.swift': [/public var errors: \[ErrorObject\]/],
      'ErrorObject.swift': [/public var id: String$/m, /public var code: String$/m],
      'ErrorObjectMeta.swift': [/public var remainingAttempts: Int\?/],
      'ResetRequest.swift': [/public var pin: String\?/],
    },
  ],
  [
    'typescript-fetch',
    'models',
    {
      'ErrorDocument.ts': [/^ {4}errors: Array<ErrorObject>;/m],
      'ErrorObject.ts': [/^ {4}id: string;/m, /^ {4}code: string;/m],
      'ErrorObjectMeta.ts': [/^ {4}remainingAttempts\?: number;/m],
      'ResetRequest.ts': [/^ {4}pin\?: string;/m],
    },
  ],
])('the client for %s', (generator, models, expected) => {
  it('is made without a warning about openapi.yaml', async () => {
    const { warnings } = await clientOf(generator);
    expect(warnings.filter((warning) => !saidOfEveryDocument.test(warning))).toEqual([]);
  });

  it.each(Object.entries(expected))('has the right types in %s', async (file, patterns) => {
    const { folder } = await clientOf(generator);
    const source = await readFile(join(folder, models, file), 'utf8');
    for (const pattern of patterns) expect(source).toMatch(pattern);
    // A type that takes everything would be right too, and no help.
    expect(source).not.toMatch(/JSONValue|kotlin\.Any|HashMap|: any;|\[key: string\]/);
  });
});

/** The part of the generated TypeScript client that is used. */
interface TypeScriptClient {
  readonly Configuration: new (options: { basePath: string; accessToken: string }) => object;
  readonly PasswordApi: new (
    configuration: object,
  ) => {
    resetPasswordRaw(request: { pin?: string }): Promise<{ readonly raw: Response }>;
  };
  ErrorDocumentFromJSON(json: unknown): {
    readonly errors: readonly {
      readonly code: string;
      readonly meta?: { readonly remainingAttempts?: number };
    }[];
  };
}

describe('the client for typescript-fetch against npm start', () => {
  let local: LocalProcess;
  let client: TypeScriptClient;
  const signer = createTokenSigner();
  beforeAll(async () => {
    local = await startLocal({
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: audience,
      TOKEN_JWKS: JSON.stringify((await signer).jwks),
    });
    const { folder } = await clientOf('typescript-fetch');
    const outfile = join(folder, 'client.mjs');
    await build({ entryPoints: [join(folder, 'index.ts')], bundle: true, format: 'esm', outfile });
    client = (await import(pathToFileURL(outfile).href)) as TypeScriptClient;
  });
  afterAll(() => local.stop());

  async function reset(pin: string) {
    const accessToken = await (await signer).sign({ sub: 'alice' });
    const basePath = `${local.url}/user/2021-2`;
    return new client.PasswordApi(new client.Configuration({ basePath, accessToken })).resetPasswordRaw({
      pin,
    });
  }

  it('reads what was wrong, and resets with the right PIN', async () => {
    const refused: { readonly response: Response } = await reset('9073').then(
      () => expect.fail('the wrong PIN was accepted'),
      (error) => error,
    );
    const [error] = client.ErrorDocumentFromJSON(await refused.response.json()).errors;
    expect([error?.code, error?.meta?.remainingAttempts]).toEqual(['recovery-pin-mismatch', 2]);
    expect((await reset('5621')).raw.status).toBe(204);
  });
});
