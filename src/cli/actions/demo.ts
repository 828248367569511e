/** What `assay demo` does: the service, real evidence through its HTTP interface, every result checked against its key set. */

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { pino } from 'pino';
import { UsageError } from '../../bytes/errors.ts';
import { fromHex, toBase64url } from '../../bytes/text.ts';
import { FINDING_CODES, type FindingCode } from '../../checks/codes.ts';
import { EAR_MEDIA_TYPE, type ChainClaim, type EarClaims } from '../../results/ear.ts';
import { startService, type RunningService } from '../../service/server.ts';
import { DEFAULT_LIMITS } from '../../service/settings.ts';
import type { DemoOptions } from '../commands/demo.ts';
import { readContext } from '../context.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { readText } from '../input.ts';
import { loadPolicy } from '../load-policy.ts';
import { packageRoot } from '../package-root.ts';
import { chainHead, chainLine, paintVerdict } from '../render/chain.ts';
import { serviceContext } from '../service-context.ts';

/** One captured bundle with what the verifier's side knows. */
interface Machine {
  /** `uki/baseline`, with `(rsa)` for the other attestation key */
  readonly name: string;
  readonly bundle: string;
  readonly nonce: string;
  readonly selection: string;
  /** the host it is presented as */
  readonly host: string;
  /** path of the policy */
  readonly policy: string;
}

