import { describe, expect, test } from 'vitest';
import { efiStubEvents, kernelVersion } from '../../src/images/kernel.ts';
import { digestsOf } from '../../src/images/measure.ts';
import { digestHex } from '../../src/bytes/hash.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { kernelImage } from '../support/image-builder.ts';

describe('the release', () => {
  test.each(['6.1.0-56-cloud-amd64', '6.12.3', '6.8.0-rc1+'])('%s', (release) => {
    expect(kernelVersion(kernelImage(`${release} (debian-kernel@example.org) #1 SMP`))).toBe(release);
  });

  test.each([
    ['no boot protocol header', Buffer.alloc(2048), 'kernel.header'],
    ['a file cut short', kernelImage().subarray(0, 0x204), 'bytes.truncated'],
    ['no version where the header points', kernelImage('nothing'), 'kernel.version'],
  ])('%s is refused', (_, bytes, code) => {
    expect(evidenceCode(() => kernelVersion(bytes))).toBe(code);
  });
});

describe('the EFI stub', () => {
  test('measures the load options in UTF-16 with NUL, then the initrd', () => {
    const events = efiStubEvents('6.1.0', 'quiet', digestsOf(Buffer.from('initrd')));
    const utf16 = Buffer.from([0x71, 0, 0x75, 0, 0x69, 0, 0x65, 0, 0x74, 0, 0, 0]);
    expect(events.map(({ component, digests }) => [component, digests.sha256])).toEqual([
      ['command-line', digestHex('sha256', utf16)],
      ['initrd', digestHex('sha256', Buffer.from('initrd'))],
    ]);
  });

  test.each(['6.0.19', '5.19.1', '4.19.0'])('of Linux %s is not predicted', (version) => {
    expect(evidenceCode(() => efiStubEvents(version, '', digestsOf(new Uint8Array())))).toBe('kernel.unsupported');
  });
});
