// The archive of the events outlives what replaces or deletes it.
import { expect, test } from 'vitest';
import { dev, prod } from './stack/stages.ts';
import { theOne } from './stack/synthesis.ts';

const type = 'AWS::Events::Archive';

test('in production the archive stays if the bus is changed or the stack deleted, since events of a year are in it', () => {
  expect(theOne(prod, type)[1]).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
  });
  expect(theOne(dev, type)[1]).toMatchObject({ DeletionPolicy: 'Delete' });
});

test.each(Object.entries({ dev, prod }))(
  'the name that CloudFormation generates in %s has less than 48 characters, the maximum of EventBridge',
  (stage, stack) => {
    const [id, { Properties }] = theOne(stack, type);
    expect(Properties).not.toHaveProperty('ArchiveName');
    // The names of stack and resource, and at most thirteen characters that nobody knows before.
    expect(`password-reset-${stage}-${id}-${'X'.repeat(13)}`.length).toBeLessThan(48);
  },
);
