/** Inputs to start from: what the captured machines sent, and small built files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import type { EvidenceBundle } from '../../src/evidence/bundle.ts';
import { readEvidence, ROOT } from '../support/fixtures.ts';

/** One machine of each scenario: their variants differ little, and small seed sets are met more often. */
const MACHINES = ['uki/baseline', 'uki-secureboot/baseline', 'shim-grub/baseline'] as const;

export function text(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(value));
}

export function fixtureBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(ROOT, 'fixtures', path)));
}

/** Every file of a folder below fixtures/ with that ending. */
export function fixtureFiles(folder: string, ending: string): Uint8Array[] {
  return readdirSync(join(ROOT, 'fixtures', folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => fixtureBytes(join(folder, name)));
}

/** One part of the bundle of each machine, quoted with both keys. */
export function bundleParts(part: (bundle: EvidenceBundle) => Uint8Array | undefined): Uint8Array[] {
  return MACHINES.flatMap((name) => [readEvidence(name), readEvidence(name, 'bundle-rsa.json')]).flatMap((bundle) => {
    const bytes = part(bundle);
    return bytes === undefined ? [] : [bytes];
  });
}

/** Event data of the captured firmware logs, of the given event types. */
export function eventData(...types: readonly number[]): Uint8Array[] {
  return bundleParts((bundle) => bundle.firmwareLog?.bytes)
    .flatMap((bytes) => parseTcgLog(bytes).untrusted.events)
    .filter((event) => types.includes(event.type))
    .map((event) => event.data);
}

/** A captured IMA list cut after some entries: short inputs are read more often. */
export function shortImaLists(): Uint8Array[] {
  return bundleParts((bundle) => bundle.imaLog?.bytes?.subarray(0, 6000));
}
