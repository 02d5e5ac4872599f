// Which limit comes first at which rate, as docs/scale.svg.
import { drawChart } from '../support/chart.ts';
import { findLimits } from './growth-model.ts';

/** Draws the limits of the model, lowest first. */
export function drawLimits(): string {
  const marks = findLimits().map(({ limit, rate, isOurs }) => ({ name: limit, value: rate, isOurs }));
  return drawChart({
    title: 'Which limit comes first at which rate',
    note: ['Filled: set by us for prod. Hollow: quota of AWS.', 'Each line is ten times the one before.'],
    panels: [[{ heading: 'Resets a second at which a limit is reached', marks }]],
    isLogarithmic: true,
  });
}
