// The client generator, in its own workspace, since it needs the API of TypeScript 5, which later versions lack.
import openapiTS, { astToString } from 'openapi-typescript';

/**
 * Generates the types of a client.
 *
 * @param document - URL of an OpenAPI document
 * @returns the source of a TypeScript module that exports `paths` and `components`
 */
export async function generateClient(document: URL): Promise<string> {
  return astToString(await openapiTS(document, { silent: true, alphabetize: false }));
}
