// The table of users: one item each.
import { RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import type { Pepper } from './pepper-secret.ts';

export interface UserTableProps {
  readonly settings: Settings;
  readonly pepper: Pepper | undefined;
}

/** The tag by which tools find the pepper that belongs to a table's PINs. */
export const pepperTag = 'password-reset:pepper';

/** On demand, recoverable to any second of the last 35 days, with a generated name. */
export class UserTable extends Construct {
  readonly table: Table;
  readonly #key: Key | undefined;

  constructor(scope: Construct, id: string, { settings, pepper }: UserTableProps) {
    super(scope, id);
    const removalPolicy = settings.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.#key = settings.keepsData
      ? new Key(this, 'Key', {
          description: 'Encrypts the table of users',
          enableKeyRotation: true,
          removalPolicy,
        })
      : undefined;
    // TableV2 would have to know the region to use a key, and synthesis asks nobody where it is going to be deployed.
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'userId', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: this.#key ? TableEncryption.CUSTOMER_MANAGED : TableEncryption.DEFAULT,
      ...(this.#key && { encryptionKey: this.#key }),
      deletionProtection: settings.keepsData,
      removalPolicy,
      // What the platform is told is worked out from both images; on a laptop there is nobody to tell by it.
      ...(!settings.isLocal && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
    });
    if (pepper) Tags.of(this.table).add(pepperTag, pepper.secret.secretArn);
  }

  /**
   * Lets a role do what the reset does to the table, which is `UpdateItem` and nothing else. The table's own grant
   * methods would add reads, batches and the rest of the key's operations.
   */
  grantReset(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['dynamodb:UpdateItem'], resources: [this.table.tableArn] }),
    );
    this.#grantDecrypt(grantee);
  }

  /** Lets a role read the table's stream, for Lambda to hand the records over. */
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

  /** Of the stream with both images of every change. */
  get streamArn(): string {
    const arn = this.table.tableStreamArn;
    if (arn === undefined) throw new Error('the table of this stage has no stream');
    return arn;
  }

  #grantDecrypt(grantee: IGrantable): void {
    if (!this.#key) return;
    // DynamoDB opens the table's own key in the name of whoever calls, and asks for nothing but Decrypt.
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [this.#key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${Stack.of(this).region}.amazonaws.com` } },
      }),
    );
  }
}
