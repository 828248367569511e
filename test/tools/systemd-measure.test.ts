/** PCR 11 as this project foretells it, beside what systemd-measure(1) computes from the same sections. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { phaseValues } from '../../src/images/final-values.ts';
import { bytesSource } from '../../src/images/source.ts';
import { buildUkiManifest } from '../../src/images/uki-manifest.ts';
import { writeCpio } from '../lab/cpio.ts';
import { dataPackages, kernelRelease } from '../lab/packages.ts';
import { appendSections, ukiSections, type UkiParts } from '../lab/uki.ts';
import { ensureInstalled, run } from './programs.ts';

const BANKS = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
type Measured = Readonly<Record<(typeof BANKS)[number], readonly { phase: string; pcr: number; hash: string }[]>>;

let folder = '';
let parts: UkiParts;

beforeAll(async () => {
  await ensureInstalled(['systemd-measure', 'apt-get', 'apt-cache', 'dpkg']);
  folder = await mkdtemp(join(tmpdir(), 'assay-measure-'));
  const { stub, kernel } = await dataPackages();
  const module = { kind: 'file', data: Buffer.from('module'), executable: false } as const;
  parts = {
    stub: await readFile(join(stub.root, 'usr/lib/systemd/boot/efi/linuxx64.efi.stub')),
    osRelease: 'ID=measure\nVERSION_ID=1\n',
    commandLine: 'quiet lockdown=integrity',
    kernel: await readFile(join(kernel.root, 'boot', `vmlinuz-${await kernelRelease(kernel)}`)),
    initrd: writeCpio(new Map([['lib/kvm.ko', module]])),
  };
}, 600_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function systemdMeasure(sections: Readonly<Record<string, Uint8Array | string>>): Promise<Measured> {
  const options: string[] = [];
  for (const [name, content] of Object.entries(sections)) {
    const file = join(folder, name);
    await writeFile(file, content);
    options.push(`--${name}=${file}`);
  }
  const { stdout } = await run('systemd-measure', ['calculate', '--json=short', ...options]);
  return JSON.parse(stdout.toString()) as Measured;
}

/** A picture and a device tree are not in an image by default, and stand between others in the order of measuring. */
const MORE = { none: {}, 'with .splash and .dtb': { splash: 'picture', dtb: 'device tree' } } as const;

test.each(Object.entries(MORE))(
  'is the same in every bank and after every phase: more sections %s',
  async (_, more) => {
    const { osRelease, commandLine, kernel, initrd } = parts;
    const theirs = await systemdMeasure({ linux: kernel, osrel: osRelease, cmdline: commandLine, initrd, ...more });
    const extra = Object.entries(more).map(([name, text], i) => {
      return { name: `.${name}`, address: 0x10000000 + i * 0x10000, data: Buffer.from(text) };
    });
    const uki = appendSections(parts.stub, [...ukiSections(parts), ...extra]);
    const manifest = buildUkiManifest({ uki: bytesSource(uki) }, { name: 'measured', version: '1' });
    for (const bank of BANKS) {
      const ours = phaseValues(manifest, bank).filter(({ path }) => path !== '');
      expect(ours.map(({ path, value }) => ({ phase: path, pcr: 11, hash: value }))).toEqual(theirs[bank]);
      expect(ours).toHaveLength(4);
    }
  },
);