/** @throws UsageError when the captured machines are not there */
export async function demo(io: Io, options: DemoOptions): Promise<ExitCode> {
  const machines = findMachines(join(packageRoot(), 'fixtures'));
  const folder = mkdtempSync(join(tmpdir(), 'assay-demo-'));
  try {
    return await runDemo(io, options, machines, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runDemo(io: Io, options: DemoOptions, machines: readonly Machine[], folder: string): Promise<ExitCode> {
  const files = [...new Set(machines.map((machine) => machine.policy))];
  const policies = new Map(files.map((file) => [file, loadPolicy(file, { env: {} })]));
  const context = await serviceContext({
    data: join(folder, 'data'),
    localCallers: true,
    policies: [...policies.values()],
    limits: DEFAULT_LIMITS,
    logger: pino({ level: 'silent' }),
  });
  const service = await startService(context, { listen: { host: '127.0.0.1', port: 0 } });
  try {
    const request = (machine: Machine): string => requestBody(machine, policies.get(machine.policy)!.name);
    const passed = await judgeAll(io, service, machines, request);
    if (options.exit !== true) await goOn(io, service, machines, request, folder);
    return passed ? EXIT.yes : EXIT.no;
  } finally {
    await service.stop();
    await context.store.close();
  }
}

async function judgeAll(
  io: Io,
  service: RunningService,
  machines: readonly Machine[],
  request: (machine: Machine) => string,
): Promise<boolean> {
  const { bold, dim } = io.outStyle;
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', service.url));
  const width = machines.reduce((most, machine) => Math.max(most, machine.name.length), 0);
  io.out(`${bold('assay')} on ${service.url}: ${machines.length} captured bundles, each through POST /v1/appraise\n\n`);
  io.out(`${' '.repeat(width)}  ${dim(chainHead())}  verdict\n`);
  const counts = new Map<string, number>();
  let refused = 0;
  const startedAt = performance.now();
  for (const machine of machines) {
    const answer = await judge(service, keys, machine, request(machine));
    if (typeof answer === 'string') {
      refused++;
      io.out(`${machine.name.padEnd(width)}  ${io.outStyle.red(answer)}\n`);
      continue;
    }
    counts.set(answer.verdict, (counts.get(answer.verdict) ?? 0) + 1);
    const chain = chainLine(io.outStyle, answer.links);
    io.out(`${machine.name.padEnd(width)}  ${chain}  ${verdictText(answer, io)}\n`);
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const summary = ['trusted', 'untrusted', 'unproven'].map((verdict) => `${counts.get(verdict) ?? 0} ${verdict}`);
  io.out(`\n✔ holds  ✘ broken  ? unproven  – not applicable\n`);
  io.out(
    `${machines.length - refused} of ${machines.length} results signed and verified against ${service.url}/.well-known/jwks.json ` +
      `in ${seconds} s: ${summary.join(', ')}\n`,
  );
  return refused === 0;
}

/** @returns the chain of a result whose signature, type and nonce are right; else why not */
async function judge(
  service: RunningService,
  keys: JWTVerifyGetKey,
  machine: Machine,
  body: string,
): Promise<ChainClaim | string> {
  const response = await fetch(new URL('/v1/appraise', service.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: EAR_MEDIA_TYPE },
    body,
  });
  const text = await response.text();
  if (response.status !== 200) return `HTTP ${response.status}: ${text}`;
  const { payload } = await jwtVerify<EarClaims>(text, keys, { algorithms: ['ES256'], typ: 'eat+jwt' });
  if (payload.eat_nonce !== machine.nonce) return 'the result answers another nonce';
  return payload.submods.host['assay.chain'];
}

/** A red verdict with its reason: the weakest link's first finding, in words. */
function verdictText({ verdict, weakestLink, links }: ChainClaim, { outStyle }: Io): string {
  const painted = paintVerdict(outStyle, verdict);
  const codes = links.find((link) => link.link === weakestLink)?.findings ?? [];
  const [first] = codes;
  if (first === undefined) return painted;
  const more = codes.length > 1 ? ` (+${codes.length - 1})` : '';
  return `${paintVerdict(outStyle, verdict, verdict.padEnd(9))}  ${first}: ${FINDING_CODES[first as FindingCode].text}${more}`;
}

async function goOn(
  io: Io,
  service: RunningService,
  machines: readonly Machine[],
  request: (machine: Machine) => string,
  folder: string,
): Promise<void> {
  const file = join(folder, 'request.json');
  writeFileSync(file, request(machines[0]!));
  io.out(
    `\nThe service goes on. Try:\n` +
      `  curl -s ${service.url}/readyz\n` +
      `  curl -s ${service.url}/.well-known/jwks.json\n` +
      `  curl -s ${service.url}/openapi.json\n` +
      `  curl -s -H 'Content-Type: application/json' --data-binary @${file} ${service.url}/v1/appraise\n` +
      `Ctrl-C ends it.\n`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

function requestBody({ bundle, nonce, selection, host }: Machine, policy: string): string {
  const rest = JSON.stringify({ nonce, selection, host, policy });
  // The bundle goes in as it was captured, byte for byte.
  return `{"bundle":${readText(bundle, 'bundle')},${rest.slice(1)}`;
}

function findMachines(fixtures: string): Machine[] {
  const folders = existsSync(fixtures)
    ? readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('context.json'))
    : [];
  if (folders.length === 0) {
    throw new UsageError(
      'demo.no-machines',
      `no captured machines below ${fixtures}`,
      'run the demo from a checkout of assay',
    );
  }
  return folders.toSorted().flatMap((path) => machinesOf(fixtures, join(fixtures, path)));
}

function machinesOf(fixtures: string, contextPath: string): Machine[] {
  const { nonce, selection, host, policy } = readContext(contextPath);
  if (policy === undefined) {
    throw new UsageError('demo.no-policy', `${contextPath} names no policy`, 'add the policy the machine is judged by');
  }
  const folder = join(contextPath, '..');
  const common = { nonce: toBase64url(fromHex(nonce)), selection, host, policy: join(packageRoot(), policy) };
  return [
    { file: 'bundle.json', suffix: '' },
    { file: 'bundle-rsa.json', suffix: ' (rsa)' },
  ]
    .map(({ file, suffix }) => ({ ...common, name: relative(fixtures, folder) + suffix, bundle: join(folder, file) }))
    .filter((machine) => existsSync(machine.bundle));
}
