// The page of `npm start` in a browser: every button, what the cards show after it, and accessibility.
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { type LocalProcess, startLocal } from '../support/local-process.ts';
import { documentedErrors } from '../support/openapi.ts';

const users = ['alice', 'bob', 'carol'];

let local: LocalProcess;
let browser: Browser;
beforeAll(async () => {
  local = await startLocal();
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await local.stop();
});

let page: Page;
/** The messages on the browser's console. */
let messages: string[];
/** URLs of requests to other origins. */
let foreignUrls: string[];

async function open(options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  page = await context.newPage();
  messages = [];
  foreignUrls = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== local.url) foreignUrls.push(url.href);
  });
  for (const userId of users) {
    await fetch(`${local.url}/~local/users/${userId}/restore`, { method: 'POST' });
  }
  page.setDefaultTimeout(15_000);
  await page.goto(local.url);
  await page.locator('.opblock-body').waitFor();
  await page.locator('.card').nth(2).waitFor();
}

function card(userId: string): Locator {
  return page.locator(`[data-user=${userId}]`);
}

/** Presses a button of a card and waits until the card is updated; resolves to the outcome that it shows. */
async function press(userId: string, button: string): Promise<string> {
  await card(userId)
    .getByRole('button', { name: `${button}: ${userId}` })
    .click();
  return outcome(userId);
}

async function outcome(userId: string): Promise<string> {
  await page.locator(`[data-user=${userId}]:not([aria-busy])`).waitFor();
  return (await card(userId).locator('.outcome').textContent()) ?? '';
}

/** The state of the user that a card shows, by label. */
async function facts(userId: string): Promise<Record<string, string>> {
  const texts = await card(userId).locator('dl > div').allInnerTexts();
  return Object.fromEntries(texts.map((text) => text.split('\n').filter(Boolean) as [string, string]));
}

async function fill(userId: string, field: 'pin' | 'password', value: string): Promise<void> {
  await card(userId).locator(`[name=${field}]`).fill(value);
}

async function wire(userId: string): Promise<{ request: string; answer: string }> {
  const texts = await card(userId).locator('pre').allTextContents();
  const [request = '', answer = ''] = texts.map((text) => text.replaceAll('\r\n', '\n'));
  return { request, answer };
}

const aliceAtFirst = {
  Account: 'active',
  Password: 'set',
  PIN: '3 of 3 attempts left',
  'Payment methods': 'visa, sepa',
  Token: 'none',
};

