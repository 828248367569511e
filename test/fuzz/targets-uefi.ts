/** UEFI structures, PE images and DER. */
import { derChildren, readDer, type DerNode } from '../../src/bytes/der.ts';
import { authenticodeDigest, authenticodeSignatures } from '../../src/uefi/authenticode.ts';
import { devicePathText } from '../../src/uefi/device-path.ts';
import * as events from '../../src/uefi/firmware-events.ts';
import { parseGptEventData } from '../../src/uefi/gpt.ts';
import { readPe } from '../../src/uefi/pe.ts';
import { parseSignatureLists, signaturesOf } from '../../src/uefi/signature-list.ts';
import { utf16Text } from '../../src/uefi/utf16.ts';
import { parseVariableData } from '../../src/uefi/variable.ts';
import { certificateTable, signedData, testCertificate } from '../support/authenticode-writer.ts';
import { der } from '../support/der-writer.ts';
import { buildPe } from '../support/pe-builder.ts';
import { GUIDS, signatureList, utf16, variable } from '../support/tcg-log-builder.ts';
import { eventData, text } from './seeds.ts';
import type { Target } from './target.ts';

const refuses = ['EvidenceError'];
const PART = 'fuzz';
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** `EV_EFI_VARIABLE_*`, `EV_EFI_BOOT_SERVICES_APPLICATION`, `EV_EFI_GPT_EVENT`, firmware blobs and tables. */
const VARIABLES = [0x80000001, 0x80000002, 0x800000e0];
const IMAGES = [0x80000003, 0x80000004, 0x80000005];

function signedPe(): Uint8Array {
  const certificate = testCertificate();
  const certificates = certificateTable(signedData(new Uint8Array(32), certificate));
  return copy(
    buildPe({
      sections: [
        { name: '.text', data: text('code') },
        { name: '.cmdline', data: text('a=b') },
      ],
      certificates,
    }).bytes,
  );
}

function walkDer(root: DerNode): void {
  // Breadth first: the depth of the input must not become the depth of the stack.
  for (let nodes = [root]; nodes.length > 0;)
    nodes = nodes.flatMap((node) => (node.tag & 0x20 ? derChildren(node) : []));
}

function nestedDer(depth: number): Uint8Array {
  let bytes: Uint8Array = new Uint8Array([5, 0]);
  for (let i = 0; i < depth; i++) bytes = der(0x30, bytes);
  return copy(bytes);
}

const manySignatures = (n: number): Uint8Array =>
  signatureList(
    GUIDS.sha256,
    Array.from({ length: n }, () => new Uint8Array(48)),
  );

/** UEFI_GPT_DATA: the header of a partition table, the number of partitions, and them. */
function gptEvent(partitions: number): Uint8Array {
  const event = Buffer.alloc(92 + 8 + 128 * partitions);
  event.write('EFI PART', 0, 'latin1');
  event.writeUInt32LE(128, 80);
  event.writeUInt32LE(128, 84);
  event.writeBigUInt64LE(BigInt(partitions), 92);
  for (let i = 0; i < partitions; i++) event.write('boot', 100 + 128 * i + 56, 'utf16le');
  return copy(event);
}

export const UEFI_TARGETS: readonly Target[] = [
  {
    name: 'pe image',
    seeds: () => [signedPe(), copy(buildPe({ sections: [{ name: '.a-long-name', data: new Uint8Array(700) }] }).bytes)],
    run(bytes) {
      const image = readPe(bytes, PART);
      authenticodeDigest(image, 'sha256');
      authenticodeSignatures(image);
    },
    refuses,
    growth: [
      {
        name: 'section data',
        n: 2_000_000,
        make: (n) => buildPe({ sections: [{ name: '.a', data: new Uint8Array(n) }] }).bytes,
      },
      {
        name: 'certificates',
        n: 200,
        make: (n) =>
          buildPe({ sections: [], certificates: certificateTable(...Array.from({ length: n }, () => text('x'))) })
            .bytes,
      },
    ],
  },
  {
    name: 'signature lists',
    seeds: () => [
      copy(signatureList(GUIDS.sha256, [new Uint8Array(48), new Uint8Array(48)])),
      copy(signatureList(GUIDS.x509, [Buffer.concat([new Uint8Array(16), testCertificate()])])),
    ],
    run(bytes) {
      for (const list of parseSignatureLists(bytes, PART, 0)) signaturesOf(list);
    },
    refuses,
    growth: [{ name: 'signatures', n: 20_000, make: manySignatures }],
  },
  {
    name: 'variable data',
    seeds: () => [
      ...eventData(...VARIABLES).slice(0, 12),
      copy(variable('SecureBoot', GUIDS.x509, new Uint8Array([1]))),
    ],
    run: (bytes) => void parseVariableData(bytes, PART, 0),
    refuses,
    growth: [{ name: 'data', n: 1_000_000, make: (n) => variable('db', GUIDS.x509, new Uint8Array(n)) }],
  },
  {
    name: 'image load event',
    seeds: () => eventData(...IMAGES),
    run(bytes) {
      const { devicePath } = events.parseImageLoadEvent(bytes, PART, 0);
      devicePathText(devicePath, PART, 0);
    },
    refuses,
    growth: [],
  },
  {
    name: 'device path',
    seeds: () => [
      ...eventData(...IMAGES).map((bytes) => bytes.subarray(32)),
      copy(Buffer.concat([Buffer.from([4, 4, 12, 0]), utf16('\\EFI'), Buffer.from([0x7f, 0xff, 4, 0])])),
    ],
    run: (bytes) => void devicePathText(bytes, PART, 0),
    refuses,
    growth: [
      {
        name: 'nodes',
        n: 100_000,
        make: (n) => Buffer.concat(Array.from({ length: n }, () => Buffer.from([1, 1, 4, 0]))),
      },
    ],
  },
  {
    name: 'gpt event',
    seeds: () => [gptEvent(0), gptEvent(2)],
    run: (bytes) => void parseGptEventData(bytes, PART, 0),
    refuses,
    growth: [],
  },
  {
    name: 'firmware events',
    seeds: () => [...eventData(0x80000008, 0x80000009, 0x8000000a, 0x8000000b), new Uint8Array(16)],
    run(bytes) {
      const readers = [
        events.parseFirmwareBlob,
        events.parseFirmwareBlob2,
        events.parseHandoffTables,
        events.parseHandoffTables2,
      ];
      const read = readers[bytes.length % readers.length]!;
      read(bytes, PART, 0);
    },
    refuses,
    growth: [],
  },
  {
    name: 'utf-16 text',
    seeds: () => [copy(utf16('a name')), copy(utf16('\ud83d\ude00'))],
    run: (bytes) => void utf16Text(bytes, PART, 0),
    refuses,
    growth: [{ name: 'characters', n: 200_000, make: (n) => copy(utf16('a'.repeat(n))) }],
  },
  {
    name: 'der',
    seeds: () => [copy(testCertificate()), nestedDer(20), copy(signedData(new Uint8Array(32), testCertificate()))],
    run: (bytes) => walkDer(readDer(bytes, PART)),
    refuses,
    growth: [
      { name: 'children', n: 20_000, make: (n) => der(0x30, ...Array.from({ length: n }, () => Buffer.from([5, 0]))) },
      { name: 'depth', n: 1000, make: nestedDer },
    ],
  },
];
