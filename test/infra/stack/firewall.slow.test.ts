// The firewall of production.
import { describe, expect, test } from 'vitest';
import { synthesizeStage, theOne } from './synthesis.ts';

const prod = await synthesizeStage('prod');

describe('the stack of production', () => {
  test('has a firewall that limits each address and keeps secrets out of its logs', () => {
    const [acl, { Properties }] = theOne(prod, 'AWS::WAFv2::WebACL');
    const VisibilityConfig = {
      CloudWatchMetricsEnabled: true,
      MetricName: expect.any(String),
      SampledRequestsEnabled: false,
    };
    expect(Properties).toEqual({
      Scope: 'REGIONAL',
      DefaultAction: { Allow: {} },
      Rules: [
        {
          Name: 'AddressLimit',
          Priority: 0,
          Action: { Block: {} },
          Statement: {
            RateBasedStatement: { AggregateKeyType: 'IP', Limit: 300, EvaluationWindowSec: 300 },
          },
          VisibilityConfig,
        },
        {
          Name: 'CommonRules',
          Priority: 1,
          OverrideAction: { None: {} },
          Statement: {
            ManagedRuleGroupStatement: {
              VendorName: 'AWS',
              Name: 'AWSManagedRulesCommonRuleSet',
              RuleActionOverrides: [
                'GenericRFI_QUERYARGUMENTS',
                'CrossSiteScripting_BODY',
                'EC2MetaDataSSRF_BODY',
                'GenericLFI_BODY',
                'GenericRFI_BODY',
              ].map((Name) => ({ Name, ActionToUse: { Count: {} } })),
            },
          },
          VisibilityConfig,
        },
      ],
      VisibilityConfig,
      // Body, query and headers appear neither in the log nor in what it quotes of a match.
      DataProtectionConfig: {
        DataProtections: [
          { FieldType: 'BODY' },
          { FieldType: 'QUERY_STRING' },
          { FieldType: 'SINGLE_QUERY_ARGUMENT' },
          { FieldType: 'SINGLE_HEADER' },
          { FieldType: 'SINGLE_COOKIE' },
        ].map((Field) => ({
          Field,
          Action: 'SUBSTITUTION',
          ExcludeRuleMatchDetails: false,
          ExcludeRateBasedDetails: false,
        })),
      },
    });
    const [, association] = theOne(prod, 'AWS::WAFv2::WebACLAssociation');
    expect(association.Properties.WebACLArn).toEqual({ 'Fn::GetAtt': [acl, 'Arn'] });
    const [, logging] = theOne(prod, 'AWS::WAFv2::LoggingConfiguration');
    expect(logging.Properties.RedactedFields).toEqual([
      { UriPath: {} },
      { QueryString: {} },
      { SingleHeader: { Name: 'authorization' } },
    ]);
    // WAF requires the log group's ARN without the ":*" of CDK's.
    const destination = JSON.stringify(logging.Properties.LogDestinationConfigs);
    expect(destination).toMatch(/":log-group:",\{"Ref":"FirewallLogs\w+"\}\]\]\}\]$/);
    expect(logging.Properties.LoggingFilter).toEqual({
      DefaultBehavior: 'DROP',
      Filters: [
        {
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'COUNT' } }],
        },
      ],
    });
  });
});
