// A visit to the page in a browser, and what is looked at in it.
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

export const desktop = { viewport: { width: 1280, height: 900 } };
export const tablet = { viewport: { width: 768, height: 1024 } };
export const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

export interface Visit {
  readonly page: Page;
  /** Complaints on the browser's console, but those about statuses that the API answers on purpose. */
  readonly complaints: string[];
  /** URLs of requests to other origins. */
  readonly foreignUrls: string[];
}

/** Opens a path of `npm start` in a new context. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = desktop,
): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const foreignUrls: string[] = [];
  page.on('console', (message) => {
    const isRefusal = message.location().url.endsWith('/password/reset');
    if (!isRefusal) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) foreignUrls.push(request.url());
  });
  await page.goto(url);
  // Until then the text is in another font, which needs more lines.
  await page.evaluate('document.fonts.ready.then(() => {})');
  return { page, complaints, foreignUrls };
}

export function card(page: Page, userId: string): Locator {
  return page.locator(`.card[data-user="${userId}"]`);
}

/** The lines of a user's card, by label; what is struck out stands between tildes. */
export async function facts(page: Page, userId: string): Promise<Record<string, string>> {
  const lines = await card(page, userId)
    .locator('.line')
    .evaluateAll((elements) =>
      elements.map((element) => {
        const parts = [...(element.querySelector('.value')?.childNodes ?? [])].map((node) =>
          node.nodeName === 'DEL' ? `~${node.textContent}~` : node.textContent,
        );
        return [element.querySelector('.label')?.textContent, parts.filter(Boolean).join(' ')];
      }),
    );
  return Object.fromEntries(lines) as Record<string, string>;
}

/** Chooses a user, whose form is then as at first. */
export async function choose(page: Page, userId: string): Promise<void> {
  await card(page, userId).click();
  await page.getByRole('heading', { name: `Reset the password of ${userId}` }).waitFor();
}

/** Presses a button that sends a reset and waits for the answer; resolves to its status and code. */
export async function send(page: Page, button = page.locator('#send')): Promise<string> {
  const answered = page.waitForResponse((response) => response.url().includes('/exchanges/'));
  await button.click();
  await answered;
  await idle(page);
  return headline(page);
}

export async function headline(page: Page): Promise<string> {
  return page.locator('.headline').innerText();
}

/** Waits until no action of the form is running. */
export async function idle(page: Page): Promise<void> {
  await page.locator('#reset:not([aria-busy])').waitFor();
}

/** Restores the chosen user, as with the button. */
export async function restore(page: Page): Promise<void> {
  const restored = page.waitForResponse((response) => response.url().endsWith('/restore'));
  await page.getByRole('button', { name: 'Restore the user' }).click();
  await restored;
  await idle(page);
}

/** The text of the tab Answer, Request or curl. */
export async function tab(page: Page, name: 'Answer' | 'Request' | 'curl'): Promise<string> {
  await page.locator('.tools').getByText(name, { exact: true }).click();
  return (await page.locator('#wire pre').innerText()).replaceAll('\r\n', '\n');
}

/** Parts whose content must fit into their width. */
const parts = 'html, .card, #reset, #answer, .sheet, #events li, .prose, .side, .answer';

/** Expects no finding of axe from moderate upwards, and no horizontal overflow. */
export async function expectGoodLooks({ page, complaints, foreignUrls }: Visit): Promise<void> {
  const tooWide = await page.evaluate(
    `[...document.querySelectorAll('${parts}')].filter((part) => part.scrollWidth > part.clientWidth).map(({ outerHTML }) => outerHTML.slice(0, 60))`,
  );
  expect(tooWide).toEqual([]);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const findings = violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, nodes }) => [id, nodes.map(({ target }) => target.join(' '))]);
  expect(findings).toEqual([]);
  expect([complaints, foreignUrls]).toEqual([[], []]);
}

/** Keeps a picture in the folder of the variable SCREENSHOTS, if it is set. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}
