// Which web pages may read answers across origins.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

const app = 'https://app.example.com';
const shop = 'https://shop.example.com';

describe('a stage with CORS origins', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService({ CORS_ORIGINS: `${app}, ${shop}` });
  });
  afterAll(() => service.close());

  test.each([app, shop])('lets pages of %s read answers, refusals included', async (Origin) => {
    const { headers, code } = await service.reset(undefined, '', { headers: { Origin } });
    expect(code).toBe('token-missing');
    expect(headers).toMatchObject({
      'access-control-allow-origin': Origin,
      'access-control-expose-headers':
        'Request-Id, WWW-Authenticate, x-amzn-Remapped-WWW-Authenticate, Deprecation, Sunset, Link',
      vary: 'Origin',
    });
  });

  test.each(['https://app.example.com.evil.example', 'http://app.example.com', 'null', `${app},${shop}`])(
    'lets no page of %s read an answer',
    async (Origin) => {
      const { headers } = await service.reset(undefined, '', { headers: { Origin } });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expect(headers.vary).toBe('Origin');
    },
  );
});

test('a stage without CORS origins sends no CORS header', async () => {
  const service = await startService();
  const { headers } = await service.reset(undefined, '', { headers: { Origin: app } });
  await service.close();
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control') || name === 'vary')).toEqual(
    [],
  );
});
