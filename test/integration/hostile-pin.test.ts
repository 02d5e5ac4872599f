// The grammar of the recovery PIN over HTTP: anything that may be meant as a PIN and is not one is refused, writes
// nothing, and above all clears no payment methods.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { innocentQueries, queriesMeaningPins } from '../support/pin-queries.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
  await service.put({ userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } });
});
afterAll(() => service.close());

const encoded = encodeURIComponent;

describe('a query that may mean a PIN, and is not one pin of four ASCII digits, gets 403 without a write:', () => {
  it.each([
    // The number of PINs
    '?pin',
    '?pin=',
    '?pin=&utm_source=mail',
    '?pin=5621&pin=',
    '?pin=5621&pin=5621',
    '?pin=5621&pin=1000',
    '?pin=5621&pin=5621&pin=5621',
    '?pin=5621&PIN=5621',
    '?pin=5621&pin[]=5621',
    // The name of the parameter
    '?PIN=5621',
    '?Pin=5621',
    '?piN=5621',
    '?%50IN=5621',
    '?pin[]=5621',
    '?pin%5B%5D=5621',
    '?pin[0]=5621',
    '?pin[0]=5&pin[1]=6&pin[2]=2&pin[3]=1',
    '?pin[value]=5621',
    '?pin[',
    '?[pin]=5621',
    '?pin.=5621',
    '?pin:=5621',
    '?pin_=5621',
    '?-pin=5621',
    '?$pin=5621',
    '??pin=5621',
    '?pin%3D5621',
    '?pin==5621',
    '?+pin=5621',
    '?pin%20=5621',
    '?pin%00=5621',
    '?pin%0A=5621',
    '?p%00in=5621',
    '?utm_source=mail&amp;pin=5621',
    `?${encoded('ｐｉｎ')}=5621`,
    `?${encoded('pİn')}=5621`,
    `?${encoded('\u200bpin')}=5621`,
    `?${encoded('\ufeffpin')}=5621`,
    `?${encoded('pın')}=5621`,
    '?p%ffin=5621',
    '?user%ffpin=5621',
    // A name with the word among others
    '?recoveryPin=5621',
    '?recoveryPin=',
    '?recoveryPin',
    '?RecoveryPIN=5621',
    '?RECOVERY_PIN=5621',
    '?recovery-pin=5621',
    '?recoverypin=5621',
    '?user[pin]=5621',
    '?user%5Bpin%5D=5621',
    '?user%255Bpin%255D=5621',
    '?data.pin=5621',
    '?PINCode=5621',
    '?PINcode=5621',
    '?pincode=5621',
    '?userpin=5621',
    '?pin2=5621',
    '?pin5621',
    '?pin-5621',
    '?%2570in=5621',
    '?pin=5621&recoveryPin=5621',
    // Within another parameter's value
    '?lang=de?pin=5621',
    '?lang=de?pin=',
    '?a=1;pin=5621',
    '?lang=de%26pin=5621',
    '?lang=de%26pin%3D5621',
    '?lang=de%2526pin%253D5621',
    '?lang=de%3Fpin%3D5621',
    '?lang=de%23pin=5621',
    '?lang=de,pin=5621',
    '?lang=de+pin=5621',
    '?lang=de|pin=5621',
    '?lang=de/pin=5621',
    '?lang=de?recoveryPin=5621',
    '?lang=de?5621',
    '?x=pin=5621',
    `?body=${encoded('{"pin":"5621"}')}`,
    `?utm_source=${encoded('https://example.com/?pin=1')}`,
    '?pin=5621&lang=de?pin=5621',
    // Without a name
    '?5621',
    '?5621=',
    '?=5621',
    '??5621',
    '?&5621&lang=de',
    '?[]=5621',
    '?undefined=5621',
    '?%285621%29',
    `?${encoded('５６２１')}`,
    `?${encoded('٥٦٢١')}`,
    '?5,6,2,1',
    '?[5,6,2,1]',
    '?[]=5,6,2,1',
    '?0=5&1=6&2=2&3=1',
    '?[]=5&[]=6&[]=2&[]=1',
    // Lost, because JavaScript wrote an object as text
    '?[object%20Object]',
    '?[object+Object]',
    `?${encoded('[object Promise]')}`,
    '?params=[object%20Object]',
    // Its value: length
    '?pin=562',
    '?pin=56210',
    '?pin=05621',
    '?pin=0',
    `?pin=${'5621'.repeat(2_560)}`,
    // Its value: signs, spaces, other ways to write a number
    '?pin=%2B5621',
    '?pin=+5621',
    '?pin=+562',
    '?pin=-562',
    '?pin=5621+',
    '?pin=%205621',
    '?pin=5621%0A',
    '?pin=5621%0D%0A',
    '?pin=%095621',
    '?pin=5621%00',
    '?pin=%005621',
    '?pin=56%0021',
    '?pin=5.62',
    '?pin=562.',
    '?pin=5,21',
    '?pin=1e10',
    '?pin=0x1f',
    '?pin=5_21',
    '?pin=5621,5621',
    '?pin=5621;',
    '?pin=5621?',
    '?pin=[5621]',
    '?pin="5621"',
    "?pin=5621'--",
    `?pin=${encoded('{"$gt":""}')}`,
    '?pin=null',
    '?pin=undefined',
    '?pin=NaN',
    '?pin=true',
    '?pin=abcd',
    // Its value: other scripts' digits and look-alikes
    `?pin=${encoded('٥٦٢١')}`,
    `?pin=${encoded('۵۶۲۱')}`,
    `?pin=${encoded('५६२१')}`,
    `?pin=${encoded('５６２１')}`,
    `?pin=${encoded('𝟓𝟔𝟐𝟏')}`,
    `?pin=${encoded('⁵⁶²¹')}`,
    `?pin=${encoded('⑤⑥②①')}`,
    `?pin=${encoded('562l')}`,
    `?pin=${encoded('562O')}`,
    `?pin=${encoded('5621\u200b')}`,
    `?pin=${encoded('5621\u0301')}`,
    `?pin=${encoded('\u202e1265')}`,
    // Its value: encodings
    '?pin=%2535621',
    '?pin=%25355621',
    '?pin=%u0035621',
    '?pin=%5621',
    '?pin=%ff%fe%fd%fc',
    '?pin=%C0%B5621',
    '?pin=NTYyMQ==',
    '?pin=&#53;621',
  ])('%s', async (query) => {
    const before = await service.item('alice');
    service.proxy.calls.length = 0;
    const answer = await service.reset(await service.token('alice'), query);
    expect([answer.status, answer.code]).toEqual([403, 'recovery-pin-malformed']);
    expect(answer.error?.source).toEqual({ parameter: 'pin' });
    expect(service.proxy.calls).toEqual([]);
    expect(await service.item('alice')).toEqual(before);
  });
});

