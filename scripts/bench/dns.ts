/**
 * `npm run bench:dns`: what clients behind caching resolvers see of a cutover and a rollback in DNS, by a
 * real name server and real resolvers on loopback. Prints tables, or one JSON document with `--json`,
 * and keeps the JSON in `.verdigris-bench/dns.json`. `--ttl N` (60) and `--lower-to N` (5) in seconds;
 * `--seconds N` looks at each change for so long instead of as long as old answers can live. Exits with
 * 1 when an answer was empty or could not be had, 2 when the arguments are wrong, 3 when there are no
 * DNS servers. See docs/dns.md; `node scripts/dns-lab/draw.ts` draws its plots.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { messageOf } from '../../lib/release/errors.ts';
import { type DnsArguments, parseArguments } from '../dns-lab/arguments.ts';
import { openLaboratory } from '../dns-lab/laboratory.ts';
import { findPrograms, type Programs, ServersMissingError } from '../dns-lab/programs.ts';
import { countBad, type DnsReport, renderReport, reportOf } from '../dns-lab/report.ts';
import { domainsOf, measure } from '../dns-lab/run.ts';
import { resolversOf, type Scale } from '../dns-lab/scenarios.ts';
import { outputDirectory } from './output.ts';

function readArguments(): DnsArguments | null {
  try {
    return parseArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`error: ${messageOf(error)}`);
    return null;
  }
}

async function run(programs: Programs, scale: Scale): Promise<DnsReport> {
  const at = new Date();
  const lab = await openLaboratory(programs, {
    domains: domainsOf(scale),
    propagationMs: scale.propagation * 1000,
    resolvers: resolversOf(scale),
  });
  try {
    const measured = await measure(lab, scale);
    return reportOf(at.toISOString(), (Date.now() - at.getTime()) / 1000, scale, measured);
  } finally {
    await lab.close();
  }
}

async function main({ scale, isJson }: DnsArguments): Promise<void> {
  const programs = findPrograms();
  console.error(`measuring cutovers with TTL ${scale.ttl} and ${scale.lowerTo}; some minutes …`);
  const report = await run(programs, scale);
  const json = JSON.stringify(report, null, 2);
  mkdirSync(outputDirectory, { recursive: true });
  writeFileSync(join(outputDirectory, 'dns.json'), `${json}\n`);
  console.log(isJson ? json : renderReport(report).join('\n'));
  const { empty, failed } = countBad(report);
  process.exitCode = empty + failed > 0 ? 1 : 0;
}

// Ends by `exit`, so that whatever was started ends too.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

const args = readArguments();
try {
  if (args) await main(args);
  else process.exitCode = 2;
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = error instanceof ServersMissingError ? 3 : 1;
}
