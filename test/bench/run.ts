// `npm run bench`: measures the function beside its floors and peers. With `-- --gate` it fails if a target is missed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundlePeer, bundleProduct, bundleProductByDefaults, bytesByPackage } from './bundles.ts';
import { drawComparison } from './comparison.ts';
import {
  countRoundTrips,
  type Load,
  mapValues,
  measureCold,
  measureInit,
  measureWarm,
  type Values,
} from './measures.ts';
import { listLoadedModules, loadedInVain } from './modules.ts';
import { measurePublisher } from './publisher.ts';
import { formatReport, type Report } from './report.ts';
import { rightPin, type StandIns, startStandIns } from './stand-ins.ts';
import { type Summary, summarize, summarizeRatio } from './statistics.ts';
import { judge, type Target, type TargetName, targets } from './targets.ts';
import { measureUsers } from './users.ts';

const { values: options } = parseArgs({
  options: { gate: { type: 'boolean', default: false }, rounds: { type: 'string', default: '15' } },
});
const rounds = Math.max(1, Number(options.rounds) || 15);
const benchFolder = new URL('.', import.meta.url).pathname;
const reportFile = new URL('../../reports/bench.json', import.meta.url).pathname;
const chartFile = new URL('../../docs/performance.svg', import.meta.url);

/** Names of what stands beside the function in the report. */
const byDefaults = "ours, CDK's defaults";
const tutorial = 'Express tutorial';
const betterAuth = 'better-auth';

/** The batch size that the stack sets, and ten times as much, for a bus nearby and far away; and the worst batch. */
const publisherLoads = {
  '10 records, bus 5 ms': { records: 10, users: 10, busTime: 5 },
  '100 records, bus 5 ms': { records: 100, users: 100, busTime: 5 },
  '10 records, bus 30 ms': { records: 10, users: 10, busTime: 30 },
  '100 records, bus 30 ms': { records: 100, users: 100, busTime: 30 },
  '10 records of one user, bus 5 ms': { records: 10, users: 1, busTime: 5 },
};

