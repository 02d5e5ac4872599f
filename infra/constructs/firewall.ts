// The web application firewall in front of the API.
import { Fn, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { removalPolicyOfData } from './removal-policy.ts';
import type { ResetApi } from './reset-api.ts';

export interface FirewallProps {
  readonly settings: Settings;
  readonly api: ResetApi;
  /** Maximum number of requests per address in five minutes. */
  readonly requestsPerAddress: number;
}

/** AWS's common rules, and a request limit per address. Blocked requests are logged without their secrets. */
export class Firewall extends Construct {
  /** The log of blocked and counted requests. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { settings, api, requestsPerAddress }: FirewallProps) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: createVisibilityConfig('PasswordReset'),
      rules: [addressLimitRule(requestsPerAddress), commonRules],
      dataProtectionConfig: { dataProtections: secretFields.map(substitute) },
    });
    new CfnWebACLAssociation(this, 'Association', {
      webAclArn: acl.attrArn,
      resourceArn: api.api.deploymentStage.stageArn,
    });
    this.logGroup = this.#logBlockedRequests(acl, settings);
  }

  #logBlockedRequests(acl: CfnWebACL, settings: Settings): LogGroup {
    const { stackName, stackId } = Stack.of(this);
    const logGroup = new LogGroup(this, 'Logs', {
      // WAF requires this prefix. A part of the stack's id makes the name new at each creation of the stack: the log group
      // of a deleted stack may still exist.
      logGroupName: `aws-waf-logs-${stackName}-${Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', stackId))))}`,
      retention: settings.logRetention,
      removalPolicy: removalPolicyOfData(settings),
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      // `logGroup.logGroupArn` ends in ":*", which WAF does not accept.
      logDestinationConfigs: [
        Stack.of(this).formatArn({ service: 'logs', resource: `log-group:${logGroup.logGroupName}` }),
      ],
      // The caller chooses the path: `/reset;pin=5621` is not a route, but is logged if it is blocked.
      redactedFields: [{ uriPath: {} }, { queryString: {} }, { singleHeader: { Name: 'authorization' } }],
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
    return logGroup;
  }
}

/** The first rule, so that requests above the limit are not evaluated any further. */
function addressLimitRule(limit: number): CfnWebACL.RuleProperty {
  return {
    name: 'AddressLimit',
    priority: 0,
    action: { block: {} },
    statement: { rateBasedStatement: { limit, aggregateKeyType: 'IP', evaluationWindowSec: 300 } },
    visibilityConfig: createVisibilityConfig('AddressLimit'),
  };
}

/**
 * What may hold a PIN, a password or a token. WAF replaces it wherever it stores a request. That includes the match details,
 * which quote what a rule has found and which `redactedFields` does not cover. Without keys, every header, cookie and argument
 * is meant: a client may send a PIN or a token under any name, such as `X-Pin`.
 */
const secretFields: readonly CfnWebACL.FieldToProtectProperty[] = [
  { fieldType: 'BODY' },
  { fieldType: 'QUERY_STRING' },
  { fieldType: 'SINGLE_QUERY_ARGUMENT' },
  { fieldType: 'SINGLE_HEADER' },
  { fieldType: 'SINGLE_COOKIE' },
];

function substitute(field: CfnWebACL.FieldToProtectProperty): CfnWebACL.DataProtectProperty {
  return {
    field,
    action: 'SUBSTITUTION',
    excludeRuleMatchDetails: false,
    excludeRateBasedDetails: false,
  };
}

/**
 * Rules of the common set that are counted and not enforced. Clients add query parameters, and some of these are URLs:
 * the function ignores them, so blocking such requests would protect nothing. A new password may contain anything, such
 * as "<script", "../" or an address, and is only hashed. The rule for the size of a body stays enforced: its limit is
 * twice what the function accepts.
 */
const countedRules = [
  'GenericRFI_QUERYARGUMENTS',
  'CrossSiteScripting_BODY',
  'EC2MetaDataSSRF_BODY',
  'GenericLFI_BODY',
  'GenericRFI_BODY',
];

const commonRules: CfnWebACL.RuleProperty = {
  name: 'CommonRules',
  priority: 1,
  overrideAction: { none: {} },
  statement: {
    managedRuleGroupStatement: {
      vendorName: 'AWS',
      name: 'AWSManagedRulesCommonRuleSet',
      ruleActionOverrides: countedRules.map((name) => ({ name, actionToUse: { count: {} } })),
    },
  },
  visibilityConfig: createVisibilityConfig('CommonRules'),
};

/**
 * Samples no requests: the console would show their query strings and headers, which `redactedFields` does not cover.
 */
function createVisibilityConfig(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false, metricName };
}
