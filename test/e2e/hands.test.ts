// The page under somebody's hands: what is typed, pressed, dragged, tabbed to, selected or opened stays what it is, and every
// press does what it was meant for, while events arrive.
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalProcess, startLocal } from '../support/local-process.ts';
import { startBrowser } from './browser.ts';
import { card, choose, desktop, facts, idle, restore, send, type Visit, visit } from './visit.ts';

const resetPath = '/user/2021-2/user/password/reset';

let local: LocalProcess;
let browser: Browser;
let page: Visit['page'];
beforeAll(async () => {
  [local, browser] = await Promise.all([startLocal(), startBrowser()]);
  ({ page } = await visit(browser, local.url, {
    ...desktop,
    permissions: ['clipboard-read', 'clipboard-write'],
  }));
  await letAnEventArrive();
});
afterAll(async () => {
  await browser.close();
  await local.stop();
});
beforeEach(begin);

/** The page with everything on it that can be pressed. */
async function begin(): Promise<void> {
  await page.unrouteAll();
  await fetch(`${local.url}/~local/users/bob/restore`, { method: 'POST' });
  await page.reload();
  await page.locator('.card').first().waitFor();
  await restore(page);
  await page.getByText('More to send').click();
  await send(page);
  await page.locator('#events li').nth(1).waitFor();
}

/** The id of bob's latest reset from elsewhere. */
let latestReset = '';

/** Resets bob as another program does; resolves after the page has been told, whether it shows it or not. */
async function letAnEventArrive(): Promise<void> {
  const issued = await fetch(`${local.url}/~local/users/bob/token`, { method: 'POST' });
  const { token } = (await issued.json()) as { token: string };
  const headers = { Authorization: `Bearer ${token}` };
  const { status } = await fetch(local.url + resetPath, { method: 'PUT', headers });
  expect(status).toBe(204);
  // A later stream of the same server is told after the page's.
  latestReset = await page.evaluate(`new Promise((resolve) => {
    const source = new EventSource('/~local/live');
    source.addEventListener('message', ({ data }) => {
      const latest = JSON.parse(data).events.at(-1).event.detail;
      if (latest.userId !== 'bob' || latest.resetId === '${latestReset}') return;
      source.close();
      setTimeout(() => resolve(latest.resetId), 50);
    });
  })`);
}

/** Waits until the page shows the event that has arrived last. */
async function seeTheEvent(): Promise<void> {
  await expect.poll(() => page.locator('#events pre').first().textContent()).toContain(latestReset);
}

/** The line that a reset without a PIN changes. */
function cardLine(userId: string): Locator {
  return card(page, userId).locator('[data-line=Payment]');
}

async function middleOf(locator: Locator): Promise<[number, number]> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error(`${locator} is not visible`);
  return [box.x + box.width / 2, box.y + Math.min(box.height / 2, 10)];
}

/** Everything that can be pressed. */
const targets: readonly [string, () => Locator][] = [
  ["a line of another user's card", () => cardLine('bob')],
  ['"Without a PIN"', () => page.getByText('Without a PIN', { exact: true })],
  ['"More to send"', () => page.getByText('More to send')],
  ['the button of the reset', () => page.locator('#send')],
  ['"Send again"', () => page.locator('#again')],
  ['"Restore the user"', () => page.locator('#restore')],
  ['the tab "curl"', () => page.locator('.tools').getByText('curl', { exact: true })],
  ['"As sent"', () => page.locator('#whole')],
  ['"Copy token"', () => page.locator('[data-copy=token]')],
  ['an event', () => page.locator('#events li summary').nth(1)],
];

/** Presses with a pointer; resolves to whether what was pressed got the click. */
async function press(target: Locator, meanwhile?: () => Promise<void>): Promise<boolean> {
  const element = await target.evaluateHandle((one) => one.closest('button') ?? one);
  await target.scrollIntoViewIfNeeded();
  await element.evaluate((one) => one.addEventListener('click', () => one.setAttribute('data-clicked', '')));
  await page.mouse.move(...(await middleOf(target)));
  await page.mouse.down();
  await meanwhile?.();
  await page.mouse.up();
  return element.evaluate((one) => one.hasAttribute('data-clicked'));
}

describe('the first press after something was typed', () => {
  it('on another card chooses that user, whom the reset then resets', async () => {
    await restore(page);
    await page.getByLabel('Recovery PIN').selectText();
    await type('9073');
    await press(cardLine('bob'));
    expect(await page.locator('#reset-title').innerText()).toBe('Reset the password of bob');
    await page.getByText('Without a PIN', { exact: true }).click();
    expect(await send(page)).toMatch(/^204 /);
    await expect.poll(() => facts(page, 'bob')).toMatchObject({ Password: '~set~ none' });
    expect(await facts(page, 'alice')).toMatchObject({ Password: 'set', PIN: '3 attempts left' });
  });
});

