// The secret with the pepper.
import { describe, expect, test } from 'vitest';
import { synthesizeStages, theOne } from './synthesis.ts';

describe.each(await synthesizeStages('prod', 'dev'))('the deployed stage %s', (_stage, stack) => {
  test('generates the pepper once, in the format that the function reads', () => {
    const [, { Properties }] = theOne(stack, 'AWS::SecretsManager::Secret');
    // With any change here, CloudFormation would generate a new secret, and every stored PIN would be lost.
    expect(Properties.GenerateSecretString).toEqual({
      SecretStringTemplate: '{"current":"k1"}',
      GenerateStringKey: 'k1',
      PasswordLength: 64,
      ExcludePunctuation: true,
    });
  });
});
