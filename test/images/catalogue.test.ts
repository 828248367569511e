/** The lab's manifests, computed from files, against what the lab's machines measured. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { parseImageManifest, type ImageManifest } from '../../src/references/manifest.ts';
import { parsePinSet, parseReferenceSet } from '../../src/references/reference-set.ts';
import { digestIn } from '../../src/references/schema.ts';
import { labCapture } from '../support/lab-bundle.ts';

const CATALOGUE = new URL('../../fixtures/catalogue/', import.meta.url);
const EV_SEPARATOR = 0x00000004;
const EV_EFI_ACTION = 0x80000007;
const PCRS = ['4', '8', '9', '11', '12', '13', '14'] as const;
const BANKS = ['sha1', 'sha256', 'sha384'] as const;

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, CATALOGUE), 'utf8'));
}

function manifest(name: string): ImageManifest {
  return parseImageManifest(read(`manifests/${name}.json`));
}

/** Digests the machine's boot programs extended, in order: separators and the firmware's own actions are not theirs. */
function measuredBy(scenario: string, variant: string, pcr: number, bank: (typeof BANKS)[number]): string[] {
  const log = parseTcgLog(labCapture(scenario, variant).firmware).untrusted;
  return log.events
    .filter((event) => event.pcr === pcr && event.type !== EV_SEPARATOR && event.type !== EV_EFI_ACTION)
    .map((event) => toHex(event.digests[bank] ?? new Uint8Array()));
}

const MACHINES = [
  { image: 'lab-uki', scenario: 'uki', variant: 'baseline', order: 'secure-boot-off' },
  { image: 'lab-uki', scenario: 'uki', variant: 'second-host', order: 'secure-boot-off' },
  { image: 'lab-uki-no-lockdown', scenario: 'uki', variant: 'no-lockdown', order: 'secure-boot-off' },
  { image: 'lab-uki-secureboot', scenario: 'uki-secureboot', variant: 'baseline', order: 'secure-boot-on' },
  { image: 'lab-uki-secureboot', scenario: 'uki-secureboot', variant: 'second-host', order: 'secure-boot-on' },
  {
    image: 'lab-uki-secureboot',
    scenario: 'uki-secureboot',
    variant: 'secure-boot-disabled',
    order: 'secure-boot-off',
  },
  { image: 'lab-shim-grub', scenario: 'shim-grub', variant: 'baseline', order: 'secure-boot-on' },
  { image: 'lab-shim-grub', scenario: 'shim-grub', variant: 'second-host', order: 'secure-boot-on' },
] as const;

describe.each(MACHINES)('$scenario/$variant booted $image', ({ image, scenario, variant, order }) => {
  const approved = manifest(image);

  test.each(PCRS)('PCR %s holds the digests computed from the file, in one of its orders, in each bank', (pcr) => {
    for (const bank of BANKS) {
      const measured = measuredBy(scenario, variant, Number(pcr), bank);
      const orders = approved.pcrs[pcr].map(({ events }) => events.map(({ digests }) => digestIn(digests, bank)));
      expect(orders).toContainEqual(measured);
    }
  });

  test(`PCR 4 has the order ${order}`, () => {
    const events = approved.pcrs['4'].find(({ name }) => name === order)?.events;
    expect(measuredBy(scenario, variant, 4, 'sha256')).toEqual(events?.map(({ digests }) => digests.sha256));
  });
});

test('the comparison sees another image', () => {
  const approved = manifest('lab-uki').pcrs['11'].map(({ events }) => events.map(({ digests }) => digests.sha256));
  expect(approved).not.toContainEqual(measuredBy('uki', 'other-initrd', 11, 'sha256'));
  expect(approved).not.toContainEqual(measuredBy('uki', 'other-cmdline', 11, 'sha256'));
});

describe('the machine that was started again by kexec', () => {
  test('its firmware log is that of the approved image', () => {
    const approved = manifest('lab-shim-grub-kexec');
    for (const pcr of PCRS) {
      const measured = measuredBy('shim-grub', 'kexec-joined-list', Number(pcr), 'sha256');
      expect(approved.pcrs[pcr].map(({ events }) => events.map(({ digests }) => digests.sha256))).toContainEqual(
        measured,
      );
    }
  });
});

describe('firmware references', () => {
  test.each([
    ['lab-ovmf', 'uki'],
    ['lab-ovmf-secboot', 'uki-secureboot'],
    ['lab-ovmf-secboot', 'shim-grub'],
  ])('%s covers PCR 0 and 2 of %s', (name, scenario) => {
    const set = parseReferenceSet(read(`references/${name}.json`));
    const components = set.kind === 'firmware' ? set.components : [];
    for (const bank of BANKS) {
      for (const pcr of [0, 2]) {
        const known = components.filter((one) => one.pcr === pcr).map(({ digests }) => digestIn(digests, bank));
        // The Spec ID event is not extended.
        const measured = measuredBy(scenario, 'baseline', pcr, bank).filter((digest) => /[^0]/.test(digest));
        expect(known).toEqual(expect.arrayContaining(measured));
      }
    }
    expect(components.filter(({ basis }) => basis === 'computed-from-file').map(({ component }) => component)).toEqual([
      'dxe-volume',
    ]);
  });
});

test('every document of the catalogue is valid, and in the form it is written in', () => {
  const parsers = { manifests: parseImageManifest, references: parseReferenceSet, pins: parsePinSet };
  let documents = 0;
  for (const [folder, parse] of Object.entries(parsers)) {
    for (const file of readdirSync(new URL(`${folder}/`, CATALOGUE))) {
      const text = readFileSync(new URL(`${folder}/${file}`, CATALOGUE), 'utf8');
      expect(`${parse(JSON.parse(text)).name}.json`).toBe(file);
      expect(`${JSON.stringify(JSON.parse(text), null, 2)}\n`).toBe(text);
      documents += 1;
    }
  }
  expect(documents).toBeGreaterThanOrEqual(13);
});

test('programs of the hypervisor are named as components', () => {
  const components = manifest('lab-uki').files.flatMap(({ component }) => component ?? []);
  expect(components).toEqual(
    expect.arrayContaining(['kvm-module', 'kernel-module', 'qemu', 'swtpm', 'guest-firmware', 'ima-policy', 'init']),
  );
  expect(manifest('lab-uki').measuresKexec).toBe(true);
});

test('each image the firmware or shim admits names certificates, each that the stub admits names none', () => {
  const byComponent = (name: string): Record<string, number> =>
    Object.fromEntries(manifest(name).images.map(({ component, authorities }) => [component, authorities.length]));
  expect(byComponent('lab-uki')).toEqual({ uki: 0, kernel: 0 });
  expect(byComponent('lab-uki-secureboot')).toEqual({ uki: 1, kernel: 0 });
  expect(byComponent('lab-shim-grub')).toEqual({ shim: 4, grub: 2, kernel: 2 });
});

test('the signer of an image is in the key set of its machine', () => {
  const keys = parseReferenceSet(read('references/lab-keys-snakeoil.json'));
  const db = keys.kind === 'secure-boot-keys' ? keys.db.map(({ sha256 }) => sha256) : [];
  expect(db).toContain(manifest('lab-uki-secureboot').images[0]?.authorities[0]);
});
