// What outlives the stack, and that it does not prevent the stack from being created again.
import { describe, expect, test } from 'vitest';
import { allOf, synthesizeStage, theOne } from './synthesis.ts';

const prod = await synthesizeStage('prod');

describe('the stack of production', () => {
  test('retains pepper, logs and dead letters when it is deleted, but not when its creation fails', () => {
    for (const type of ['AWS::SecretsManager::Secret', 'AWS::Logs::LogGroup', 'AWS::SQS::Queue']) {
      for (const [, { DeletionPolicy, UpdateReplacePolicy }] of allOf(prod, type)) {
        expect({ type, DeletionPolicy, UpdateReplacePolicy }).toEqual({
          type,
          DeletionPolicy: 'RetainExceptOnCreate',
          UpdateReplacePolicy: 'Retain',
        });
      }
    }
  });

  test('generates the names of what outlives it, so that it can be created again', () => {
    const kept = Object.entries(prod.resources).filter(([, { DeletionPolicy }]) =>
      /^Retain/.test(`${DeletionPolicy}`),
    );
    expect(kept.length).toBeGreaterThan(5);
    const fixed = kept.flatMap(([id, { Properties = {} }]) =>
      Object.entries(Properties)
        .filter(([name, value]) => /Name$/.test(name) && typeof value === 'string')
        .map(([name]) => `${name} of ${id}`),
    );
    expect(fixed).toEqual([]);
    const [, { Properties }] = theOne(prod, 'AWS::Logs::LogGroup', 'FirewallLogs');
    // WAF requires the prefix. The rest is from the stack's id, which is another one for each creation.
    expect(Properties.LogGroupName).toMatchObject({
      'Fn::Join': ['', ['aws-waf-logs-password-reset-prod-', { 'Fn::Select': expect.any(Array) }]],
    });
    expect(JSON.stringify(Properties.LogGroupName)).toContain('"AWS::StackId"');
  });
});
