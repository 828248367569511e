/**
 * A software TPM that is extended as a machine extends its own: by a captured firmware log, by the log that systemd itself wrote,
 * and by a captured IMA list, and quoted. What the appraisal says then rests on nothing that this project computed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digest } from '../../src/bytes/hash.ts';
import { fromHex, toHex } from '../../src/bytes/text.ts';
import { appraise } from '../../src/chain/appraise.ts';
import type { Appraisal } from '../../src/chain/model.ts';
import { bundleFromTpm2Tools } from '../../src/evidence/formats/tpm2-tools.ts';
import { hashInput } from '../../src/logs/ima/hash-input.ts';
import { parseImaList } from '../../src/logs/ima/parse.ts';
import { EV_NO_ACTION } from '../../src/logs/tcg/event-types.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { catalogue, codes, fixtureFolder, inputOf, readPolicy } from '../support/fixtures.ts';
import { binaryList, file, hashedData } from '../support/ima-list-builder.ts';
import { recordsOf, withRecords, type JsonRecord } from '../support/runtime-edits.ts';
import { ensureInstalled } from './programs.ts';
import { startSoftwareTpm, type SoftwareTpm } from './software-tpm.ts';

const BANKS = ['sha1', 'sha256', 'sha384'] as const;
const NONCE = 'a5'.repeat(32);
/** Arguments of one command; a TPM takes an extend in about a millisecond, and a program more to start. */
const AT_ONCE = 40;

/** One extend as tpm2_pcrextend takes it. */
const extend = (pcr: number, digests: Readonly<Record<string, string>>): string =>
  `${pcr}:${BANKS.map((bank) => `${bank}=${digests[bank]!}`).join(',')}`;

const captured = inputOf('uki/baseline');
const firmware = captured.evidence.firmwareLog!.bytes!;
const systemd = new Uint8Array(readFileSync(join(fixtureFolder('systemd-log/262'), 'tpm2-measure.log')));
const records = recordsOf({ quotes: [], hints: new Map(), systemdLog: { id: '', bytes: systemd } });
/** An entry by a rule with `pcr=11`, made while systemd was between two phases. */
const elsewhere = file('/usr/bin/measured', { pcr: 11 });
const list = new Uint8Array(Buffer.concat([captured.evidence.imaLog!.bytes!, binaryList([elsewhere])]));

const atHandOver = parseTcgLog(firmware)
  .untrusted.events.filter(({ type }) => type !== EV_NO_ACTION)
  .map(({ pcr, digests }) => extend(pcr, Object.fromEntries(BANKS.map((bank) => [bank, toHex(digests[bank]!)]))));
/** What the captured kernel extends for an entry: its SHA-384 is a module, so that it pads SHA-1 in that bank. */
const entryExtend = (pcr: number, data: Uint8Array): string => {
  const [sha1, sha256] = [toHex(digest('sha1', data)), toHex(digest('sha256', data))];
  return extend(pcr, { sha1, sha256, sha384: sha1.padEnd(96, '0') });
};
const byKernel = (): string[] => {
  const { untrusted } = parseImaList(captured.evidence.imaLog!.bytes!);
  return Array.from({ length: untrusted.count }, (_, i) => entryExtend(10, hashInput(untrusted, i)));
};
const bySystemd = (some: readonly JsonRecord[]): string[] =>
  some.flatMap(({ pcr, digests }) =>
    pcr === undefined ? [] : [extend(pcr, Object.fromEntries(digests.map(({ hashAlg, digest }) => [hashAlg, digest])))],
  );
/** The policy of the captured machines, for hosts that measure their identity and have NvPCRs. */
const document = readPolicy('policies/kvm-uki.yaml');
const open = resolvePolicy(
  {
    ...document,
    checks: {
      ...document.checks,
      'runtime.pcr15': { pcr15: { open: 'machine ids and file systems differ from host to host' } },
      'boot.nvpcrs-declared': { nvpcrs: { open: 'their names differ from host to host' } },
    },
  },
  catalogue,
);

