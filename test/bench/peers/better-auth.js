// For comparison: the password reset of a library for user accounts, without network and table. It hashes the new
// password, which our operation does only when the body has one.
import { randomUUID } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';

const userId = 'user';
const now = new Date();
const tables = {
  user: [
    {
      id: userId,
      email: 'user@example.org',
      emailVerified: true,
      name: 'User',
      createdAt: now,
      updatedAt: now,
    },
  ],
  account: [
    {
      id: 'account',
      accountId: userId,
      userId,
      providerId: 'credential',
      password: 'none',
      createdAt: now,
      updatedAt: now,
    },
  ],
  session: [],
  verification: [],
};
const auth = betterAuth({
  baseURL: 'http://localhost',
  secret: 'only for the benchmark, thirty-two characters',
  database: memoryAdapter(tables),
  emailAndPassword: { enabled: true, sendResetPassword: async () => {} },
  logger: { disabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
});

export async function handler() {
  const token = randomUUID();
  const value = {
    identifier: `reset-password:${token}`,
    value: userId,
    createdAt: new Date(),
    updatedAt: new Date(),
  };
  tables.verification = [{ id: token, ...value, expiresAt: new Date(Date.now() + 60_000) }];
  const { status } = await auth.api.resetPassword({ body: { newPassword: 'a new password', token } });
  return { statusCode: status ? 204 : 500 };
}