describe('a generated query', () => {
  it('with a PIN in any wrong form is refused without a write', async () => {
    const before = await service.item('alice');
    const token = await service.token('alice');
    service.proxy.calls.length = 0;
    await fc.assert(
      fc.asyncProperty(queriesMeaningPins, async (query) => {
        expect((await service.reset(token, `?${query}`)).code).toBe('recovery-pin-malformed');
      }),
      { numRuns: 200 },
    );
    expect(service.proxy.calls).toEqual([]);
    expect(await service.item('alice')).toEqual(before);
  });

  it('with parameters that mean no PIN is not refused', async () => {
    // The answer user-not-found shows that the request has passed the grammar and reached the table.
    const token = await service.token('nobody');
    await fc.assert(
      fc.asyncProperty(innocentQueries, async (query) => {
        expect((await service.reset(token, `?${query}`)).code).toBe('user-not-found');
        expect((await service.reset(token, `?pin=5621&${query}`)).code).toBe('user-not-found');
      }),
      { numRuns: 100 },
    );
  });
});

describe('the right PIN is answered 204 and keeps the payment methods in every valid encoding:', () => {
  it.each([
    ['5621', '?pin=5621'],
    ['5621', '?pin=%35%36%32%31'],
    ['5621', '?pin=562%31'],
    ['5621', '?%70%69%6E=5621'],
    ['5621', '?%70%69%6e=5621'],
    ['5621', '?pin=5621&'],
    ['5621', '?&pin=5621'],
    ['5621', '?utm_source=mail&pin=5621&utm_campaign=pin'],
    ['5621', '?spin=1&pin=5621&shipping=2&pinned'],
    ['5621', '?=&pin=5621&1712345678901'],
    ['0007', '?pin=0007'],
    ['0007', '?pin=%30%30%30%37'],
    ['0000', '?pin=0000'],
  ])('PIN %s as %s', async (pin, query) => {
    await service.put({ userId: 'bob', password: 'old', pin, paymentMethods: { visa: {} } });
    expect((await service.reset(await service.token('bob'), query)).code).toBe('204');
    const item = await service.item('bob');
    expect(Object.keys(item?.paymentMethods?.M ?? {})).toEqual(['visa']);
    expect(item?.passwordHash).toBeUndefined();
  });

  it('7000 does not match 0007', async () => {
    await service.put({ userId: 'bob', pin: '0007' });
    expect((await service.reset(await service.token('bob'), '?pin=7000')).code).toBe('recovery-pin-mismatch');
  });
});