describe('the page', () => {
  beforeAll(() => open());
  afterAll(() => page.context().close());
  beforeEach(async () => {
    for (const userId of users) await press(userId, 'Restore the user');
    messages.length = 0;
  });

  it('shows a card for each demo user, sends no request to other origins, and logs nothing to the console', async () => {
    expect(await facts('alice')).toEqual(aliceAtFirst);
    expect(await facts('bob')).toMatchObject({ PIN: 'none', 'Payment methods': 'paypal' });
    expect(await facts('carol')).toMatchObject({ Account: 'disabled' });
    await page.reload();
    await page.locator('.opblock-body').waitFor();
    expect([foreignUrls, messages]).toEqual([[], []]);
  });

  it('renders the complete API reference: the operation, its body and every status', async () => {
    const reference = page.locator('#swagger');
    expect(await reference.locator('.opblock-summary').innerText()).toContain(
      '/user/2021-2/user/password/reset',
    );
    expect(await reference.locator('.opblock-section-request-body').count()).toBe(1);
    const statuses = await reference
      .locator('tr.response')
      .evaluateAll((rows) => rows.map((row) => String(row.getAttribute('data-code'))));
    const documented = new Set([...documentedErrors.values()].map(({ status }) => status));
    expect(statuses.sort()).toEqual(['204', ...documented].sort());
  });

  it('sends the request of the API reference with the latest token', async () => {
    await press('alice', 'Get a token');
    const reference = page.locator('#swagger');
    await reference.getByRole('button', { name: 'Try it out' }).click();
    await reference.getByRole('button', { name: 'Execute' }).click();
    expect(
      await reference.locator('.live-responses-table .response-col_status').last().innerText(),
    ).toContain('204');
    await reference.getByRole('button', { name: 'Cancel' }).click();
    expect([foreignUrls, messages]).toEqual([[], []]);
  });

  it('resets with the PIN, which keeps the payment methods, and shows the exchange', async () => {
    expect(await press('alice', 'Get a token')).toContain('Got a token');
    expect((await facts('alice')).Token).toMatch(/^….{8}$/);
    expect(await press('alice', 'Reset with the PIN')).toBe('204: the reset is done.');
    expect(await facts('alice')).toMatchObject({
      Password: 'none',
      PIN: '3 of 3 attempts left',
      'Payment methods': 'visa, sepa',
    });
    const { request, answer } = await wire('alice');
    expect(request).toMatch(/^PUT \/user\/2021-2\/user\/password\/reset HTTP\/1\.1\n/);
    expect(request).toMatch(/\nAuthorization: Bearer [\w-]+\.[\w-]+\.[\w-]+\n/);
    expect(request).toMatch(/\n\n\{"pin":"5621"\}$/);
    expect(answer).toMatch(/^HTTP\/1\.1 204 No Content\n/);
    expect(answer).toMatch(/\nCache-Control: no-store\n/);
    expect([foreignUrls, messages]).toEqual([[], []]);
  });

  it('resets without a PIN, which clears the payment methods', async () => {
    await press('alice', 'Get a token');
    expect(await press('alice', 'Reset without a PIN')).toBe('204: the reset is done.');
    expect(await facts('alice')).toMatchObject({
      Password: 'none',
      'Payment methods': 'none',
    });
    expect((await wire('alice')).request).toMatch(/\n\n$/);
  });

  it('sets a new password, and shows the error if it is refused', async () => {
    await press('alice', 'Get a token');
    await fill('alice', 'password', 'too short');
    expect(await press('alice', 'Reset with the PIN')).toMatch(/^422 password-too-short: /);
    await fill('alice', 'password', 'five hushed otters paddle upstream');
    expect(await press('alice', 'Reset with the PIN')).toBe('204: the reset is done.');
    expect(await facts('alice')).toMatchObject({ Password: 'set', 'Payment methods': 'visa, sepa' });
  });

  it('counts wrong PINs until the PIN is locked, and restores the user', async () => {
    await press('alice', 'Get a token');
    for (const [pin, left] of [
      ['1357', '2 of 3 attempts left'],
      ['2468', '1 of 3 attempts left'],
      ['3691', 'locked, no attempts left'],
    ] as const) {
      await fill('alice', 'pin', pin);
      expect(await press('alice', 'Reset with the PIN')).toMatch(/^403 recovery-pin-mismatch: /);
      expect((await facts('alice')).PIN).toBe(left);
    }
    await fill('alice', 'pin', '5621');
    expect(await press('alice', 'Reset with the PIN')).toMatch(/^403 recovery-pin-locked: /);
    expect(await press('alice', 'Restore the user')).toContain('Restored');
    expect(await facts('alice')).toEqual(aliceAtFirst);
  });

  it('shows refusals unchanged: no token, no PIN, a disabled user, and a revoked token', async () => {
    expect(await press('alice', 'Reset with the PIN')).toMatch(/^401 token-missing: /);
    const { request, answer } = await wire('alice');
    expect(request).not.toContain('Authorization');
    expect(answer).toContain('x-amzn-Remapped-WWW-Authenticate: Bearer realm="password-reset"');
    expect(answer).toContain('"code":"token-missing"');
    await press('bob', 'Get a token');
    await fill('bob', 'pin', '5621');
    expect(await press('bob', 'Reset with the PIN')).toMatch(/^404 recovery-pin-not-set: /);
    await press('carol', 'Get a token');
    expect(await press('carol', 'Reset without a PIN')).toMatch(/^403 user-disabled: /);
    await press('alice', 'Get a token');
    await press('alice', 'Reset without a PIN');
    expect(await press('alice', 'Reset without a PIN')).toBe('204: the reset is done.');
    expect(await press('alice', 'Reset with the PIN')).toMatch(/^401 token-revoked: /);
    expect(messages.filter((message) => !message.includes('Failed to load resource'))).toEqual([]);
  });

  it('works with the keyboard only', async () => {
    await page.reload();
    await page.locator('.opblock-body').waitFor();
    const focused = () =>
      page.evaluate(
        `(({ ariaLabel, name, textContent }) => ariaLabel || name || textContent)(document.activeElement)`,
      );
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the API reference');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Get a token: alice');
    await page.keyboard.press('Enter');
    expect(await outcome('alice')).toContain('Got a token');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('pin');
    await page.keyboard.press('Enter');
    expect(await outcome('alice')).toBe('204: the reset is done.');
    expect(await facts('alice')).toMatchObject({ 'Payment methods': 'visa, sepa' });
    for (const next of [
      'password',
      'Reset with the PIN: alice',
      'Reset without a PIN: alice',
      'Restore the user: alice',
    ]) {
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(next);
    }
    await page.keyboard.press('Space');
    expect(await outcome('alice')).toContain('Restored');
    expect(await facts('alice')).toEqual(aliceAtFirst);
  });
});

describe.each([
  ['in light', {}],
  ['in dark', { colorScheme: 'dark' }],
  ['on a phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
] as const)('the page %s', (name, options) => {
  beforeAll(() => open(options));
  afterAll(() => page.context().close());

  it('has no serious axe finding, and is not wider than the window', async () => {
    await press('alice', 'Get a token');
    await press('alice', 'Reset with the PIN');
    // Swagger UI's editors exist only after they are opened.
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.locator('.body-param__text').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => [id, nodes.map(({ target }) => target.join(' '))])).toEqual([]);
    expect(messages).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.evaluate('window.scrollTo(0, 0)');
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
  });
});
