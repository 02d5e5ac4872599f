// What the emulator cannot do, and is therefore taken out before a deployment. Nothing else is changed.

/** Type of the entries for the stack itself, whose parts are properties in the assembly's manifest. */
export const stackType = 'AWS::CloudFormation::Stack';

export interface TakenOut {
  /** A resource type of CloudFormation. */
  readonly type: string;
  /** Only the resources with this property are meant; absent: all resources of the type. */
  readonly having?: string;
  /** An attribute of the resource beside `Type`, such as `UpdatePolicy`; absent: the resource as a whole. */
  readonly part?: string;
  /** The stages that have it, with all options. */
  readonly stages: readonly string[];
  /** What the emulator does with it. */
  readonly reason: string;
}

const unknownType = 'The emulator does not know the type, which makes the deployment fail.';

export const takenOut: readonly TakenOut[] = [
  { type: 'AWS::Events::Archive', stages: ['dev', 'prod'], reason: unknownType },
  { type: 'AWS::WAFv2::WebACLAssociation', stages: ['prod'], reason: unknownType },
  { type: 'AWS::WAFv2::LoggingConfiguration', stages: ['prod'], reason: unknownType },
  { type: 'AWS::CloudWatch::CompositeAlarm', stages: ['dev', 'prod'], reason: unknownType },
  {
    type: 'AWS::CloudWatch::Alarm',
    having: 'Metrics',
    stages: ['dev', 'prod'],
    reason: 'The emulator refuses alarms on expressions, which makes the deployment fail.',
  },
  { type: 'AWS::Logs::QueryDefinition', stages: ['dev', 'prod'], reason: unknownType },
  { type: 'AWS::Logs::MetricFilter', stages: ['dev', 'prod'], reason: unknownType },
  { type: 'AWS::CodeDeploy::Application', stages: ['dev', 'prod'], reason: unknownType },
  { type: 'AWS::CodeDeploy::DeploymentGroup', stages: ['dev', 'prod'], reason: unknownType },
  {
    type: 'AWS::Lambda::Alias',
    part: 'UpdatePolicy',
    stages: ['dev', 'prod'],
    reason:
      'It refers to the resources of CodeDeploy, which are taken out. The alias moves to a new version at once.',
  },
  {
    type: stackType,
    part: 'terminationProtection',
    stages: ['prod'],
    reason: 'The emulator answers UpdateTerminationProtection with an error, which ends the deployment.',
  },
];
