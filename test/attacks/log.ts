/** Attacks 1 to 37: the framing of logs, data nested in events, and data that nothing binds. */
import * as types from '../../src/logs/tcg/event-types.ts';
import { findEvent } from '../support/forge.ts';
import { file } from '../support/ima-list-builder.ts';
import {
  agileEvent,
  GUIDS,
  signatureList,
  startupLocality,
  u16,
  u64,
  utf16,
  variable,
} from '../support/tcg-log-builder.ts';
import {
  elsewhere,
  eventAt,
  events,
  firmware,
  forged,
  inserted,
  machine,
  putU32,
  sent,
  sentAlone,
  type Caught,
  type Section,
} from './attack.ts';

const MALFORMED: Caught = { link: 'log', codes: ['log.malformed'] };
const ANOMALY: Caught = { link: 'log', codes: ['log.anomaly'] };
const CUT: Caught = { link: 'log', codes: ['log.anomaly', 'log.replay-mismatch'] };
const MISMATCH: Caught = { link: 'log', codes: ['log.replay-mismatch'] };
const DATA: Caught = { link: 'log', codes: ['log.data-mismatch'] };

const BANKS = ['sha1', 'sha256', 'sha384'] as const;
/** Spec ID event: 32 bytes before its data; there, 24 bytes before the number of algorithms. */
const SPEC_ID_DATA = 32;
const ALGORITHMS = SPEC_ID_DATA + 24;
const SPEC_ID_END = SPEC_ID_DATA + 41;

const last = (log: Buffer) => events(log).at(-1)!;
const noAction = (text: string, pcr = 0): Buffer =>
  agileEvent({ pcr, type: types.EV_NO_ACTION, data: Buffer.from(text), measured: 'zero' }, BANKS);
const lastSize = (size: number) => firmware((log) => putU32(log, last(log).dataOffset - 4, size));
const imageAt = (log: Buffer) => eventAt(log, 4, types.EV_EFI_BOOT_SERVICES_APPLICATION);
const X509 = (data: Uint8Array) => signatureList(GUIDS.x509, [Buffer.concat([GUIDS.global, data])]);

