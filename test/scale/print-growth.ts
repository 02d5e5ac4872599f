// `npm run scale`: prints the model's results, and draws docs/scale.svg. Rates in resets a second may be given: `npm run scale -- 50 500`.
import { writeFileSync } from 'node:fs';
import { drawLimits } from './draw-limits.ts';
import {
  durationOf,
  fetching,
  findLimits,
  inputs,
  type Needs,
  predictNeeds,
  priceOfMillion,
  quotas,
  simulateStart,
} from './growth-model.ts';

const given = process.argv.slice(2).map(Number);
if (given.some((rate) => !(rate >= 1 && rate <= 1_000_000))) {
  console.error(
    'npm run scale takes rates from 1 to 1,000,000 resets a second, such as `npm run scale -- 50 500`.',
  );
  process.exit(1);
}
const rates = given.length > 0 ? given : [10, 1_000, 100_000];

console.log('Inputs:', JSON.stringify(inputs));
console.table(Object.fromEntries(rates.map((rate) => [`${rate} resets/s`, round(predictNeeds(rate))])));

console.log('The first ten seconds, from no environment, with the default quota and with 20,000 executions:');
const starts = rates.flatMap((rate) =>
  [quotas.executions, 20_000].map((most) => {
    const { coldStarts, refused, latencies } = simulateStart(rate, 10, most);
    const sorted = latencies.toSorted((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
    const share = `${((100 * refused) / (rate * 10)).toFixed(1)} %`;
    return [`${rate} resets/s, ${most}`, { coldStarts, refused: share, p50: at(0.5), p99: at(0.99) }];
  }),
);
console.table(Object.fromEntries(starts));

console.log('The rate of resets a second at which each limit is reached:');
console.table(Object.fromEntries(findLimits().map(({ limit, rate }) => [limit, { rate }])));
writeFileSync(new URL('../../docs/scale.svg', import.meta.url), drawLimits());
console.log('Drawn: docs/scale.svg');

console.log('A reset with a PIN by memory size:');
const sizes = [256, 512, 1_024, 1_769, 3_008].map((memory) => [
  `${memory} MB`,
  {
    milliseconds: Math.round(durationOf('withPin', memory)),
    dollarsPerMillion: priceOfMillion(memory).toFixed(2),
  },
]);
console.table(Object.fromEntries(sizes));
console.log(
  `When the issuer comes back, each environment asks it once within ${fetching.cooldown} s: executionsAtPeak / ${fetching.cooldown} calls a second.`,
);

function round(needs: Needs): Record<string, number> {
  return Object.fromEntries(
    Object.entries(needs).map(([name, value]) => [name, Number(value.toPrecision(3))]),
  );
}
