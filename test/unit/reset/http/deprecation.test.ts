import { describe, expect, it } from 'vitest';
import { parseDeprecation } from '../../../../lambda/reset/http/deprecation.ts';

const url = 'https://docs.example.com/migrate?to=2027-1';

describe('parseDeprecation', () => {
  it.each([
    ['2026-06-01', { Deprecation: '@1780272000' }],
    ['2026-06-01 2027-06-01', { Deprecation: '@1780272000', Sunset: 'Tue, 01 Jun 2027 00:00:00 GMT' }],
    [
      `2026-06-01 ${url}`,
      { Deprecation: '@1780272000', Link: `<${url}>; rel="deprecation"; type="text/html"` },
    ],
    [
      `2026-06-01  2026-06-01 ${url}`,
      {
        Deprecation: '@1780272000',
        Sunset: 'Mon, 01 Jun 2026 00:00:00 GMT',
        Link: `<${url}>; rel="deprecation"; type="text/html", <${url}>; rel="sunset"; type="text/html"`,
      },
    ],
    // What would end the link early is percent-encoded.
    [
      '2026-06-01 https://a.example/>;"x',
      {
        Deprecation: '@1780272000',
        Link: '<https://a.example/%3E;%22x>; rel="deprecation"; type="text/html"',
      },
    ],
  ])('%s', (text, headers) => {
    expect(parseDeprecation(text)).toEqual(headers);
  });

  it.each([
    'soon',
    '2026-02-30',
    '2026-06-01 2027-13-01',
    '2026-06-01 2025-06-01',
    '2026-06-01 http://docs.example.com/',
    '2026-06-01 docs.example.com',
    '2026-06-01 https://me:secret@docs.example.com/',
    '2026-06-01 https://docs.example.com/#end',
    `2026-06-01 ${url} 2027-06-01`,
    `${url}`,
  ])('refuses %s', (text) => {
    expect(() => parseDeprecation(text)).toThrow(/^must /);
  });
});