let folder = '';
beforeAll(async () => {
  await ensureInstalled(['swtpm', 'tpm2']);
  folder = mkdtempSync(join(tmpdir(), 'assay-systemd-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a host of systemd 262', { timeout: 120_000 }, () => {
  let tpm: SoftwareTpm;
  const path = (name: string): string => join(folder, name);
  const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(path(name)));
  const tpm2 = async (...args: string[]): Promise<void> => {
    // The tools leave what they loaded in the TPM, which has room for three objects.
    await tpm.tpm2(['flushcontext', '-t']);
    await tpm.tpm2(args);
  };
  const extendAll = async (all: readonly string[]): Promise<void> => {
    for (let i = 0; i < all.length; i += AT_ONCE) await tpm2('pcrextend', ...all.slice(i, i + AT_ONCE));
  };

  /** Quotes PCR 0 to 15 and judges the quote with these logs. */
  async function judged(
    name: string,
    policy: typeof open,
    ima: Uint8Array,
    log: readonly JsonRecord[],
  ): Promise<Appraisal> {
    const pcrs = BANKS.map((bank) => `${bank}:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15`).join('+');
    const out = ['-m', path(`${name}.msg`), '-s', path(`${name}.sig`), '-o', path(`${name}.pcrs`), '-F', 'serialized'];
    await tpm2('quote', '-c', path('ak.ctx'), '-l', pcrs, '-q', NONCE, '-g', 'sha256', ...out);
    const bundle = bundleFromTpm2Tools({
      quote: bytes(`${name}.msg`),
      signature: bytes(`${name}.sig`),
      pcrs: bytes(`${name}.pcrs`),
      firmwareLog: firmware,
      imaLog: ima,
    });
    return appraise({
      evidence: { ...withRecords(bundle, log), ak: bytes('ak.pub') },
      policy,
      pins: [{ by: 'caller', publicArea: bytes('ak.pub') }],
      challenge: { nonce: fromHex(NONCE), selection: pcrs },
      at: captured.at,
    });
  }

  beforeAll(async () => {
    tpm = await startSoftwareTpm(folder);
    await tpm2('createek', '-c', path('ek.ctx'), '-G', 'ecc', '-u', path('ek.pub'));
    const ak = ['-G', 'ecc', '-g', 'sha256', '-s', 'ecdsa', '-u', path('ak.pub')];
    await tpm2('createak', '-C', path('ek.ctx'), '-c', path('ak.ctx'), ...ak);
    await extendAll([...atHandOver, ...byKernel()]);
  }, 120_000);
  afterAll(async () => {
    await tpm?.stop();
  });

  const half = records.findIndex(({ content }) => content.string === 'sysinit') + 1;

  test('is trusted while it starts, as far as the policy lets it measure', async () => {
    await extendAll(bySystemd(records.slice(0, half)));
    const appraisal = await judged('starting', open, captured.evidence.imaLog!.bytes!, records);
    expect(codes(appraisal)).toEqual([]);
    expect(appraisal.verdict).toBe('trusted');
    const words = appraisal.facts.flatMap((fact) =>
      fact.name === 'event' && fact.source.part === 'log.systemd' && fact.source.pcr === 11 ? [fact.value] : [],
    );
    expect(words).toMatchObject(
      ['enter-initrd', 'leave-initrd', 'sysinit'].map((text) => ({ content: { kind: 'text', text } })),
    );
  });

  test('is not, where the policy leaves NvPCRs and PCR 15 closed', async () => {
    const appraisal = await judged('closed', captured.policy, captured.evidence.imaLog!.bytes!, records);
    expect(appraisal).toMatchObject({ verdict: 'untrusted', weakestLink: 'boot' });
    expect(codes(appraisal)).toEqual(['boot.nvpcr-unapproved', 'runtime.pcr-unexpected']);
  });

  test('and not, without its log', async () => {
    const appraisal = await judged('without', open, captured.evidence.imaLog!.bytes!, []);
    expect(appraisal).toMatchObject({ verdict: 'untrusted', weakestLink: 'log' });
    const missing = appraisal.links[2]!.findings.map(({ component }) => component);
    // Each bank of twelve separators, and of PCR 11 and 15.
    expect(missing).toHaveLength(3 * 14);
  });

  test('attack 50: an IMA entry between two phases replays, and is none of the image', async () => {
    await extendAll([entryExtend(11, hashedData(elsewhere)), ...bySystemd(records.slice(half))]);
    const appraisal = await judged('joined', open, list, records);
    expect(appraisal.links[2]).toMatchObject({ link: 'log', status: 'holds', findings: [] });
    expect(codes(appraisal)).toEqual(['boot.phase-unapproved']);
    const events = appraisal.facts.filter((fact) => fact.name === 'event' && fact.source.pcr === 11);
    expect(events.slice(-3).map(({ source }) => source.part)).toEqual(['log.systemd', 'log.ima', 'log.systemd']);
  });
});
