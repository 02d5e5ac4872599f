// The web application firewall in front of the API.
import { Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import type { ResetApi } from './reset-api.ts';

export interface FirewallProps {
  readonly settings: Settings;
  readonly api: ResetApi;
  /** The most requests of one address in five minutes. */
  readonly requestsPerAddress: number;
}

/** AWS's common rules and a limit for each address; blocked requests are logged without their secrets. */
export class Firewall extends Construct {
  constructor(scope: Construct, id: string, { settings, api, requestsPerAddress }: FirewallProps) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('PasswordReset'),
      rules: [addressLimitRule(requestsPerAddress), commonRules],
    });
    new CfnWebACLAssociation(this, 'Association', {
      webAclArn: acl.attrArn,
      resourceArn: api.api.deploymentStage.stageArn,
    });
    this.#logBlockedRequests(acl, settings);
  }

  #logBlockedRequests(acl: CfnWebACL, settings: Settings): void {
    const logGroup = new LogGroup(this, 'Logs', {
      // WAF writes only to groups of this prefix.
      logGroupName: `aws-waf-logs-${Names.uniqueResourceName(this, { maxLength: 100, separator: '-' })}`,
      retention: settings.logRetention,
      removalPolicy: settings.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      // The group's own ARN ends in ":*", which WAF does not take.
      logDestinationConfigs: [
        Stack.of(this).formatArn({ service: 'logs', resource: `log-group:${logGroup.logGroupName}` }),
      ],
      redactedFields: [{ queryString: {} }, { singleHeader: { Name: 'authorization' } }],
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'COUNT' } }],
          },
        ],
      },
    });
  }
}

/** Comes first, so that whoever is over the limit costs nothing more. */
function addressLimitRule(limit: number): CfnWebACL.RuleProperty {
  return {
    name: 'AddressLimit',
    priority: 0,
    action: { block: {} },
    statement: { rateBasedStatement: { limit, aggregateKeyType: 'IP', evaluationWindowSec: 300 } },
    visibilityConfig: visibility('AddressLimit'),
  };
}

const commonRules: CfnWebACL.RuleProperty = {
  name: 'CommonRules',
  priority: 1,
  overrideAction: { none: {} },
  statement: {
    managedRuleGroupStatement: {
      vendorName: 'AWS',
      name: 'AWSManagedRulesCommonRuleSet',
      // Callers add query parameters of their own, some of which are URLs. The function passes over them, so blocking
      // those callers would protect nothing.
      ruleActionOverrides: [{ name: 'GenericRFI_QUERYARGUMENTS', actionToUse: { count: {} } }],
    },
  },
  visibilityConfig: visibility('CommonRules'),
};

/** Sampled requests would show query strings and headers in the console, and no redaction applies to them. */
function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false, metricName };
}
