// docs/issuers.md: what it says works is tried.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { issuerShapes } from '../support/issuer-shapes.ts';

const page = readFileSync(new URL('../../docs/issuers.md', import.meta.url), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map((cells) => ({ issuer: cells[1] ?? '', settings: cells[2] ?? '', shapes: cells[5] ?? '' }));

it('has a row for each of the issuers', () => {
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter(({ shapes }) => shapes === 'none').map(({ issuer }) => issuer)).toEqual(['Dex']);
});

it.each(rows.filter(({ shapes }) => shapes !== 'none'))(
  '$issuer works in the tested shapes',
  ({ settings, shapes }) => {
    const names = [...shapes.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const shape = issuerShapes.find((shape) => shape.name === name);
      expect([name, shape?.expected]).toEqual([name, '204']);
      // What the shape needs, apart from requirements of a stage, is in the row.
      for (const variable of ['TOKEN_AUDIENCE_CLAIM', 'TOKEN_BACKDATING']) {
        const value = shape?.settings[variable];
        if (value !== undefined) expect(settings).toContain(`${variable}=${value}`);
      }
    }
  },
);
