// `npm run test:dynamodb-local`: the tests of `npm test` that need a table, on Amazon's DynamoDB Local.

// Read by the imported configuration, and by what it starts.
process.env.TABLE_ENGINE = 'dynamodb-local';

export default (await import('../../vitest.config.ts')).default;