describe('a query without a PIN resets without a PIN, whatever other parameters it has:', () => {
  it.each([
    '?utm_source=pin',
    '?utm_source=mail&utm_campaign=pin+of+the+week&uber-trace-id=6a1f:5621:0:1',
    `?utm_source=${encoded('https://example.com/shipping?opinion=5621&spin=1')}`,
    '?shipping=5621',
    '?ping=5621',
    '?pinterest=5621',
    '?pinned=5621',
    '?spin=5621',
    '?opinion=5621',
    '?p=5621',
    '?year=2021',
    '?ids=1000,2000',
    '?time=12:30',
    '?1712345678901',
    '?',
    '?=',
    '?p%ff=5621&x=caf%e9',
  ])('%s', async (query) => {
    await service.put({ userId: 'carol', pin: '5621', paymentMethods: { visa: {} } });
    expect((await service.reset(await service.token('carol'), query)).code).toBe('204');
    expect((await service.item('carol'))?.paymentMethods?.M).toEqual({});
  });
});

describe('a PIN outside the query writes nothing:', () => {
  it.each([
    ';pin=5621',
    '&pin=5621',
    '%3Fpin=5621',
    '%3Fpin%3D5621',
    '%26pin=5621',
    '#pin=5621',
    '%23pin=5621',
    '/5621',
    '/pin/5621',
    '/?pin=5621',
    '/?pin=',
    '.pin=5621',
    '%00?pin=5621',
  ])('404 not-found for %s after the path', async (end) => {
    const before = await service.item('alice');
    const answer = await service.reset(await service.token('alice'), end);
    expect([answer.status, answer.code]).toEqual([404, 'not-found']);
    expect(await service.item('alice')).toEqual(before);
  });

  it.each(['Pin', 'PIN', 'X-Pin', 'Recovery-Pin', 'X-RecoveryPin'])(
    '403 recovery-pin-malformed for the header %s',
    async (name) => {
      const before = await service.item('alice');
      const answer = await service.reset(await service.token('alice'), '', { headers: { [name]: '5621' } });
      expect([answer.status, answer.code]).toEqual([403, 'recovery-pin-malformed']);
      expect(answer.error?.source).toEqual({ parameter: 'pin' });
      expect(await service.item('alice')).toEqual(before);
    },
  );

  it.each(['Shipping', 'X-Ping', 'X-Opinion'])('204 for the header %s, which means no PIN', async (name) => {
    await service.put({ userId: 'carol', pin: '5621', paymentMethods: { visa: {} } });
    const headers = { [name]: '5621', 'uber-trace-id': '6a1f:5621:0:1' };
    expect((await service.reset(await service.token('carol'), '', { headers })).code).toBe('204');
  });
});
