/** UEFI structures as real firmware and other projects wrote them. */
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bytes/text.ts';
import { devicePathText } from '../../src/uefi/device-path.ts';
import { parseFirmwareBlob, parseHandoffTables, parseImageLoadEvent } from '../../src/uefi/firmware-events.ts';
import { parseGptEventData } from '../../src/uefi/gpt.ts';
import { guidName } from '../../src/uefi/guid.ts';
import { CERT_SHA256_GUID, CERT_X509_GUID, parseSignatureLists, signaturesOf } from '../../src/uefi/signature-list.ts';
import { parseVariableData } from '../../src/uefi/variable.ts';
import { corpusBytes, corpusFiles, corpusText } from './corpus.ts';

const SIGNATURES = 'canonical__go-efilib/testdata/sigdbs';
const EVENTS = 'nsacyber__HIRS/HIRS_Utils/src/test/resources/tcgeventlog';

const hexFile = (name: string): Uint8Array => fromHex(corpusText(`${EVENTS}/${name}`).trim());

describe('signature lists', () => {
  const lists = corpusFiles().filter(({ file }) => file.endsWith('.siglist'));

  test.each(lists.filter(({ file }) => /\/\d+\.siglist$/.test(file)))('$file', ({ file }) => {
    const signatures = parseSignatureLists(corpusBytes(file), 'db', 0).flatMap(signaturesOf);
    const folder = `${file.slice(0, -'.siglist'.length)}/`;
    const parts = corpusFiles().filter((entry) => entry.file.startsWith(folder));
    for (const { file: part } of parts) {
      const index = Number(/cert-(\d+)\./.exec(part)![1]);
      expect(signatures[index]?.type).toBe(part.endsWith('.der') ? CERT_X509_GUID : CERT_SHA256_GUID);
      expect(signatures[index]?.data).toEqual(corpusBytes(part));
    }
    expect(signatures.length).toBeGreaterThanOrEqual(parts.length);
  });

  test.each([
    ['inconsistent-sizes1', 'uefi.signature-list-size'],
    ['inconsistent-sizes2', 'uefi.signature-size'],
    ['invalid-sigheader-size', 'uefi.signature-list-size'],
    ['invalid-signature-size-divide-by-zero', 'uefi.signature-size'],
    ['invalid-signature-size', 'uefi.signature-size'],
  ])('%s is refused', (name, code) => {
    expect(() => parseSignatureLists(corpusBytes(`${SIGNATURES}/${name}.siglist`), 'db', 0)).toThrow(
      expect.objectContaining({ name: 'EvidenceError', code }),
    );
  });
});

describe('event data', () => {
  test('an image load event and its device path', () => {
    const bytes = hexFile('events/EvBootServicesApplication.txt');
    const image = parseImageLoadEvent(bytes, 'event', 0);
    expect(image.devicePath).toEqual(hexFile('uefi/EFI_DEVICE_PATH.txt'));
    expect(devicePathText(image.devicePath, 'event', image.devicePathOffset)).toBe(
      'Fv(b6ede22c-de30-45fa-bb09-ca202c1654b7)/FvFile(15e1e31a-9f9d-4c84-82fb-1a707fc0f63b)',
    );
  });

  test('a partition table', () => {
    const { partitions } = parseGptEventData(hexFile('events/EvEfiGptPartition.txt'), 'event', 0);
    expect(partitions.some(({ name, type }) => name === 'EFI system partition' && guidName(type) !== undefined)).toBe(
      true,
    );
  });

  test('handoff tables and a firmware blob', () => {
    const { tables } = parseHandoffTables(hexFile('events/EvHandoffTables.txt'), 'event', 0);
    expect(tables.map(({ guid }) => guidName(guid))).toEqual(['SMBIOS3_TABLE_GUID']);
    const blob = parseFirmwareBlob(hexFile('uefi/EFI_PLATFORM_FIRMWARE_BLOB.txt'), 'event', 0);
    expect(blob).toEqual({ description: undefined, blobBase: 0x6b207000n, blobLength: 0xd0000n });
  });

  test('variables', () => {
    expect(parseVariableData(hexFile('uefi/EV_EFI_VARIABLE_DRIVER_CONFIG_KEK.txt'), 'event', 0)).toMatchObject({
      name: 'KEK',
      data: new Uint8Array(0),
      trailing: new Uint8Array(0),
    });
    expect(parseVariableData(hexFile('uefi/EV_EFI_VARIABLE_BOOT.txt'), 'event', 0).name).toBe('BootOrder');
  });
});
