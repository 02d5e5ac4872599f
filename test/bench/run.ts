// `npm run bench`: measures the function beside its floors and peers. With `-- --gate` it fails where a target is missed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundlePeer, bundleProduct, bundleProductByDefaults, bytesByPackage } from './bundles.ts';
import {
  countRoundTrips,
  type Load,
  measureCold,
  measureInit,
  measureWarm,
  type Values,
} from './measures.ts';
import { listLoadedModules, loadedInVain } from './modules.ts';
import { formatReport, type Report } from './report.ts';
import { rightPin, type StandIns, startStandIns } from './stand-ins.ts';
import { type Summary, summarize, summarizeRatio } from './statistics.ts';
import { judge, type Target, type TargetName, targets } from './targets.ts';
import { measureUsers } from './users.ts';

const { values: options } = parseArgs({
  options: { gate: { type: 'boolean', default: false }, rounds: { type: 'string', default: '21' } },
});
const rounds = Math.max(1, Number(options.rounds) || 21);
const benchFolder = new URL('.', import.meta.url).pathname;
const reportFile = new URL('../../reports/bench.json', import.meta.url).pathname;

installPeers();
const folder = mkdtempSync(join(tmpdir(), 'password-reset-bench-'));
const standIns = await startStandIns();
try {
  const report = await measure(folder, standIns);
  mkdirSync(join(reportFile, '..'), { recursive: true });
  writeFileSync(reportFile, `${JSON.stringify(report, undefined, 2)}\n`);
  progress('');
  console.log(formatReport(report));
  console.log('\nAll figures: reports/bench.json');
  if (options.gate) closeGate(report);
} finally {
  standIns.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();

/** The peers have dependencies of their own, which the product's installation does not bring. */
function installPeers(): void {
  if (existsSync(join(benchFolder, 'node_modules/.package-lock.json'))) return;
  progress('installing the peers');
  execFileSync('npm', ['ci', '--prefix', benchFolder, '--no-audit', '--no-fund'], { stdio: 'pipe' });
}

async function measure(folder: string, standIns: StandIns): Promise<Report> {
  progress('bundling');
  const ours = bundleProduct(join(folder, 'ours'));
  const defaults = bundleProductByDefaults(join(folder, 'defaults'));
  const tutorial = bundlePeer('tutorial', join(folder, 'tutorial'));
  const peer = (name: string) => join(benchFolder, 'peers', `${name}.js`);
  const peers = { "ours by CDK's defaults": defaults.entry, 'Express tutorial': tutorial.entry };
  const betterAuth = { 'better-auth, in memory': peer('better-auth') };

  const loaded = await listLoadedModules(ours, {
    ...standIns.environment,
    BENCH_EVENT: JSON.stringify(await standIns.event(2)),
  });
  const roundTrips = await countRoundTrips(ours, standIns);
  const init = await measureInit(
    { empty: peer('empty'), ours: ours.entry, ...peers },
    standIns,
    rounds,
    progress,
  );
  const cold = await measureCold(
    { floor: peer('floor'), ours: ours.entry, ...peers, ...betterAuth },
    standIns,
    rounds,
    progress,
  );
  const event = await standIns.event(2);
  const load = (entry: string, times: number): Load => ({ entry, event, times });
  const warm = await measureWarm(
    {
      floor: load(peer('floor'), 400),
      ours: load(ours.entry, 400),
      'Express tutorial': load(tutorial.entry, 400),
      'better-auth, in memory': load(peer('better-auth'), 4),
    },
    standIns,
    rounds,
    progress,
  );
  const eventWithPin = await standIns.event(2, rightPin);
  const pinLoad = (entry: string): Load => ({ entry, event: eventWithPin, times: 20 });
  const pin = await measureWarm(
    { floor: pinLoad(peer('floor')), ours: pinLoad(ours.entry) },
    standIns,
    rounds,
    progress,
  );
  const methods = await measureWarm(
    await loadsByPaymentMethods(ours.entry, standIns),
    standIns,
    rounds,
    progress,
  );
  const users = await measureUsers([1_000, 10_000], rounds, 20, progress);

  const ratios = {
    init: summarizeRatio(valuesOf(init, 'ours'), valuesOf(init, 'empty')),
    coldDefaults: summarizeRatio(valuesOf(cold, "ours by CDK's defaults"), valuesOf(cold, 'ours')),
    coldTutorial: summarizeRatio(valuesOf(cold, 'Express tutorial'), valuesOf(cold, 'ours')),
    warm: summarizeRatio(valuesOf(warm, 'ours'), valuesOf(warm, 'floor')),
    pin: summarizeRatio(valuesOf(pin, 'ours'), valuesOf(pin, 'floor')),
  };
  return {
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, ${platform()} ${arch()}, Node ${process.versions.node}`,
    rounds,
    sizes: {
      ours: sizeOf(ours),
      "ours by CDK's defaults": sizeOf(defaults),
      'Express tutorial': sizeOf(tutorial),
    },
    packages: bytesByPackage(ours).slice(0, 12),
    times: {
      'init: a process that loads the handler and ends': summarizeAll(init),
      'cold: import to first 204 over TLS': summarizeAll(cold),
      'warm: processor time of a reset without a PIN': summarizeAll(warm),
      'warm: processor time of a reset with a PIN': summarizeAll(pin),
      'warm: processor time by payment methods cleared': summarizeAll(methods),
      'time of the write on dynalite by users in the table': summarizeAll(users),
    },
    ratios,
    figures: {
      size: ours.size,
      gzipped: ours.gzipped,
      modules: loadedInVain(loaded).length,
      callsRefused: roundTrips.refused,
      calls: roundTrips.withoutPin,
      callsPin: roundTrips.withPin,
      init: ratios.init.median,
      coldDefaults: ratios.coldDefaults.median,
      coldTutorial: ratios.coldTutorial.median,
      warm: ratios.warm.median,
      pin: ratios.pin.median,
    },
    loadedInVain: loadedInVain(loaded),
  };
}

async function loadsByPaymentMethods(entry: string, standIns: StandIns): Promise<Record<string, Load>> {
  const loads: Record<string, Load> = {};
  for (const count of [1, 10, 100, 1_000]) {
    loads[String(count)] = { entry, event: await standIns.event(count), times: count === 1_000 ? 100 : 200 };
  }
  return loads;
}

function valuesOf(values: Values, name: string): number[] {
  return values[name] ?? [];
}

function summarizeAll(values: Values): Record<string, Summary> {
  return Object.fromEntries(Object.entries(values).map(([name, of]) => [name, summarize(of)]));
}

function sizeOf({ size, gzipped }: { size: number; gzipped: number }) {
  return { size, gzipped };
}

function closeGate({ figures }: Report): void {
  const missed = Object.entries(targets as Record<TargetName, Target>).filter(
    ([name, target]) => judge(target, figures[name as TargetName]) === 'MISSED',
  );
  console.log(
    missed.length === 0
      ? 'Gate: passed.'
      : `Gate: ${missed.map(([, { what }]) => what).join('; ')} missed by more than 15 %.`,
  );
  if (missed.length > 0) process.exitCode = 1;
}

/** One line on the error output that is written over and over, or a line each where that is no terminal. */
function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${what}`);
  else if (what !== '' && !/ (?!1\/)\d+\//.test(what)) process.stderr.write(`${what}\n`);
}
