// How the page looks in every theme and width, with whatever users and settings.
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalProcess, startLocal } from '../support/local-process.ts';
import { audience, createTokenSigner, goodClaims, issuer } from '../support/token-signer.ts';
import { startBrowser } from './browser.ts';
import {
  desktop,
  expectGoodLooks,
  facts,
  keepPicture,
  phone,
  restore,
  send,
  tablet,
  visit,
} from './visit.ts';

let browser: Browser;
let local: LocalProcess;
beforeAll(async () => {
  [local, browser] = await Promise.all([startLocal(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await local.stop();
});

const looks: [string, BrowserContextOptions][] = [
  ['desktop-light', { ...desktop, colorScheme: 'light' }],
  ['desktop-dark', { ...desktop, colorScheme: 'dark' }],
  ['tablet-light', { ...tablet, colorScheme: 'light' }],
  ['phone-dark', { ...phone, colorScheme: 'dark' }],
];

describe('the page', () => {
  it.each(looks)('has no finding and is not too wide: %s', async (look, options) => {
    const current = await visit(browser, local.url, options);
    const { page } = current;
    await page.locator('.card').first().waitFor();
    await restore(page);
    await send(page);
    await page.locator('#events pre').first().waitFor();
    await expectGoodLooks(current);
    await page.evaluate('window.scrollTo(0, 0)');
    await keepPicture(page, look);
    await page.getByText('Without a PIN', { exact: true }).click();
    await page.getByText('More to send').click();
    await page.getByRole('checkbox', { name: 'As sent' }).check();
    await expectGoodLooks(current);
    await keepPicture(page, `${look}-without-a-pin`);
    await page.context().close();
  });
});

describe('the answer to a wrong PIN', () => {
  it('is in a window of 1280 x 900 without a scroller, however much is open above it', async () => {
    const { page } = await visit(browser, local.url);
    await page.locator('.card').first().waitFor();
    await restore(page);
    await page.getByText('More to send').click();
    await page.getByLabel('Recovery PIN').fill('9073');
    expect(await send(page)).toBe('403 Forbidden\nrecovery-pin-mismatch');
    const link = page.locator('#outcome').getByRole('link', { name: 'recovery-pin-mismatch' });
    expect(await link.getAttribute('href')).toBe(`${local.url}/~local/reference#recovery-pin-mismatch`);
    expect(await page.locator('#wire pre').innerText()).toMatch(
      /"source": .*\n.*"meta": \{"remainingAttempts":2\}/,
    );
    const [sheet, height] = await Promise.all([
      page.locator('.sheet').boundingBox(),
      page.locator('.sheet').evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight),
    ]);
    expect(height).toBe(0);
    expect(sheet !== null && sheet.y + sheet.height <= 900).toBe(true);
    await page.context().close();
  });
});

describe('on a phone', () => {
  it('the users are one row, and the form is on the first screen', async () => {
    const { page } = await visit(browser, local.url, phone);
    await page.locator('.card').first().waitFor();
    const button = await page.locator('#send').boundingBox();
    expect(button !== null && button.y + button.height <= phone.viewport.height).toBe(true);
    const tops = await page
      .locator('.card')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    expect(new Set(tops).size).toBe(1);
    await page.context().close();
  });
});

describe('a reset without a PIN', () => {
  it.each(['light', 'dark'] as const)(
    'is red in %s, as its button is, and one with the PIN is not',
    async (colorScheme) => {
      const { page } = await visit(browser, local.url, { ...desktop, colorScheme });
      await page.locator('.card').first().waitFor();
      const redness = async () => {
        const color = await page.evaluate(
          `getComputedStyle(document.querySelector('#send')).backgroundColor`,
        );
        const [red = 0, green = 0, blue = 0] = (String(color).match(/\d+/g) ?? []).map(Number);
        return red - Math.max(green, blue);
      };
      expect(await redness()).toBeLessThan(50);
      await page.getByText('Without a PIN', { exact: true }).click();
      expect(await redness()).toBeGreaterThan(120);
      await page.context().close();
    },
  );
});

describe('motion', () => {
  it.each([
    ['reduce', 'auto'],
    ['no-preference', 'smooth'],
  ] as const)(
    'with the preference "%s": scrolling is %s, and nothing else moves',
    async (reducedMotion, behavior) => {
      const { page } = await visit(browser, local.url, { ...phone, reducedMotion });
      await page.locator('.card').first().waitFor();
      expect(await page.evaluate('getComputedStyle(document.documentElement).scrollBehavior')).toBe(behavior);
      await page.getByText('Without a PIN', { exact: true }).click();
      expect(await page.evaluate('document.getAnimations().length')).toBe(0);
      await page.context().close();
    },
  );

  it('the answer comes into view on a phone, where it is below the button', async () => {
    const { page } = await visit(browser, local.url, { ...phone, reducedMotion: 'reduce' });
    await page.locator('.card').first().waitFor();
    await send(page);
    const box = await page.locator('.headline').boundingBox();
    expect(box !== null && box.y >= 0 && box.y + box.height <= 844).toBe(true);
    await page.context().close();
  });
});

describe('with another issuer and a file of thirty users with long ids, the page', () => {
  const path = join(tmpdir(), `${randomUUID()}.json`);
  const longId = `auth0|${'0123456789abcdef'.repeat(12)}`;
  let other: LocalProcess;
  let token: string;
  beforeAll(async () => {
    const users = Array.from({ length: 30 }, (_, index) => ({
      userId: index === 0 ? longId : `auth0|64b2f1c09d5e4a7781f3b0aa-${index}`,
      pin: '5621',
      paymentMethods: Object.fromEntries(
        Array.from({ length: index % 5 }, (_, card) => [`${'card'.repeat(index)}-${card}`, {}]),
      ),
    }));
    await writeFile(path, JSON.stringify(users));
    const signer = await createTokenSigner();
    token = await signer.sign({ ...goodClaims(), sub: longId });
    other = await startLocal({
      SEED_FILE: path,
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: audience,
      TOKEN_JWKS: JSON.stringify(signer.jwks),
    });
  });
  afterAll(async () => {
    await other.stop();
    await rm(path);
  });

  it.each<[string, BrowserContextOptions]>([
    ['desktop', desktop],
    ['phone', phone],
  ])('has no finding and is not too wide on a %s, and shows 24 cards', async (_width, options) => {
    const current = await visit(browser, other.url, options);
    await current.page.locator('.card').first().waitFor();
    expect(await current.page.locator('.card').count()).toBe(24);
    expect(await send(current.page)).toMatch(/token-missing$/);
    await expectGoodLooks(current);
    await current.page.context().close();
  });

  it('offers no token, and sends the one that is pasted', async () => {
    const { page } = await visit(browser, other.url);
    await page.locator('.card').first().waitFor();
    await page.getByText('More to send').click();
    expect(await page.locator('[name=token]').isVisible()).toBe(false);
    await page.getByLabel('Access token of the issuer in TOKEN_ISSUER').fill(token);
    await page.getByText('Without a PIN', { exact: true }).click();
    expect(await send(page)).toMatch(/^204 /);
    expect(await facts(page, longId)).toMatchObject({ Payment: 'none' });
    await page.context().close();
  });
});

describe('with a table that was there before', () => {
  it('the page says how to load users', async () => {
    const endpoint = /AWS_ENDPOINT_URL_DYNAMODB=(\S+)/.exec(local.output())?.[1] ?? '';
    const second = await startLocal({ AWS_ENDPOINT_URL_DYNAMODB: endpoint });
    const current = await visit(browser, second.url);
    await current.page.getByText('SEED_FILE').first().waitFor();
    expect(await current.page.locator('#send').isVisible()).toBe(false);
    await expectGoodLooks(current);
    await current.page.context().close();
    await second.stop();
  });
});

describe('when npm start ends', () => {
  it('it ends at once in spite of the open page, which says so, and begins anew when it runs again', async () => {
    const first = await startLocal();
    const { page } = await visit(browser, first.url);
    await page.locator('.card').first().waitFor();
    await send(page);
    const begin = Date.now();
    expect(await first.stop()).toBe(0);
    expect(Date.now() - begin).toBeLessThan(1_500);
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('npm start has ended');
    const again = await startLocal({ PORT: new URL(first.url).port });
    await page.getByText('The answer appears here').waitFor();
    await expect.poll(() => facts(page, 'alice')).toMatchObject({ Password: 'set' });
    expect(await page.getByRole('alert').isVisible()).toBe(false);
    expect(await send(page)).toMatch(/^204 /);
    await page.context().close();
    await again.stop();
  });
});
