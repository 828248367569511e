/** Files an operator gives to describe an image: they come from a vendor, and are not trusted to be well-formed. */
import { readCpio } from '../../src/images/cpio.ts';
import { decodeLzma } from '../../src/images/firmware/lzma.ts';
import { readVariableStore } from '../../src/images/firmware/variable-store.ts';
import { dxeVolumes } from '../../src/images/firmware/volume.ts';
import { readGrubEmbedded } from '../../src/images/grub/embedded.ts';
import { readFatRoot } from '../../src/images/grub/fat.ts';
import { runGrub } from '../../src/images/grub/run.ts';
import { measuresKexec } from '../../src/images/ima-policy.ts';
import { readInitrd } from '../../src/images/initrd.ts';
import { kernelVersion } from '../../src/images/kernel.ts';
import { readShim } from '../../src/images/shim.ts';
import { measuredSections, stubVersion } from '../../src/images/stub.ts';
import { readPe } from '../../src/uefi/pe.ts';
import { writeCpio, type ArchiveEntry } from '../lab/cpio.ts';
import { firmwareFile, firmwareSection, firmwareVolume, lzmaSection } from '../support/firmware-builder.ts';
import { fatVolume, grubImage } from '../support/grub-builder.ts';
import { buildPe } from '../support/pe-builder.ts';
import { GUIDS, guid, utf16 } from '../support/tcg-log-builder.ts';
import { testCertificate } from '../support/authenticode-writer.ts';
import { gzipSync } from 'node:zlib';
import { text } from './seeds.ts';
import type { Target } from './target.ts';

const PART = 'fuzz';
const refuses = ['EvidenceError'];
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** 600 bytes, by liblzma 5.4 with the size in the header, as edk2 writes it. */
const LZMA = copy(
  Buffer.from(
    'XQAAgABYAgAAAAAAAAAgiAjGk8hI1zUjIQ/Mb3VThccON5AjNokOjQQsmkfqgnJtRwTAv3J4d4GX/0mwxxlP2o5rvwfecEttvphSMvMGMucVlSLvPlUmoFAoNmL5PNKd/8lJAAA=',
    'base64',
  ),
);

const GRUB_SCRIPT = `set timeout=0
if [ -f /vmlinuz ]; then
  linux /vmlinuz root=/dev/sda1 "quiet splash"
  initrd /initrd.img
  boot
else
  echo 'nothing' $root
  set a="b  c"
fi
`;

function archive(files: number): Uint8Array {
  const entry = { kind: 'file', data: text('x'.repeat(100)), executable: false } as const;
  const entries = Array.from({ length: files }, (_, i) => [`usr/lib/file-${i}`, entry] as const);
  return copy(writeCpio(new Map<string, ArchiveEntry>(entries)));
}

function stub(): Uint8Array {
  const sections = [
    { name: '.text', data: text('code') },
    { name: '.sdmagic', data: text('#### LoaderInfo: systemd-stub 252.39-1~deb12u1 ####\0') },
    { name: '.osrel', data: text('ID=debian\n') },
    { name: '.cmdline', data: text('quiet\0') },
    { name: '.linux', data: text('kernel') },
    { name: '.initrd', data: text('initrd') },
  ];
  return copy(buildPe({ sections }).bytes);
}

function grubFiles(): ReadonlyMap<string, Uint8Array> {
  return new Map([
    ['/vmlinuz', text('kernel')],
    ['/initrd.img', text('initrd')],
    ['/EFI/debian/grub.cfg', text('set sourced=yes\n')],
  ]);
}

