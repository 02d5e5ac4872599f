// The table of users: how it is kept, protected and encrypted.
import { describe, expect, test } from 'vitest';
import { synthesizeStage, synthesizeStages, theOne } from './synthesis.ts';

const prod = await synthesizeStage('prod');

describe.each(await synthesizeStages('prod', 'dev', 'local'))('the stage %s', (_stage, stack) => {
  test('has an on-demand table with point-in-time recovery', () => {
    const [, table] = theOne(stack, 'AWS::DynamoDB::Table');
    expect(table.Properties).toMatchObject({
      KeySchema: [{ AttributeName: 'userId', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'userId', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });
});

describe('the stack of production', () => {
  test('retains the table with its key in any case, since a rollback cannot delete a protected table', () => {
    const retained = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
    expect(theOne(prod, 'AWS::DynamoDB::Table')[1]).toMatchObject({
      Properties: { DeletionProtectionEnabled: true },
      ...retained,
    });
    expect(theOne(prod, 'AWS::KMS::Key')[1]).toMatchObject(retained);
  });

  test('protects the table from deletion, and encrypts it with its own rotated key', () => {
    const [key, { Properties: keyProperties }] = theOne(prod, 'AWS::KMS::Key');
    const [, { Properties }] = theOne(prod, 'AWS::DynamoDB::Table');
    expect(keyProperties.EnableKeyRotation).toBe(true);
    expect(Properties).toMatchObject({
      DeletionProtectionEnabled: true,
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] } },
    });
  });
});

describe.each(await synthesizeStages('prod', 'dev'))('the deployed stage %s', (_stage, stack) => {
  test("names the pepper's secret in a tag of the table, for tools", () => {
    const [secret] = theOne(stack, 'AWS::SecretsManager::Secret');
    expect(theOne(stack, 'AWS::DynamoDB::Table')[1].Properties.Tags).toEqual([
      { Key: 'password-reset:pepper', Value: { Ref: secret } },
    ]);
  });
});
