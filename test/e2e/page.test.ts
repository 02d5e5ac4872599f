// The page of `npm start` in a browser: every button, and what the page shows of changes, whoever makes them.
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalProcess, runShell, startLocal } from '../support/local-process.ts';
import { startBrowser } from './browser.ts';
import {
  card,
  choose,
  desktop,
  facts,
  headline,
  idle,
  restore,
  send,
  tab,
  type Visit,
  visit,
} from './visit.ts';

const resetPath = '/user/2021-2/user/password/reset';

let local: LocalProcess;
let browser: Browser;
let client: DynamoDBClient;
beforeAll(async () => {
  [local, browser] = await Promise.all([startLocal(), startBrowser()]);
  const endpoint = /AWS_ENDPOINT_URL_DYNAMODB=(\S+)/.exec(local.output())?.[1] ?? '';
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials });
});
afterAll(async () => {
  await browser.close();
  await local.stop();
});

let current: Visit;
let page: Visit['page'];
beforeAll(async () => {
  current = await visit(browser, local.url, {
    ...desktop,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  page = current.page;
});
beforeEach(async () => {
  await page.locator('.card').first().waitFor();
  for (const userId of ['alice', 'bob', 'carol']) {
    await fetch(`${local.url}/~local/users/${userId}/restore`, { method: 'POST' });
  }
  await page.reload();
  await choose(page, 'alice');
  current.complaints.length = 0;
});

/** Sends a reset as another program does. */
async function resetFromElsewhere(userId: string, query = ''): Promise<number> {
  const issued = await fetch(`${local.url}/~local/users/${userId}/token`, { method: 'POST' });
  const { token } = (await issued.json()) as { token: string };
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(`${local.url}${resetPath}${query}`, { method: 'PUT', headers })).status;
}

function readClipboard(): Promise<string> {
  return page.evaluate('navigator.clipboard.readText()');
}

/** The events that the page shows, the latest first. */
function events(): Locator {
  return page.locator('#events li');
}

async function updateAlice(expression: string, values?: Record<string, AttributeValue>): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: 'users',
      Key: { userId: { S: 'alice' } },
      UpdateExpression: expression,
      ...(values && { ExpressionAttributeValues: values }),
    }),
  );
}

const aliceAtFirst = { Password: 'set', PIN: '3 attempts left', Payment: 'visa sepa' };

describe('at first, the page', () => {
  it('shows a card for each demo user, logs nothing and asks no other origin', async () => {
    await expect.poll(() => facts(page, 'alice')).toEqual(aliceAtFirst);
    await expect.poll(() => facts(page, 'bob')).toEqual({ Password: 'set', PIN: 'none', Payment: 'paypal' });
    await expect.poll(() => facts(page, 'carol')).toMatchObject({ Account: 'disabled' });
    expect(await page.locator('.changed').count()).toBe(0);
    const first = await visit(browser, local.url);
    await first.page.locator('.card').first().waitFor();
    expect([first.complaints, first.foreignUrls]).toEqual([[], []]);
    await first.page.context().close();
  });

  it('answers the first click, and shows the whole story in a window of 1280 x 900 without scrolling', async () => {
    expect(await send(page)).toBe('204 No Content\nThe reset is done');
    await events().first().waitFor();
    const story = {
      card: card(page, 'alice').locator('.line.changed'),
      action: page.locator('#send'),
      status: page.locator('#outcome .status'),
      meaning: page.getByText('The payment methods are kept.'),
      change: page.locator('.changes li'),
      answer: page.locator('#wire pre'),
      event: events().first().locator('pre'),
    };
    for (const [part, locator] of Object.entries(story)) {
      const box = await locator.boundingBox();
      expect([part, box !== null && box.y >= 0 && box.y + box.height <= 900]).toEqual([part, true]);
    }
    expect(await page.evaluate('document.documentElement.scrollHeight <= window.innerHeight')).toBe(true);
  });
});

