/** The parts of captured evidence as the plain files that tpm2-tools and the kernel would have written. */

import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readAkPin } from '../../src/tpm/key.ts';

interface Bundle {
  readonly quotes: readonly [
    {
      readonly attest: string;
      readonly signature: string;
      readonly pcrs: Readonly<Record<string, Record<string, string>>>;
    },
  ];
  readonly logs: { readonly firmware: string; readonly ima: string };
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `fixtures/<path>`: what stands in its context, and the options that judge it. */
export function captured(path: string) {
  const folder = `fixtures/${path}`;
  const context = JSON.parse(readFileSync(join(folder, 'context.json'), 'utf8')) as {
    readonly nonce: string;
    readonly at: string;
  };
  const bundle = join(folder, 'bundle.json');
  return {
    bundle,
    nonce: context.nonce,
    ak: join(folder, 'ak-ecc.tpm2b'),
    verify: ['verify', bundle, '--nonce', context.nonce, '--at', context.at],
    challenge: ['--nonce', context.nonce, '--at', context.at],
  };
}

/** Writes the plain files of a captured bundle. */
export function plainFiles(path: string) {
  const folder = temporaryFolder();
  const bundle = JSON.parse(readFileSync(`fixtures/${path}/bundle.json`, 'utf8')) as Bundle;
  const write = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const decode = (text: string): Buffer => Buffer.from(text, 'base64url');
  const [quote] = bundle.quotes;
  const values = ['sha1', 'sha256', 'sha384', 'sha512'].flatMap((bank) => Object.values(quote.pcrs[bank] ?? {}));
  const area = readFileSync(`fixtures/${path}/ak-ecc.tpm2b`);
  const { key } = readAkPin(new Uint8Array(area));
  const pem = createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' }).export({
    format: 'pem',
    type: 'spki',
  });
  return {
    quote: write('quote.bin', decode(quote.attest)),
    signature: write('quote.sig', decode(quote.signature)),
    // The layout of `tpm2_pcrread --output`: the values one after the other.
    pcrs: write('quote.pcrs', Buffer.from(values.join(''), 'hex')),
    log: write('firmware.log', decode(bundle.logs.firmware)),
    ima: write('ima.log', decode(bundle.logs.ima)),
    akTpm2b: write('ak.tpm2b', area),
    akTpmt: write('ak.tpmt', area.subarray(2)),
    akPem: write('ak.pem', pem),
    akName: Buffer.from(readAkPin(new Uint8Array(area)).name!).toString('hex'),
  };
}
