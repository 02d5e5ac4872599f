// The hard gates: size, modules and round trips of the bundle that is deployed.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultProvider as wholeChain } from '@aws-sdk/credential-provider-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider as environmentOnly } from '../../infra/bundling/environment-credentials.ts';
import { type Bundle, bundleProduct } from './bundles.ts';
import { countRoundTrips, startCold, stoppedClock } from './measures.ts';
import { listLoadedModules, loadedInVain } from './modules.ts';
import { rightPin, type StandIns, startStandIns } from './stand-ins.ts';
import { judge, targets } from './targets.ts';

const folder = mkdtempSync(join(tmpdir(), 'password-reset-bundle-'));
let bundle: Bundle;
let standIns: StandIns;
beforeAll(async () => {
  bundle = await bundleProduct(folder);
  standIns = await startStandIns();
});
afterAll(() => {
  standIns.close();
  rmSync(folder, { recursive: true, force: true });
});
/** On a busy machine a call can take longer than the client waits, which then makes another one. */
const exactly = { retry: 3 };
beforeEach(() => {
  standIns.calls.length = 0;
  Object.assign(standIns.connections, { table: 0, issuer: 0 });
});

describe('the bundle', () => {
  it.each(['size', 'gzipped'] as const)('keeps within its target for bytes (%s)', (name) => {
    expect(judge(targets[name], bundle.atStart[name]), `${bundle.atStart[name]} bytes`).toBe('met');
  });

  it('loads only these files on demand, which the target for bytes leaves out', () => {
    const names = Object.keys(bundle.onDemand).map((file) => file.replace(/-[A-Z0-9]{8}\.mjs$/, ''));
    // Two are the AWS SDK's own, and nothing here ever loads them.
    expect(names.sort()).toEqual(['bowser', 'common-passwords', 'event-streams', 'secrets-manager']);
  });

  it('loads nothing for a reset without a PIN that it does not need', async () => {
    const event = JSON.stringify(await standIns.event(2));
    const loaded = await listLoadedModules(bundle, { ...standIns.environment, BENCH_EVENT: event });
    expect(loadedInVain(loaded)).toEqual([]);
    expect(loaded.packages).toEqual(
      expect.arrayContaining(['@aws-sdk/client-dynamodb', '@middy/core', 'own']),
    );
    expect(loaded.builtins).toEqual(expect.arrayContaining(['https', 'crypto']));
  });

  it('makes no round trip for a refused token, one without a PIN and two with one', exactly, async () => {
    expect(await countRoundTrips(bundle, standIns)).toEqual({ refused: 0, withoutPin: 1, withPin: 2 });
  });

  it('fetches the pepper from Secrets Manager when a PIN is first seen', exactly, async () => {
    const { PIN_PEPPER: _, ...environment } = standIns.environment;
    const deployed = { ...environment, ...stoppedClock, PIN_PEPPER_SECRET_ID: 'pepper' };
    const { statusCode } = await startCold(bundle.entry, deployed, await standIns.event(2, rightPin));
    expect(statusCode).toBe(204);
    expect(standIns.calls).toEqual(['keys', 'GetSecretValue', 'UpdateItem', 'UpdateItem']);
  });
});

describe('the connection to the table', () => {
  it('is opened at the start, without a request', async () => {
    const withoutToken = { ...(await standIns.event(2)), headers: {}, multiValueHeaders: {} };
    expect((await startCold(bundle.entry, standIns.environment, withoutToken)).statusCode).toBe(401);
    expect(standIns.connections).toEqual({ table: 1, issuer: 1 });
    expect(standIns.calls).toEqual(['keys']);
  });

  it('is the one that the requests then use', exactly, async () => {
    const environment = { ...standIns.environment, ...stoppedClock };
    const { statusCode } = await startCold(bundle.entry, environment, await standIns.event(2, rightPin));
    expect(statusCode).toBe(204);
    expect(standIns.calls).toEqual(['keys', 'UpdateItem', 'UpdateItem']);
    expect(standIns.connections).toEqual({ table: 1, issuer: 1 });
  });

  it.each([
    ['refused', 'https://localhost:9'],
    ['unknown', 'https://table.invalid'],
  ])('may be %s: the function starts, and says 501 if it needs the table', async (_, endpoint) => {
    const environment = { ...standIns.environment, AWS_ENDPOINT_URL_DYNAMODB: endpoint };
    expect((await startCold(bundle.entry, environment, await standIns.event(2))).statusCode).toBe(501);
  });

  it('is not waited for longer than a second', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const environment = { ...standIns.environment, AWS_ENDPOINT_URL_DYNAMODB: `https://localhost:${port}` };
    const withoutToken = { ...(await standIns.event(2)), headers: {}, multiValueHeaders: {} };
    let fastest = Number.POSITIVE_INFINITY;
    // A busy machine delays one start or another, but what is waited for delays each.
    for (let starts = 0; starts < 5 && fastest > 2_500; starts++) {
      const { statusCode, load } = await startCold(bundle.entry, environment, withoutToken);
      expect(statusCode).toBe(401);
      expect(load).toBeGreaterThan(700);
      fastest = Math.min(fastest, load);
    }
    mute.close();
    expect(fastest).toBeLessThan(2_500);
  });
});

describe('the credentials', () => {
  it('are those that the whole chain finds in Lambda', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIAEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'session');
    expect(await environmentOnly({})()).toEqual(await wholeChain({})());
    expect(await environmentOnly({})()).toMatchObject({ sessionToken: 'session' });
  });

  it('are looked for nowhere but in the environment: a profile is not read', async () => {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...environment } = standIns.environment;
    const profile = join(folder, 'credentials');
    writeFileSync(profile, '[bench]\naws_access_key_id = key\naws_secret_access_key = secret\n');
    const withProfile = { ...environment, AWS_PROFILE: 'bench', AWS_SHARED_CREDENTIALS_FILE: profile };
    expect((await startCold(bundle.entry, withProfile, await standIns.event(2))).statusCode).toBe(501);
  });
});