describe('a reset', () => {
  it('with the PIN keeps the payment methods, and marks what changed', async () => {
    await send(page);
    await expect.poll(() => facts(page, 'alice')).toEqual({ ...aliceAtFirst, Password: '~set~ none' });
    expect(await page.locator('.changes').innerText()).toBe('Password set → none');
    expect(await events().first().innerText()).toContain('alice: right PIN, payment methods kept.');
    expect(JSON.parse(await events().first().locator('pre').innerText())).toMatchObject({
      'detail-type': 'PasswordReset',
      detail: { userId: 'alice', pinVerified: true },
    });
  });

  it('without a PIN says what it costs before, and clears the payment methods', async () => {
    await page.getByText('Without a PIN', { exact: true }).click();
    expect(await page.locator('.consequence').innerText()).toMatch(/^Clears visa and sepa for good/);
    expect(await page.locator('.consequence.risky').count()).toBe(1);
    expect(await send(page)).toMatch(/^204 /);
    await expect
      .poll(() => facts(page, 'alice'))
      .toMatchObject({
        Password: '~set~ none',
        Payment: '~visa~ ~sepa~ none',
      });
    expect(await events().first().innerText()).toContain('alice: no PIN, sepa and visa cleared.');
    expect(await tab(page, 'Request')).not.toContain('pin');
    expect(await page.locator('.consequence').innerText()).toContain('no payment methods');
    expect(await page.locator('.consequence.risky').count()).toBe(0);
    await page.getByText('More to send').click();
    expect(await page.getByLabel('New password').isVisible()).toBe(true);
    expect(await page.getByLabel('PIN is sent').isVisible()).toBe(false);
  });

  it('of a user without a PIN is refused as recovery-pin-not-set, whatever the PIN', async () => {
    await choose(page, 'bob');
    expect(await send(page)).toBe('404 Not Found\nrecovery-pin-not-set');
    expect(await tab(page, 'Request')).toMatch(/\n\n\{"pin":"\d{4}"\}$/);
    expect(await page.locator('#outcome').innerText()).toContain('Nothing changed on the card.');
  });

  it('of a disabled user is refused, as is said before, and the answer tells why', async () => {
    await choose(page, 'carol');
    const refused = 'carol is disabled, so any reset is refused.';
    await page.getByText('Without a PIN', { exact: true }).click();
    expect(await page.locator('.consequence p').innerText()).toBe(refused);
    await page.getByText('With the PIN', { exact: true }).click();
    expect(await page.locator('.consequence p').innerText()).toBe(refused);
    expect(await send(page)).toBe('403 Forbidden\nuser-disabled');
    expect(await page.locator('#outcome').innerText()).toContain('The user is disabled');
    expect(JSON.parse((await tab(page, 'Answer')).split('\n\n')[1] ?? '')).toMatchObject({
      errors: [{ code: 'user-disabled' }],
    });
  });

  it('with wrong PINs uses up the attempts until the PIN is locked, which is an event', async () => {
    for (const [pin, left, spent] of [
      ['1357', '~3 left~ 2 left', 1],
      ['2468', '~2 left~ 1 left', 2],
      ['3691', '~1 left~ locked', 3],
    ] as const) {
      await page.getByLabel('Recovery PIN').fill(pin);
      expect(await send(page)).toBe('403 Forbidden\nrecovery-pin-mismatch');
      expect((await facts(page, 'alice')).PIN).toBe(left);
      expect(await card(page, 'alice').locator('.spent').count()).toBe(spent);
    }
    await expect.poll(() => events().first().innerText()).toContain('RecoveryPinLocked');
    const colors = await page.evaluate(`(() => {
      const { backgroundColor, borderColor } = getComputedStyle(document.querySelector('#events li'), '::after');
      return [backgroundColor, borderColor];
    })()`);
    expect(new Set(colors as string[]).size).toBe(1);
    expect(await page.locator('.consequence').innerText()).toContain('locked');
    await page.getByLabel('Recovery PIN').fill('5621');
    expect(await send(page)).toBe('403 Forbidden\nrecovery-pin-locked');
    await page.getByLabel('Recovery PIN').fill('56');
    expect(await send(page)).toBe('403 Forbidden\nrecovery-pin-malformed');
  });

  it('sets a new password, or shows why it is refused', async () => {
    await page.getByText('More to send').click();
    const password = page.getByLabel('New password');
    await password.fill('too short');
    expect(await send(page)).toBe('422 Unprocessable Entity\npassword-too-short');
    await password.fill("five hushed otters don't paddle");
    expect(await send(page)).toMatch(/^204 /);
    expect(await page.locator('#outcome').innerText()).toMatch(
      /The new password is set\.[\s\S]*Nothing changed on the card\./,
    );
    await expect.poll(() => facts(page, 'alice')).toEqual(aliceAtFirst);
    expect(await tab(page, 'curl')).toContain(String.raw`don'\''t`);
  });

  it('can be sent without a token and with the last one, which a reset has revoked', async () => {
    await page.getByText('More to send').click();
    const token = page.locator('[name=token]');
    await token.selectOption('None');
    expect(await send(page)).toBe('401 Unauthorized\ntoken-missing');
    expect(await tab(page, 'Answer')).toMatch(/\nx-amzn-Remapped-WWW-Authenticate: Bearer realm=/);
    expect(await tab(page, 'Request')).not.toContain('Authorization');
    await token.selectOption('A valid one');
    expect(await send(page)).toMatch(/^204 /);
    await token.selectOption('The last one');
    expect(await send(page)).toMatch(/^204 /);
    expect(await page.locator('#outcome').innerText()).toContain('carried out before');
    await page.getByText('Without a PIN', { exact: true }).click();
    expect(await send(page)).toBe('401 Unauthorized\ntoken-revoked');
    await token.selectOption('A valid one');
    expect(await send(page)).toMatch(/^204 /);
  });

  it('can be sent with an expired token and with one of an old login', async () => {
    await page.getByText('More to send').click();
    const token = page.locator('[name=token]');
    await token.selectOption('An expired one');
    expect(await send(page)).toBe('401 Unauthorized\ntoken-expired');
    await token.selectOption('Of an old login');
    expect(await send(page)).toBe('401 Unauthorized\nauthentication-too-old');
    expect(await facts(page, 'alice')).toEqual(aliceAtFirst);
  });

  it('can be sent with the PIN in the query, and as a misspelt parameter; the command does the same', async () => {
    await page.getByText('More to send').click();
    const place = page.locator('[name=place]');
    await page.locator('[name=token]').selectOption('An expired one');
    await place.selectOption('As recoveryPin');
    expect(await page.locator('.consequence').innerText()).toContain('recoveryPin may be a misspelt pin');
    await page.locator('[name=token]').selectOption('A valid one');
    expect(await send(page)).toBe('403 Forbidden\nrecovery-pin-malformed');
    expect(await tab(page, 'curl')).toContain(`${resetPath}?recoveryPin=5621'`);
    await place.selectOption('In the query');
    await page.getByLabel('Recovery PIN').fill('9073');
    expect(await send(page)).toBe('403 Forbidden\nrecovery-pin-mismatch');
    expect(await tab(page, 'Request')).toMatch(/^PUT \/\S+\?pin=9073 HTTP\/1\.1\nAuthorization: Bearer \S+$/);
    await page.getByRole('button', { name: 'Copy curl' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect((await runShell(await readClipboard())).stdout).toContain('"source":{"parameter":"pin"}');
  });

  it('can be sent again as it was, which costs no attempt and changes nothing more', async () => {
    const again = page.getByRole('button', { name: 'Send again' });
    expect(await again.isDisabled()).toBe(true);
    await page.getByLabel('Recovery PIN').fill('9073');
    await send(page);
    await page.getByLabel('Recovery PIN').fill('5621');
    expect(await send(page, again)).toBe('403 Forbidden\nrecovery-pin-mismatch');
    expect(await page.locator('#outcome').innerText()).toContain('Nothing changed on the card.');
    expect((await facts(page, 'alice')).PIN).toBe('2 attempts left');
    expect(await send(page)).toMatch(/^204 /);
    expect(await send(page, again)).toMatch(/^204 /);
    expect(await page.locator('#outcome').innerText()).toContain('carried out before');
  });

  it('is sent once, however often the button is pressed meanwhile', async () => {
    let requests = 0;
    page.on('request', (request) => (requests += Number(request.url().endsWith(resetPath))));
    const answered = page.waitForResponse((response) => response.url().includes('/exchanges/'));
    await page.locator('#send').dblclick();
    await answered;
    await idle(page);
    expect(requests).toBe(1);
    await send(page);
    expect(requests).toBe(2);
  });
});

describe('an exchange', () => {
  it('is shown short, and as it was sent one click away', async () => {
    await send(page);
    const short = await tab(page, 'Request');
    expect(short).toMatch(
      /^PUT \/user\/2021-2\/user\/password\/reset HTTP\/1\.1\nAuthorization: Bearer eyJ….{4}\nContent-Type: application\/json\n\n\{"pin":"5621"\}$/,
    );
    expect(await tab(page, 'Answer')).not.toMatch(/\n(?:Date|Connection|Keep-Alive):/);
    await page.getByRole('checkbox', { name: 'As sent' }).check();
    expect(await tab(page, 'Answer')).toMatch(/^HTTP\/1\.1 204 No Content\n[\s\S]*\nDate: /);
    const whole = await tab(page, 'Request');
    expect(whole).toMatch(/\nAuthorization: Bearer [\w-]+\.[\w-]+\.[\w-]+\n/);
    expect(whole).toContain('\nUser-Agent: ');
  });

  it('can be copied as a command that runs, and so can the token', async () => {
    await send(page);
    await page.getByRole('button', { name: 'Copy curl' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const command = await readClipboard();
    expect((await runShell(command)).stdout).toMatch(/^HTTP\/1\.1 204 /);
    await page.getByRole('button', { name: 'Copy token' }).click();
    await expect.poll(() => readClipboard()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const token = await readClipboard();
    expect(command).toContain(`Bearer ${token}`);
  });

  it('is gone after the user is restored, in every window', async () => {
    const other = await visit(browser, local.url);
    for (const window of [page, other.page]) {
      await choose(window, 'alice');
      await send(window);
    }
    await restore(page);
    for (const window of [page, other.page]) {
      await expect.poll(() => window.locator('#wire').isVisible()).toBe(false);
      expect(await window.locator('#outcome').innerText()).toBe('');
      expect(await facts(window, 'alice')).toEqual(aliceAtFirst);
    }
    await other.page.context().close();
  });

  it('stays with its user', async () => {
    await send(page);
    await choose(page, 'bob');
    expect(await page.locator('#wire').isVisible()).toBe(false);
    await choose(page, 'alice');
    expect(await headline(page)).toMatch(/^204 /);
  });
});

describe('a change from elsewhere', () => {
  it('shows on the card and among the events, but not as the effect of an earlier answer', async () => {
    await send(page);
    await page.waitForTimeout(1_100);
    expect(await resetFromElsewhere('alice')).toBe(204);
    await expect
      .poll(() => facts(page, 'alice'))
      .toMatchObject({ Password: 'none', Payment: '~visa~ ~sepa~ none' });
    expect(await events().first().innerText()).toContain('no PIN, sepa and visa cleared');
    expect(await page.locator('.changes').innerText()).toBe('Password set → none');
  });

  it('shows even if it goes to the table, past this server', async () => {
    await updateAlice('SET pinGuesses = :two, paymentMethods.paypal = :empty REMOVE paymentMethods.visa', {
      ':two': { SS: ['a', 'b'] },
      ':empty': { M: {} },
    });
    await expect
      .poll(() => facts(page, 'alice'), { timeout: 5_000 })
      .toEqual({ Password: 'set', PIN: '~3 left~ 1 left', Payment: 'sepa + paypal ~visa~' });
    await client.send(new DeleteItemCommand({ TableName: 'users', Key: { userId: { S: 'alice' } } }));
    await expect
      .poll(() => card(page, 'alice').innerText(), { timeout: 5_000 })
      .toContain('Deleted from the table');
    expect(await send(page)).toBe('404 Not Found\nuser-not-found');
    await restore(page);
    await expect.poll(() => facts(page, 'alice')).toEqual(aliceAtFirst);
  });
});

describe('with the keyboard only', () => {
  it('a user is chosen, reset with and without a PIN, and restored', async () => {
    await page.reload();
    await page.locator('.card').first().waitFor();
    const focused = (): Promise<string> =>
      page.evaluate(`(({ id, name, value, textContent }) =>
        id || (name && name + ' ' + value) || textContent.trim().slice(0, 25))(document.activeElement)`);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
      return focused();
    };
    expect(await press('Tab')).toBe('Skip to the reset');
    expect(await press('Tab', 'Tab')).toBe('API reference');
    expect(await press('Tab')).toMatch(/^alice/);
    expect(await press('Tab')).toMatch(/^bob/);
    await press('Enter');
    await page.getByRole('heading', { name: 'Reset the password of bob' }).waitFor();
    await press('Shift+Tab', 'Enter');
    await page.getByRole('heading', { name: 'Reset the password of alice' }).waitFor();
    expect(await press('Tab', 'Tab', 'Tab')).toBe('mode with');
    expect(await press('Tab')).toBe('pin 5621');
    await press('Enter');
    await page.locator('.headline').waitFor();
    await idle(page);
    expect(await headline(page)).toMatch(/^204 /);
    expect(await press('Shift+Tab', 'ArrowRight')).toBe('mode without');
    expect(await press('Tab', 'Tab')).toBe('send');
    const answered = page.waitForResponse((response) => response.url().includes('/exchanges/'));
    await press('Space');
    await answered;
    await idle(page);
    await expect.poll(() => facts(page, 'alice')).toMatchObject({ Payment: '~visa~ ~sepa~ none' });
    expect(await press('Tab')).toBe('again');
    expect(await press('Tab')).toBe('restore');
    expect(await press('Tab', 'ArrowRight')).toBe('view request');
    expect(await page.locator('#wire pre').innerText()).toMatch(/^PUT /);
    expect(await press('Tab')).toBe('whole');
    expect(await press('Tab', 'Tab', 'Tab')).toBe(
      await page
        .locator('#wire pre')
        .innerText()
        .then((text) => text.slice(0, 25)),
    );
  });

  it('the first link leads to the reset', async () => {
    await page.reload();
    await page.locator('.card').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.name')).toBe('mode');
  });
});
