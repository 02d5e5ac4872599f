// The stages with no more settings than they require, synthesized once for all tests.
import { afterAll } from 'vitest';
import { required, synthesize } from './synthesis.ts';

export const prod = await synthesize({ stage: 'prod', ...required, alarmMail: 'oncall@example.com' });
export const dev = await synthesize({ stage: 'dev', ...required });
export const local = await synthesize({ stage: 'local' });

afterAll(() => {
  for (const { remove } of [prod, dev, local]) remove();
});