export const IMAGE_TARGETS: readonly Target[] = [
  {
    name: 'cpio archive',
    seeds: () => [archive(3)],
    run: (bytes) => void readCpio(bytes, PART),
    refuses,
    growth: [{ name: 'files', n: 2000, make: archive }],
  },
  {
    name: 'initrd',
    seeds: () => [archive(2), copy(Buffer.concat([archive(1), gzipSync(archive(1))])), copy(gzipSync(archive(2)))],
    run: (bytes) => void measuresKexec(readInitrd(bytes, PART)),
    refuses,
    growth: [{ name: 'archives', n: 50, make: (n) => Buffer.concat(Array.from({ length: n }, () => archive(1))) }],
  },
  {
    name: 'lzma',
    seeds: () => [LZMA],
    run: (bytes) => void decodeLzma(bytes, PART),
    refuses,
    growth: [],
  },
  {
    name: 'firmware volume',
    seeds: () => [
      copy(
        firmwareVolume([firmwareFile(0x0b, lzmaSection(LZMA)), firmwareFile(0x05, firmwareSection(0x10, text('x')))]),
      ),
      copy(firmwareVolume([firmwareFile(0x0b, firmwareSection(0x17, firmwareVolume([])))])),
    ],
    run: (bytes) => void dxeVolumes(bytes, PART),
    refuses,
    growth: [
      {
        name: 'files',
        n: 2000,
        make: (n) =>
          firmwareVolume(Array.from({ length: n }, () => firmwareFile(0x05, firmwareSection(0x10, text('x'))))),
      },
    ],
  },
  {
    name: 'variable store',
    seeds: () => [variableStore(['PK', 'KEK', 'db']), variableStore([])],
    run: (bytes) => void readVariableStore(bytes, PART),
    refuses,
    growth: [],
  },
  {
    name: 'grub image',
    seeds: () => [copy(grubImage({ script: GRUB_SCRIPT }))],
    run: (bytes) => void readGrubEmbedded(readPe(bytes, PART)),
    refuses,
    growth: [],
  },
  {
    name: 'fat volume',
    seeds: () => [copy(fatVolume('grub.cfg', text(GRUB_SCRIPT.repeat(4))))],
    run: (bytes) => void readFatRoot(bytes, PART),
    refuses,
    growth: [{ name: 'clusters', n: 200_000, make: (n) => fatVolume('grub.cfg', new Uint8Array(n)) }],
  },
  {
    name: 'grub script',
    seeds: () => [text(GRUB_SCRIPT), text(`source $prefix/grub.cfg\n${GRUB_SCRIPT}`)],
    run(bytes) {
      const partition = { device: 'hd0,gpt1', files: grubFiles() };
      runGrub(bytes, PART, partition, new Map([['prefix', '(hd0,gpt1)/EFI/debian']]));
    },
    refuses,
    growth: [
      { name: 'lines', n: 5000, make: (n) => text('set a=b\n'.repeat(n)) },
      { name: 'nested ifs', n: 10_000, make: (n) => text('if true; then\n'.repeat(n)) },
      { name: 'one word', n: 100_000, make: (n) => text(`echo ${'a'.repeat(n)}`) },
    ],
  },
  {
    name: 'systemd stub',
    seeds: () => [stub()],
    run(bytes) {
      const image = readPe(bytes, PART);
      measuredSections(image, stubVersion(image));
    },
    refuses,
    growth: [],
  },
  {
    name: 'shim',
    seeds: () => [shim(new Uint8Array(0)), shim(testCertificate())],
    run: (bytes) => void readShim(readPe(bytes, PART)),
    refuses,
    growth: [],
  },
  {
    name: 'kernel',
    seeds: () => [kernelHeader()],
    run: (bytes) => void kernelVersion(bytes, PART),
    refuses,
    growth: [],
  },
];

/** The part of the x86 boot header that names the version (Documentation/arch/x86/boot.rst). */
function kernelHeader(): Uint8Array {
  const header = Buffer.alloc(1024);
  header.write('HdrS', 0x202, 'latin1');
  header.writeUInt16LE(0x20f, 0x206);
  header.writeUInt16LE(0x100, 0x20e);
  header.write('6.1.0-40-cloud-amd64 (builder) #1\0', 0x300, 'latin1');
  return copy(header);
}

/** A firmware volume that is one authenticated variable store (edk2, MdeModulePkg/Include/Guid/VariableFormat.h). */
function variableStore(names: readonly string[]): Uint8Array {
  const variables = names.map((name) => {
    const head = Buffer.alloc(60);
    head.writeUInt16LE(0x55aa, 0);
    head.writeUInt8(0x3f, 2);
    head.writeUInt32LE(2 * (name.length + 1), 36);
    head.writeUInt32LE(8, 40);
    head.set(GUIDS.x509, 44);
    const body = Buffer.concat([head, utf16(`${name}\0`), Buffer.alloc(8, 1)]);
    return Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4, 0xff)]);
  });
  const head = Buffer.alloc(100);
  head.write('_FVH', 40, 'latin1');
  head.writeUInt16LE(72, 48);
  head.set(guid('aaf32c78-947b-439a-a180-2e144ec37792'), 72);
  const flash = Buffer.concat([head, ...variables, Buffer.alloc(200, 0xff)]);
  flash.writeUInt32LE(flash.length - 72, 88);
  flash.writeUInt16LE(0xfe5a, 92);
  return copy(flash);
}

/** `.vendor_cert` and `.sbatlevel` as shim's cert.S and sbat_var.S lay them out. */
function shim(vendor: Uint8Array): Uint8Array {
  const table = Buffer.alloc(16);
  table.writeUInt32LE(vendor.length, 0);
  table.writeUInt32LE(16, 8);
  table.writeUInt32LE(16 + vendor.length, 12);
  const level = Buffer.from('sbat,1,2021030218\0');
  const levels = Buffer.alloc(12);
  levels.writeUInt32LE(8, 4);
  levels.writeUInt32LE(8 + level.length, 8);
  const sections = [
    { name: '.vendor_cert', data: Buffer.concat([table, vendor]) },
    { name: '.sbatlevel', data: Buffer.concat([levels, level, level]) },
  ];
  return copy(buildPe({ sections }).bytes);
}
