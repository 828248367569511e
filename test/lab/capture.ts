/** Boots a variant and brings its evidence back, checked by tools that are not ours. */
import { type Bank, type Capture, type Key, type Quote } from './bundle.ts';
import { unknownProgram } from './foreign.ts';
import { foreignKvmModule, kexecFiles, prepareImageKind, type ImageFiles } from './images.ts';
import { boot, type Accelerator, type BootOptions, type BootResult } from './machine.ts';
import { consultOracles, type OracleReport } from './oracle.ts';
import { need, readTransfers, type Transfer } from './port.ts';
import type { BootedVariant, Order, Scenario } from './scenarios.ts';

export interface CaptureOptions {
  readonly scenario: Scenario;
  readonly variant: BootedVariant;
  readonly accelerator: Accelerator;
  /** 32 bytes, used as qualifying data as they are. */
  readonly nonce: Buffer;
  readonly now: () => Date;
  readonly progress: (line: string) => void;
}

export interface CaptureResult {
  readonly image: ImageFiles;
  readonly boot: BootResult;
  /** Null where the firmware refused the image. */
  readonly capture: Capture | null;
  readonly oracles: OracleReport | null;
}

export async function captureVariant(options: CaptureOptions): Promise<CaptureResult> {
  const { variant, nonce } = options;
  const image = await prepareImageKind(options.scenario, variant.image);
  const data = { nonce: Buffer.from(`${nonce.toString('hex')}\n`), ...(await orderFiles(variant.order)) };
  const result = await boot({ image, data, accelerator: options.accelerator, progress: options.progress });
  if (result.refused !== variant.refused) {
    throw new Error(
      variant.refused ? 'the firmware booted an image it should refuse' : 'the firmware refused the image',
    );
  }
  if (result.refused) return { image, boot: result, capture: null, oracles: null };
  const transfers = readTransfers(result.port);
  const evidence = transfers.get('evidence');
  if (evidence === undefined) throw new Error('the machine sent no evidence');
  const before = transfers.get('before-kexec');
  const after = need(evidence, 'ima');
  const capture: Capture = {
    host: variant.host,
    nonce,
    at: options.now(),
    keys: { ecc: need(evidence, 'ak-ecc.tpm2b'), rsa: need(evidence, 'ak-rsa.tpm2b') },
    quotes: { ecc: quotes(evidence, 'ecc'), rsa: quotes(evidence, 'rsa') },
    firmware: need(evidence, 'firmware'),
    ima: before === undefined ? after : Buffer.concat([need(before, 'ima'), after]),
  };
  return { image, boot: result, capture, oracles: await consultOracles(capture) };
}

async function orderFiles(order: Order): Promise<BootOptions['data']> {
  switch (order.do) {
    case 'none':
      return { action: action('none') };
    case 'extend':
      return { action: action(`extend ${order.pcr}`) };
    case 'insmod':
      return { action: action('insmod kvm-amd.ko'), 'kvm-amd.ko': await foreignKvmModule() };
    case 'run':
    case 'run-tmpfs':
      return { action: action(`${order.do} unknown`), unknown: unknownProgram() };
    case 'kexec': {
      const files = await kexecFiles();
      return {
        action: action('kexec'),
        vmlinuz: { file: files.kernel },
        initrd: { file: files.initrd },
        cmdline: Buffer.from(files.commandLine),
      };
    }
  }
}

function action(words: string): Buffer {
  return Buffer.from(`${words}\n`);
}

function quotes(evidence: Transfer, key: Key): Record<Bank, Quote> {
  const of = (bank: Bank): Quote => ({
    attest: need(evidence, `${key}-${bank}.attest`),
    signature: need(evidence, `${key}-${bank}.signature`),
    values: need(evidence, `${key}-${bank}.pcrs`),
  });
  return { sha256: of('sha256'), sha384: of('sha384'), sha1: of('sha1') };
}
