// The API reference in a browser: one link away, without scripts, and no longer than it has to be.
import type { Browser, BrowserContextOptions, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalProcess, startLocal } from '../support/local-process.ts';
import { documentedErrors } from '../support/openapi.ts';
import { startBrowser } from './browser.ts';
import { desktop, expectGoodLooks, keepPicture, phone, tablet, visit } from './visit.ts';

let browser: Browser;
let local: LocalProcess;
beforeAll(async () => {
  [local, browser] = await Promise.all([startLocal(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await local.stop();
});

it('is one link away from the page, and the page from it', async () => {
  const { page } = await visit(browser, local.url);
  await page.getByRole('link', { name: 'API reference' }).click();
  await page.getByRole('heading', { level: 1, name: 'Password reset' }).waitFor();
  await page.getByRole('link', { name: 'Try it with a demo user' }).click();
  await page.locator('.card').first().waitFor();
  await page.context().close();
});

it('has a row for each code, and shows the answer when it is opened', async () => {
  const { page } = await visit(browser, `${local.url}/~local/reference`, {
    ...desktop,
    javaScriptEnabled: false,
  });
  expect((await page.locator('.answer summary code').allInnerTexts()).sort()).toEqual(
    [...documentedErrors.keys()].sort(),
  );
  const answer = page.getByText('"code": "recovery-pin-mismatch"');
  expect(await answer.isVisible()).toBe(false);
  await page.locator('.answer summary', { hasText: 'recovery-pin-mismatch' }).click();
  expect(await answer.isVisible()).toBe(true);
  await page.context().close();
});

it('is where a link to a code leads, which opens it and shows it below its name', async () => {
  const { page } = await visit(browser, `${local.url}/~local/reference#recovery-pin-mismatch`);
  const isInView = (locator: Locator) => expect.poll(() => positionOf(locator)).toBe('in view');
  await isInView(page.getByText('"code": "recovery-pin-mismatch"'));
  await isInView(page.locator('summary code', { hasText: 'recovery-pin-mismatch' }));
  await page.locator('#actions').getByRole('link', { name: 'token-expired' }).click();
  await isInView(page.getByText('"code": "token-expired"'));
  await page.context().close();
});

async function positionOf(locator: Locator): Promise<string> {
  const box = await locator.boundingBox();
  if (box === null) return 'hidden';
  return box.y >= 0 && box.y + box.height <= desktop.viewport.height ? 'in view' : 'out of view';
}

it('explains calmly what "deprecated" means', async () => {
  const { page } = await visit(browser, `${local.url}/~local/reference`);
  expect(await page.locator('.note').innerText()).toContain('still served');
  const struckOut = await page.evaluate(
    `[...document.querySelectorAll('main *')].filter((one) => getComputedStyle(one).textDecorationLine === 'line-through').length`,
  );
  expect(struckOut).toBe(0);
  await page.context().close();
});

it('opens what a link leads to', async () => {
  const { page } = await visit(browser, `${local.url}/~local/reference`);
  const member = page.locator('.members').getByText('The number of other PINs that can still be tried');
  expect(await member.isVisible()).toBe(false);
  await page.getByRole('link', { name: 'The error document' }).click();
  await expect.poll(() => member.isVisible()).toBe(true);
  await page.context().close();
});

const looks: [string, number, BrowserContextOptions][] = [
  ['desktop-light', 4_200, { ...desktop, colorScheme: 'light' }],
  ['desktop-dark', 4_200, { ...desktop, colorScheme: 'dark' }],
  ['tablet-light', 5_200, { ...tablet, colorScheme: 'light' }],
  ['phone-dark', 7_200, { ...phone, colorScheme: 'dark' }],
];

it.each(looks)('%s: is less than %i pixels high and has no finding', async (look, height, options) => {
  const current = await visit(browser, `${local.url}/~local/reference`, options);
  const { page } = current;
  expect(Number(await page.evaluate('document.documentElement.scrollHeight'))).toBeLessThan(height);
  const heights = await page
    .locator('.answer h3 .status')
    .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
  expect(Math.max(...heights)).toBe(Math.min(...heights));
  await keepPicture(page, `reference-${look}`);
  await page.locator('details').evaluateAll((all) => {
    for (const one of all) one.setAttribute('open', '');
  });
  await expectGoodLooks(current);
  await page.context().close();
});
