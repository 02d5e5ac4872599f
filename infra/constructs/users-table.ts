// The table of users, with one item per user.
import { RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { pepperTag } from '../shared/pepper-tag.ts';
import type { Pepper } from './pepper-secret.ts';

export interface UserTableProps {
  readonly settings: Settings;
  readonly pepper: Pepper | undefined;
}

/** On-demand capacity, point-in-time recovery for the last 35 days, and a generated name. */
export class UserTable extends Construct {
  readonly table: Table;
  readonly #key: Key | undefined;

  constructor(scope: Construct, id: string, { settings, pepper }: UserTableProps) {
    super(scope, id);
    // Not `removalPolicyOfData`: a failed first deployment could not delete the protected table, and would be stuck half
    // rolled back. So an empty table is left behind, with its key: AWS may refuse to change a table whose key is gone.
    // docs/deploy.md says how to remove both.
    const removalPolicy = settings.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.#key = settings.keepsData
      ? new Key(this, 'Key', {
          description: 'Encrypts the table of users',
          enableKeyRotation: true,
          removalPolicy,
        })
      : undefined;
    // TableV2 needs the region to use a key, and the region is unknown at synthesis.
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'userId', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: this.#key ? TableEncryption.CUSTOMER_MANAGED : TableEncryption.DEFAULT,
      ...(this.#key && { encryptionKey: this.#key }),
      deletionProtection: settings.keepsData,
      removalPolicy,
      // Events are derived from both images. The local stage publishes no events.
      ...(!settings.isLocal && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
    });
    if (pepper) Tags.of(this.table).add(pepperTag, pepper.secret.secretArn);
  }

  /**
   * Grants what the reset needs: `UpdateItem` and nothing else. The grant methods of `Table` would add reads, batches
   * and further operations of the key.
   */
  grantReset(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['dynamodb:UpdateItem'], resources: [this.table.tableArn] }),
    );
    this.#grantDecrypt(grantee);
  }

  /** Grants reading the table's stream, which Lambda does with the role of the function. */
  grantStream(grantee: IGrantable): void {
    const read = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: read, resources: [this.streamArn] }),
    );
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['dynamodb:ListStreams'],
        resources: [`${this.table.tableArn}/stream/*`],
      }),
    );
    this.#grantDecrypt(grantee);
  }

  /** ARN of the stream; its records have both images. */
  get streamArn(): string {
    const arn = this.table.tableStreamArn;
    if (arn === undefined) throw new Error('The table of this stage has no stream');
    return arn;
  }

  #grantDecrypt(grantee: IGrantable): void {
    if (!this.#key) return;
    // DynamoDB uses the table's key on behalf of the caller, and requires no other operation.
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [this.#key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${Stack.of(this).region}.amazonaws.com` } },
      }),
    );
  }
}