export const LOG: Section = {
  1: [
    sent(
      'a text for a log',
      firmware(() => Buffer.from('# nothing was measured\n'.repeat(10))),
      MALFORMED,
    ),
    sent(
      'an empty log',
      firmware(() => Buffer.alloc(0)),
      MALFORMED,
    ),
    sent(
      'a log of 31 bytes',
      firmware((log) => log.subarray(0, 31)),
      MALFORMED,
    ),
  ],
  2: [sent('eventSize beyond the end', lastSize(41), CUT)],
  3: [sent('eventSize of 4 GiB', lastSize(0xffffffff), CUT)],
  4: [
    sent(
      'no digest',
      firmware((log) => putU32(log, last(log).offset + 8, 0)),
      MALFORMED,
    ),
    sent(
      'more digests than banks',
      firmware((log) => putU32(log, last(log).offset + 8, 4)),
      MALFORMED,
    ),
    sent(
      '17 digests',
      firmware((log) => putU32(log, last(log).offset + 8, 17)),
      MALFORMED,
    ),
  ],
  5: [
    sent(
      'an algorithm the Spec ID event lacks',
      firmware((log) => {
        const copy = Buffer.from(log);
        copy.writeUInt16LE(0x12, last(log).offset + 12);
        return copy;
      }),
      MALFORMED,
    ),
    sent(
      'one algorithm twice',
      firmware((log) => {
        const copy = Buffer.from(log);
        const second = last(log).offset + 12 + 2 + (copy.readUInt16LE(ALGORITHMS + 4) === 4 ? 20 : 32);
        copy.writeUInt16LE(copy.readUInt16LE(ALGORITHMS + 4), second);
        return copy;
      }),
      MALFORMED,
    ),
  ],
  6: [0, 1, 65535].map((size) =>
    sent(
      `a digest size of ${size}`,
      firmware((log) => {
        const copy = Buffer.from(log);
        copy.writeUInt16LE(size, ALGORITHMS + 6);
        return copy;
      }),
      MALFORMED,
    ),
  ),
  7: [
    sent(
      'no algorithm',
      firmware((log) => putU32(log, ALGORITHMS, 0)),
      MALFORMED,
    ),
    sent(
      'an algorithm twice',
      firmware((log) => {
        const copy = Buffer.from(log);
        log.copy(copy, ALGORITHMS + 8, ALGORITHMS + 4, ALGORITHMS + 8);
        return copy;
      }),
      MALFORMED,
    ),
  ],
  8: [
    sent(
      'vendorInfoSize beyond the event',
      firmware((log) => {
        const copy = Buffer.from(log);
        copy[SPEC_ID_END - 1] = 200;
        return copy;
      }),
      'nothing',
    ),
  ],
  9: [
    sent(
      'a second Spec ID event',
      firmware((log) => inserted(log, log.length, noAction('Spec ID Event03\0'))),
      ANOMALY,
    ),
    sent(
      'no Spec ID event',
      firmware((log) => log.subarray(SPEC_ID_END)),
      MALFORMED,
    ),
  ],
  10: [
    sent(
      'a digest in the Spec ID event',
      firmware((log) => putU32(log, 8, 0xdeadbeef)),
      'nothing',
    ),
    sent(
      'a PCR in the Spec ID event',
      firmware((log) => putU32(log, 0, 7)),
      'nothing',
    ),
  ],
  11: [elsewhere('a TCG 1.2 log that begins with a startup locality', 'test/logs/tcg/parse.test.ts')],
  12: [
    sent(
      'padding of one byte, 64 times',
      firmware((log) => inserted(log, log.length, Buffer.alloc(64, 0xff))),
      'nothing',
    ),
    sent(
      'padding that hides an end',
      firmware((log) => inserted(log, log.length, Buffer.concat([Buffer.alloc(20, 0xff), Buffer.from([1])]))),
      MALFORMED,
    ),
  ],
  13: [machine('cut between two events', 'uki/log-truncated', MISMATCH)],
  14: [24, 0x32, 0xffffffff].map((pcr) =>
    sent(
      `an event of PCR ${pcr}`,
      firmware((log) => inserted(log, log.length, agileEvent({ pcr, type: 5, data: Buffer.from('x') }, BANKS))),
      ANOMALY,
    ),
  ),
  15: [0x8401, 0x10000000, 0x401].map((type) =>
    sent(
      `an image under the unknown type 0x${type.toString(16)}`,
      firmware((log) => putU32(log, imageAt(log).offset + 4, type)),
      'nothing',
    ),
  ),
  16: [
    sent(
      '66,000 events',
      firmware((log) => Buffer.concat([log, ...Array.from({ length: 66_000 }, () => noAction('x'))])),
      MALFORMED,
    ),
  ],
  17: [
    forged(
      'a signature list in db that is shorter than its header',
      'uki-secureboot/baseline',
      (host) => {
        const list = Buffer.from(X509(Buffer.alloc(40, 7)));
        list.writeUInt32LE(3, 16);
        host.events[7 - 1] = {
          pcr: 7,
          type: types.EV_EFI_VARIABLE_DRIVER_CONFIG,
          data: variable('db', GUIDS.imageSecurity, list),
        };
      },
      { link: 'secure-boot', codes: ['secure-boot.event-unexpected', 'secure-boot.state-unknown'] },
    ),
    forged(
      'signatures of no size in dbx',
      'uki-secureboot/baseline',
      (host) => {
        const list = Buffer.from(X509(Buffer.alloc(40, 7)));
        list.writeUInt32LE(0, 24);
        host.events[8 - 1] = {
          pcr: 7,
          type: types.EV_EFI_VARIABLE_DRIVER_CONFIG,
          data: variable('dbx', GUIDS.imageSecurity, list),
        };
      },
      { link: 'secure-boot', codes: ['secure-boot.event-unexpected', 'secure-boot.state-unknown'] },
    ),
  ],
  18: [
    sent(
      'a variable whose name has 2⁶³ characters',
      firmware((log) => {
        const copy = Buffer.from(log);
        copy.writeBigUInt64LE(1n << 63n, eventAt(log, 7, types.EV_EFI_VARIABLE_DRIVER_CONFIG).dataOffset + 16);
        return copy;
      }),
      DATA,
    ),
  ],
  19: [
    sent(
      'half a surrogate pair in the name of a variable',
      firmware((log) => {
        const copy = Buffer.from(log);
        copy.writeUInt16LE(0xd800, eventAt(log, 1, types.EV_EFI_VARIABLE_BOOT).dataOffset + 32);
        return copy;
      }),
      DATA,
    ),
  ],
  20: [
    sent(
      'a device path node of no length',
      firmware((log) => {
        const copy = Buffer.from(log);
        copy.writeUInt16LE(0, imageAt(log).dataOffset + 32 + 2);
        return copy;
      }),
      'nothing',
    ),
  ],
  21: [
    forged(
      'a partition table of 2⁶² entries',
      'uki/baseline',
      (host) => {
        const data = Buffer.concat([Buffer.alloc(92), u64(1n << 62n), Buffer.alloc(128)]);
        host.events.push({ pcr: 5, type: types.EV_EFI_GPT_EVENT, data });
      },
      { link: 'boot', codes: ['boot.event-unexpected'] },
    ),
    elsewhere('entries and sizes that overflow', 'test/uefi/structures.test.ts'),
  ],
  22: [elsewhere('nested measurements are not descended into', 'test/logs/tcg/event-data.test.ts')],
  23: [
    sent(
      'a tagged event whose inner size is not its own',
      firmware((log) => putU32(log, eventAt(log, 9, types.EV_EVENT_TAG).dataOffset + 4, 0xffff)),
      'nothing',
    ),
  ],
  24: [
    forged(
      'a certificate in db that does not parse',
      'uki-secureboot/baseline',
      (host) => {
        const db = host.events[7 - 1]!;
        const lists = Buffer.from(db.data).subarray(32 + 4);
        const data = variable('db', GUIDS.imageSecurity, Buffer.concat([lists, X509(Buffer.from('no certificate'))]));
        host.events[7 - 1] = { pcr: 7, type: types.EV_EFI_VARIABLE_DRIVER_CONFIG, data };
      },
      { link: 'secure-boot', codes: ['secure-boot.key-unapproved'] },
    ),
  ],
  25: [
    sent(
      'a description longer than the blob it is in',
      firmware((log) => {
        const blob = eventAt(log, 0, types.EV_EFI_PLATFORM_FIRMWARE_BLOB);
        const copy = putU32(log, blob.offset + 4, types.EV_EFI_PLATFORM_FIRMWARE_BLOB2);
        copy[blob.dataOffset] = 0xff;
        return copy;
      }),
      'nothing',
    ),
  ],
  26: [
    forged(
      'a device that measures itself with a header cut short',
      'uki/baseline',
      (host) => {
        const data = Buffer.concat([Buffer.from('SPDM Device Sec\0'), u16(2), u16(0)]);
        host.events.unshift({ pcr: 2, type: types.EV_EFI_SPDM_FIRMWARE_BLOB, data });
      },
      { link: 'firmware', status: 'unproven', codes: ['firmware.component-unknown'] },
    ),
  ],
  27: [
    forged(
      'a terminal’s escape sequences and a bidirectional override in a path',
      'uki/baseline',
      (host) => host.entries.push(file('/tmp/\u001b[2J\u001b]0;trusted\u0007\u202Egpj.exe\n')),
      { link: 'runtime', codes: ['runtime.entry-unapproved'] },
    ),
  ],
  28: [
    machine('an image relabelled as an action', 'uki/event-relabelled', DATA),
    forged(
      'the firmware’s debug mode, relabelled',
      'uki/baseline',
      (host) => {
        const data = Buffer.from('UEFI Debug Mode');
        host.events.splice(findEvent(host, 7, types.EV_SEPARATOR), 0, { pcr: 7, type: types.EV_EVENT_TAG, data });
      },
      { link: 'firmware', codes: ['firmware.debug-mode'] },
    ),
    forged(
      'an authority that admitted a driver, relabelled as a variable',
      'uki-secureboot/baseline',
      (host) => {
        const data = variable('Option', GUIDS.imageSecurity, Buffer.concat([GUIDS.global, Buffer.alloc(300, 1)]));
        host.events.splice(findEvent(host, 7, types.EV_SEPARATOR), 0, {
          pcr: 7,
          type: types.EV_EFI_VARIABLE_DRIVER_CONFIG,
          data,
        });
      },
      { link: 'secure-boot', codes: ['secure-boot.event-unexpected'] },
    ),
  ],
  29: [
    sent(
      'an image renamed EV_UNUSED, and an approved one appended',
      firmware((log) => {
        const image = imageAt(log);
        const renamed = putU32(log, image.offset + 4, 0x02);
        return inserted(renamed, log.length, log.subarray(image.offset, image.offset + image.length));
      }),
      MISMATCH,
    ),
  ],
  30: [
    sent(
      'another device path beside an image',
      firmware((log) => {
        const copy = Buffer.from(log);
        utf16('\\EFI\\').copy(copy, imageAt(log).dataOffset + 60);
        return copy;
      }),
      'nothing',
    ),
    sent(
      'another file name beside a file that GRUB read',
      firmware((log) => {
        const copy = Buffer.from(log);
        copy.write('/other', eventAt(log, 9, types.EV_IPL).dataOffset, 'latin1');
        return copy;
      }),
      'nothing',
      'shim-grub/baseline',
    ),
    sent(
      'another name beside the MOK list',
      firmware((log) => {
        const copy = Buffer.from(log);
        copy.write('Nothing', eventAt(log, 14, types.EV_IPL).dataOffset, 'latin1');
        return copy;
      }),
      'nothing',
      'shim-grub/baseline',
    ),
  ],
  31: [machine('the value of a variable turned round', 'uki/event-edited', DATA)],
  32: [
    sent(
      'EV_NO_ACTION with a digest',
      firmware((log) =>
        inserted(log, log.length, agileEvent({ pcr: 4, type: types.EV_NO_ACTION, data: Buffer.from('kernel') }, BANKS)),
      ),
      'nothing',
    ),
    sent(
      'a startup locality at the end',
      firmware((log) => inserted(log, log.length, agileEvent(startupLocality(0), BANKS))),
      ANOMALY,
    ),
    sent(
      'two startup localities',
      firmware((log) =>
        inserted(
          log,
          SPEC_ID_END,
          Buffer.concat([agileEvent(startupLocality(0), BANKS), agileEvent(startupLocality(0), BANKS)]),
        ),
      ),
      ANOMALY,
    ),
    sent(
      'startup locality 7',
      firmware((log) => inserted(log, SPEC_ID_END, agileEvent(startupLocality(7), BANKS))),
      ANOMALY,
    ),
    sent(
      'an H-CRTM behind the startup locality 3',
      firmware((log) =>
        inserted(
          log,
          SPEC_ID_END,
          Buffer.concat([
            agileEvent(startupLocality(3), BANKS),
            agileEvent({ pcr: 0, type: types.EV_EFI_HCRTM_EVENT, data: Buffer.from('HCRTM') }, BANKS),
          ]),
        ),
      ),
      CUT,
    ),
  ],
  33: [
    sent(
      'a start value of PCR 0 of the host’s choice',
      firmware((log) => inserted(log, SPEC_ID_END, agileEvent(startupLocality(3), BANKS))),
      MISMATCH,
    ),
  ],
  34: [
    sentAlone(
      'another bank’s digest is of other data',
      firmware((log) => {
        const copy = Buffer.from(log);
        const { sha384 } = eventAt(log, 7, types.EV_EFI_VARIABLE_DRIVER_CONFIG).digests;
        copy[sha384!.byteOffset - log.byteOffset]! ^= 1;
        return copy;
      }),
      { link: 'log', codes: ['log.bank-disagreement'] },
    ),
  ],
  35: [
    sentAlone(
      'a digest of a bank that is not quoted',
      firmware((log) => putU32(log, imageAt(log).offset + 14, 0)),
      'nothing',
    ),
  ],
  36: [
    sent(
      'a reference to a manifest of the host’s own',
      firmware((log) => inserted(log, log.length, noAction('SP800-155 Event3\0https://host.example/good.rim'))),
      'nothing',
    ),
  ],
  37: [
    forged(
      'bytes behind an authority that is not shim’s',
      'uki-secureboot/baseline',
      (host) => {
        const data = Buffer.concat([variable('Other', GUIDS.global, Buffer.alloc(32, 1)), Buffer.alloc(6)]);
        host.events.push({ pcr: 7, type: types.EV_EFI_VARIABLE_AUTHORITY, data, measured: data.subarray(0, -1) });
      },
      DATA,
    ),
    elsewhere('the quirk applies to shim’s alone', 'test/logs/tcg/event-data.test.ts'),
  ],
};