describe('while events arrive', () => {
  it.each(targets)(
    'the first press after something was typed and pasted is not lost: %s',
    async (_name, target) => {
      await page.getByLabel('Recovery PIN').selectText();
      await type('9073');
      await page.getByLabel('New password').focus();
      await paste('five hushed otters paddle upstream');
      expect(await press(target(), letAnEventArrive)).toBe(true);
      await idle(page);
      await seeTheEvent();
    },
  );

  it('what was opened, selected or typed stays', async () => {
    await page.locator('#events li summary').nth(1).click();
    const older = await page.locator('#events pre').nth(1).elementHandle();
    await page.getByLabel('New password').fill('five hushed');
    for (const part of ['#wire pre', '#reset-title', '.consequence p', '#outcome strong']) {
      const box = await page.locator(part).boundingBox();
      if (box === null) throw new Error(`${part} is not visible`);
      await page.mouse.move(box.x + 2, box.y + 12);
      await page.mouse.down();
      await page.mouse.move(box.x + 60, box.y + 12, { steps: 3 });
      await page.mouse.up();
      const selected = String(await page.evaluate('getSelection().toString()'));
      expect(selected.length).toBeGreaterThan(2);
      await letAnEventArrive();
      await seeTheEvent();
      expect([part, await page.evaluate('getSelection().toString()')]).toEqual([part, selected]);
    }
    expect(await older?.isVisible()).toBe(true);
    expect(await page.getByLabel('New password').inputValue()).toBe('five hushed');
  });

  it('the keyboard goes through all parts, and stays where it is', async () => {
    await page.getByRole('link', { name: 'API reference' }).focus();
    const stops: string[] = [];
    for (;;) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate<string>(
        `(window.stop = document.activeElement).outerHTML.slice(0, 90)`,
      );
      if (stops.includes(stop) || stop.startsWith('<body')) break;
      stops.push(stop);
      if (stops.length % 3 !== 0) continue;
      await letAnEventArrive();
      await seeTheEvent();
      expect([stop, await page.evaluate('document.activeElement === window.stop')]).toEqual([stop, true]);
    }
    expect(stops.length).toBeGreaterThan(15);
  });

  it('a press that ends elsewhere does nothing, and the page goes on', async () => {
    await page.mouse.move(...(await middleOf(card(page, 'bob'))));
    await page.mouse.down();
    await letAnEventArrive();
    await page.mouse.move(...(await middleOf(card(page, 'carol'))));
    await page.mouse.up();
    expect(await page.locator('#reset-title').innerText()).toBe('Reset the password of alice');
    await seeTheEvent();
  });

  it('text can be dragged into a field', async () => {
    await page.getByLabel('Recovery PIN').fill('9073');
    await page.getByLabel('Recovery PIN').selectText();
    const [x, y] = await middleOf(page.locator('.pin i').first());
    await page.mouse.move(x, y + 10);
    await page.mouse.down();
    await page.mouse.move(x + 20, y + 12, { steps: 3 });
    await letAnEventArrive();
    await page.mouse.move(...(await middleOf(page.getByLabel('New password'))), { steps: 3 });
    await page.mouse.up();
    expect(await page.getByLabel('New password').inputValue()).toBe('9073');
    await seeTheEvent();
  });
});

describe('while a request waits', () => {
  /** Holds requests to a path back, until the function that it resolves to is called. */
  async function hold(path: string): Promise<() => void> {
    const held = Promise.withResolvers<void>();
    await page.route(`**${path}*`, async (route) => {
      await held.promise;
      await route.continue();
    });
    return held.resolve;
  }

  it('the answer before looks old, and the answer to come does not', async () => {
    const letGo = await hold(resetPath);
    const opacity = () =>
      page
        .locator('#outcome')
        .evaluate((one) => Number(one.ownerDocument.defaultView?.getComputedStyle(one).opacity));
    expect(await opacity()).toBe(1);
    await page.locator('#send').click();
    await expect.poll(opacity).toBeLessThan(0.5);
    await choose(page, 'carol');
    expect(await page.locator('#answer').getAttribute('aria-busy')).toBe(null);
    await choose(page, 'alice');
    await expect.poll(opacity).toBeLessThan(0.5);
    letGo();
    await idle(page);
    await expect.poll(opacity).toBe(1);
  });

  it('the next user can be reset, and both are', async () => {
    await page.locator('#restore').click();
    await idle(page);
    const letGo = await hold(resetPath);
    await page.locator('#send').click();
    await choose(page, 'bob');
    await page.getByText('Without a PIN', { exact: true }).click();
    await page.locator('#send').click();
    letGo();
    await idle(page);
    await expect.poll(() => facts(page, 'alice')).toMatchObject({ Password: '~set~ none' });
    await expect.poll(() => facts(page, 'bob')).toMatchObject({ Payment: '~paypal~ none' });
  });

  it('what is typed meanwhile stays', async () => {
    const letGo = await hold('/restore');
    await page.locator('#restore').click();
    await page.getByLabel('Recovery PIN').fill('9073');
    letGo();
    await idle(page);
    expect(await page.getByLabel('Recovery PIN').inputValue()).toBe('9073');
  });
});

describe('a PIN that is typed', () => {
  it('has all its digits in sight, each in its box, wherever the cursor is', async () => {
    const pin = page.getByLabel('Recovery PIN');
    await pin.selectText();
    await type('9073');
    expect(await pin.inputValue()).toBe('9073');
    for (const key of ['End', 'Home', 'End']) {
      await page.keyboard.press(key);
      expect(await pin.evaluate(({ scrollLeft }) => scrollLeft)).toBe(0);
    }
    expect(await pin.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
  });
});

async function type(text: string): Promise<void> {
  await page.keyboard.type(text);
}

async function paste(text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText('${text}')`);
  await page.keyboard.press('ControlOrMeta+v');
}
