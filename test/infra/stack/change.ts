// A reset as a record of the table's stream.
import type { StreamRecord } from '../../../lambda/publisher/stream-record.ts';

export const resetId = 'b1b6ef2c-9d3f-4c8e-8a0e-0f6f0b6d3c11';
export const change: StreamRecord = {
  eventName: 'MODIFY',
  dynamodb: {
    OldImage: { userId: { S: 'alice' }, paymentMethods: { M: { visa: { M: {} } } } },
    NewImage: {
      userId: { S: 'alice' },
      paymentMethods: { M: {} },
      lastReset: {
        M: {
          id: { S: resetId },
          at: { S: '2026-01-01T00:00:00.000Z' },
          pinVerified: { BOOL: false },
        },
      },
    },
    SequenceNumber: '1',
  },
};