installPeers();
const folder = mkdtempSync(join(tmpdir(), 'password-reset-bench-'));
const standIns = await startStandIns();
try {
  const report = await measure(folder, standIns);
  mkdirSync(join(reportFile, '..'), { recursive: true });
  writeFileSync(reportFile, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(chartFile, drawComparison(report.times));
  progress('');
  console.log(formatReport(report));
  console.log(
    '\nAll figures: reports/bench.json. Drawn: docs/performance.svg; docs/performance.md must have the same.',
  );
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

type Bundles = Awaited<ReturnType<typeof bundleAll>>;

async function measure(folder: string, standIns: StandIns): Promise<Report> {
  progress('bundling');
  const bundles = await bundleAll(folder);
  const { ours } = bundles;
  const BENCH_EVENT = JSON.stringify(await standIns.event(2));
  const inVain = loadedInVain(await listLoadedModules(ours, { ...standIns.environment, BENCH_EVENT }));
  const roundTrips = await countRoundTrips(ours, standIns);
  const times = await measureTimes(bundles, standIns, folder);
  const ratios = ratiosOf(times);
  return {
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, ${platform()} ${arch()}, Node ${process.versions.node}`,
    rounds,
    sizes: mapValues(bundles, ({ atStart }) => atStart),
    onDemand: ours.onDemand,
    packages: bytesByPackage(ours).slice(0, 12),
    times: {
      'init: a process that loads the handler and ends': summarizeAll(times.init),
      'cold: import to first 204 over TLS': summarizeAll(times.cold.total),
      'cold: of that, the request once the start is done': summarizeAll(times.cold.request),
      'cold: processor time of the process up to then': summarizeAll(times.cold.cpu),
      'cold: table 2 ms and issuer 10 ms away': summarizeAll(times.coldNear),
      'cold: table 5 ms and issuer 30 ms away': summarizeAll(times.coldFar),
      'cold: the same, with the keys found by discovery': summarizeAll(times.discovery),
      'warm: processor time of a reset without a PIN': summarizeAll(times.warm.cpu),
      'warm: processor time of a reset with a PIN': summarizeAll(times.pin.cpu),
      'warm: processor time by payment methods cleared': summarizeAll(times.methods.cpu),
      'time of the write on dynalite by users in the table': summarizeAll(times.users),
      'publisher: time of a batch': summarizeAll(
        mapValues(times.publisher, (of) => of.map(({ wall }) => wall)),
      ),
      'publisher: processor time of a batch': summarizeAll(
        mapValues(times.publisher, (of) => of.map(({ cpu }) => cpu)),
      ),
    },
    rates: {
      'one environment, as far as its processor goes: resets without a PIN': perSecond(times.warm.cpu),
      'one environment, as far as its processor goes: resets with a PIN': perSecond(times.pin.cpu),
    },
    memory: {
      'memory of a process after resets without a PIN': summarizeAll(times.warm.rss),
      'memory of a process after resets with a PIN': summarizeAll(times.pin.rss),
    },
    ratios,
    figures: {
      ...ours.atStart,
      modules: inVain.length,
      callsRefused: roundTrips.refused,
      calls: roundTrips.withoutPin,
      callsPin: roundTrips.withPin,
      ...mapValues(ratios, ({ median }) => median),
    },
    loadedInVain: inVain,
  };
}

async function bundleAll(folder: string) {
  return {
    ours: await bundleProduct(join(folder, 'ours')),
    [byDefaults]: await bundleProductByDefaults(join(folder, 'defaults')),
    [tutorial]: await bundlePeer('tutorial', join(folder, 'tutorial')),
  };
}

async function measureTimes(bundles: Bundles, standIns: StandIns, folder: string) {
  const peer = (name: string) => join(benchFolder, 'peers', `${name}.js`);
  const entries = mapValues(bundles, ({ entry }) => entry);
  const { ours } = entries;
  const floor = peer('floor');
  const coldEntries = { floor, ...entries, [betterAuth]: peer('better-auth') };
  const init = await measureInit({ empty: peer('empty'), ...entries }, standIns, rounds, progress);
  const cold = await measureCold(coldEntries, standIns, rounds, progress);
  const awayEntries = { floor, ours, [byDefaults]: entries[byDefaults] };
  const coldAway = async (table: number, issuer: number) => {
    const env = await standIns.at({ table, issuer });
    return (await measureCold(awayEntries, standIns, rounds, progress, env)).total;
  };
  const coldNear = await coldAway(2, 10);
  const coldFar = await coldAway(5, 30);
  const discovering = await standIns.discovering({ table: 5, issuer: 30 });
  const discovery = await measureCold({ ours }, standIns, rounds, progress, discovering);

  const event = await standIns.event(2);
  const load = (entry: string, times = 300): Load => ({ entry, event, times });
  const loads = {
    floor: load(floor),
    ours: load(ours),
    [tutorial]: load(entries[tutorial]),
  };
  const warm = await measureWarm(loads, standIns, rounds, progress);
  const eventWithPin = await standIns.event(2, rightPin);
  const pinLoad = (entry: string): Load => ({ entry, event: eventWithPin, times: 20 });
  // It hashes a password in place of a PIN.
  const hashing = { [betterAuth]: load(peer('better-auth'), 4) };
  const pinLoads = { floor: pinLoad(floor), ours: pinLoad(ours), ...hashing };
  const pin = await measureWarm(pinLoads, standIns, rounds, progress);

  const methods = await measureWarm(await loadsByPaymentMethods(ours, standIns), standIns, rounds, progress);
  const users = await measureUsers([1_000, 10_000], rounds, 20, progress);
  const publisher = await measurePublisher(join(folder, 'functions'), publisherLoads, rounds, progress);
  return { init, cold, coldNear, coldFar, discovery: discovery.total, warm, pin, methods, users, publisher };
}

async function loadsByPaymentMethods(entry: string, standIns: StandIns): Promise<Record<string, Load>> {
  const loads: Record<string, Load> = {};
  for (const count of [1, 10, 100, 1_000]) {
    loads[String(count)] = { entry, event: await standIns.event(count), times: count === 1_000 ? 50 : 150 };
  }
  return loads;
}

/** The ratios that have a target. */
function ratiosOf({ init, cold, warm, pin }: Awaited<ReturnType<typeof measureTimes>>) {
  const ratio = (values: Values, name: string, to: string) =>
    summarizeRatio(values[name] ?? [], values[to] ?? []);
  return {
    init: ratio(init, 'ours', 'empty'),
    coldDefaults: ratio(cold.total, byDefaults, 'ours'),
    coldTutorial: ratio(cold.total, tutorial, 'ours'),
    coldCpu: ratio(cold.cpu, 'ours', 'floor'),
    warm: ratio(warm.cpu, 'ours', 'floor'),
    pin: ratio(pin.cpu, 'ours', 'floor'),
  };
}

function summarizeAll(values: Values): Record<string, Summary> {
  return mapValues(values, summarize);
}

/** Requests a second of one processor, from milliseconds for each. */
function perSecond(values: Values): Record<string, Summary> {
  return summarizeAll(mapValues(values, (of) => of.map((milliseconds) => 1_000 / milliseconds)));
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

/** One line on the error output that is overwritten each time; if that is not a terminal, one line each. */
function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${what}`);
  else if (what !== '' && !/ (?!1\/)\d+\//.test(what)) process.stderr.write(`${what}\n`);
}
