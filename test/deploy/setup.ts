// Vitest's global set-up of `npm run test:deploy`: a certificate for the issuers, and the emulator, bootstrapped for the CDK.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Certificate, createCertificate } from '../support/certificate.ts';
import { bootstrap } from './deployment.ts';
import { type Emulator, startEmulator } from './emulator.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    emulator: Omit<Emulator, 'stop'>;
    /** For `localhost`; the deployed functions trust it. */
    certificate: Certificate;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = join(project.getProvidedContext().scratch, 'emulator');
  await mkdir(folder, { recursive: true });
  const certificate = createCertificate();
  const trusted = join(folder, 'certificate.pem');
  await writeFile(trusted, certificate.cert);
  const { stop, ...emulator } = await startEmulator({ folder, trusted });
  try {
    await bootstrap(emulator.environment);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('emulator', emulator);
  project.provide('certificate', certificate);
  return stop;
}
