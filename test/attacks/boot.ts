/** Attacks 38 to 50, and those of 101 to 111 on the boot and the running system. */
import * as types from '../../src/logs/tcg/event-types.ts';
import { findEvent, type ForgedHost } from '../support/forge.ts';
import { celLog, type RecordSpec } from '../support/cel-builder.ts';
import { binaryList, buffer, file } from '../support/ima-list-builder.ts';
import { GUIDS, utf16, u32, variable, type EventSpec } from '../support/tcg-log-builder.ts';
import { inputOf } from '../support/fixtures.ts';
import {
  elsewhere,
  forged,
  forgedFrom,
  forgedThenSent,
  ima,
  machine,
  sent,
  systemd,
  type Caught,
  type Section,
} from './attack.ts';

const MISMATCH: Caught = { link: 'log', codes: ['log.replay-mismatch'] };
const DATA: Caught = { link: 'log', codes: ['log.data-mismatch'] };
const FOREIGN: Caught = { link: 'boot', codes: ['boot.image-unapproved'] };

const action = (pcr: number, text: string): EventSpec => ({ pcr, type: types.EV_EFI_ACTION, data: Buffer.from(text) });
const foreignImage: EventSpec = {
  pcr: 4,
  type: types.EV_EFI_BOOT_SERVICES_APPLICATION,
  data: Buffer.alloc(64),
  measured: Buffer.from('a program nobody approved'),
};
/** Puts an event before the separator of PCR 7. */
const inPcr7 = (event: EventSpec) => (host: ForgedHost) => {
  host.events.splice(findEvent(host, 7, types.EV_SEPARATOR), 0, event);
};
const secureBootVariable = (name: string, guid: Uint8Array, data: Uint8Array): EventSpec => ({
  pcr: 7,
  type: types.EV_EFI_VARIABLE_DRIVER_CONFIG,
  data: variable(name, guid, data),
});
/** Replaces an event of PCR 7, which begins with SecureBoot, PK, KEK, db and dbx. */
const replaced = (nth: number, event: EventSpec) => (host: ForgedHost) => {
  host.events[findEvent(host, 7, types.EV_EFI_VARIABLE_DRIVER_CONFIG, nth)] = event;
};
const without = (pcr: number, type: number) => (host: ForgedHost) => {
  host.events.splice(findEvent(host, pcr, type), 1);
};

/** A host whose systemd measures the phases of its boot; it is trusted with them. */
const phases = (host: ForgedHost): void => {
  host.records = ['enter-initrd', 'leave-initrd', 'sysinit', 'ready'].map((text) => ({ text }));
};
/** A host whose systemd also closes what came before it. */
const closed = (host: ForgedHost): void => {
  const separators = [0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14].map((pcr): RecordSpec => ({
    pcr,
    eventType: 'os-separator',
    text: 'os-separator',
  }));
  phases(host);
  host.records.unshift(...separators);
};
const more =
  (...records: readonly RecordSpec[]) =>
  (host: ForgedHost): void => {
    host.records.push(...records);
  };
const PHASE: Caught = { link: 'boot', codes: ['boot.phase-unapproved'] };
const afterPhases = (name: string, change: (host: ForgedHost) => void, caught: Caught) =>
  forgedFrom(name, 'uki/baseline', phases, change, caught);
const sentPhases = (name: string, attack: ReturnType<typeof systemd>, caught: Caught) =>
  forgedThenSent(name, 'uki/baseline', phases, attack, caught);
const withoutSystemdLog: ReturnType<typeof systemd> = ({ evidence, ...input }) => {
  const { systemdLog: _, ...rest } = evidence;
  return { ...input, evidence: rest };
};

export const BOOT: Section = {
  38: [
    forged('PCR 2 without a separator', 'uki/baseline', without(2, types.EV_SEPARATOR), {
      link: 'log',
      codes: ['log.separator-missing'],
    }),
    forged(
      'a separator twice',
      'uki/baseline',
      (host) => host.events.push({ pcr: 4, type: types.EV_SEPARATOR, data: u32(0) }),
      { link: 'log', codes: ['log.separator-missing'] },
    ),
    forged(
      'a separator under another type',
      'uki/baseline',
      (host) => host.events.push({ pcr: 3, type: types.EV_EVENT_TAG, data: u32(0) }),
      { link: 'log', codes: ['log.separator-missing'] },
    ),
    forged(
      'a separator of another value',
      'uki/baseline',
      (host) => {
        host.events[findEvent(host, 4, types.EV_SEPARATOR)] = { pcr: 4, type: types.EV_SEPARATOR, data: u32(2) };
      },
      { link: 'log', codes: ['log.separator-missing'] },
    ),
    forged(
      'a separator that states an error',
      'uki/baseline',
      (host) => {
        host.events[findEvent(host, 4, types.EV_SEPARATOR)] = { pcr: 4, type: types.EV_SEPARATOR, data: u32(1) };
      },
      { link: 'boot', codes: ['boot.event-unexpected'] },
    ),
  ],
  39: [
    forged(
      'Secure Boot’s variable once more, behind the separator',
      'uki-secureboot/baseline',
      (host) => host.events.push(secureBootVariable('SecureBoot', GUIDS.global, Buffer.from([1]))),
      { link: 'secure-boot', codes: ['secure-boot.event-unexpected'] },
    ),
    forged(
      'an action behind the separator that the profile does not know',
      'uki-secureboot/baseline',
      (host) => host.events.push(action(7, 'Secure Boot is on, trust me')),
      { link: 'secure-boot', codes: ['secure-boot.event-unexpected'] },
    ),
  ],
  40: [
    forged('Secure Boot on, and no authority', 'uki-secureboot/baseline', without(7, types.EV_EFI_VARIABLE_AUTHORITY), {
      link: 'secure-boot',
      codes: ['secure-boot.authority-missing'],
    }),
    forged(
      'the variable SecureBoot is empty',
      'uki-secureboot/baseline',
      replaced(0, secureBootVariable('SecureBoot', GUIDS.global, Buffer.alloc(0))),
      { link: 'secure-boot', status: 'unproven', codes: ['secure-boot.state-unknown'] },
    ),
    forged(
      'no platform key',
      'uki-secureboot/baseline',
      replaced(1, secureBootVariable('PK', GUIDS.global, Buffer.alloc(0))),
      { link: 'secure-boot', codes: ['secure-boot.setup-mode'] },
    ),
    forged(
      'an empty list of forbidden signatures',
      'uki-secureboot/baseline',
      replaced(4, secureBootVariable('dbx', GUIDS.imageSecurity, Buffer.alloc(0))),
      { link: 'secure-boot', codes: ['secure-boot.dbx-incomplete'] },
    ),
  ],
  41: [
    forged('the firmware’s debug mode', 'uki/baseline', inPcr7(action(7, 'UEFI Debug Mode')), {
      link: 'firmware',
      codes: ['firmware.debug-mode'],
    }),
    forged('the firmware’s debug mode, with a terminator', 'uki/baseline', inPcr7(action(7, 'UEFI Debug Mode\0')), {
      link: 'firmware',
      codes: ['firmware.debug-mode'],
    }),
    forged('DMA protection off', 'uki/baseline', inPcr7(action(7, 'DMA Protection Disabled')), {
      link: 'firmware',
      codes: ['firmware.dma-protection-disabled'],
    }),
    forged(
      'audit mode',
      'uki-secureboot/baseline',
      inPcr7(secureBootVariable('AuditMode', GUIDS.global, Buffer.from([1]))),
      { link: 'secure-boot', codes: ['secure-boot.mode-conflict'] },
    ),
    forged(
      'setup mode beside Secure Boot and a platform key',
      'uki-secureboot/baseline',
      inPcr7(secureBootVariable('SetupMode', GUIDS.global, Buffer.from([1]))),
      { link: 'secure-boot', codes: ['secure-boot.mode-conflict'] },
    ),
    machine('setup mode', 'uki-secureboot/setup-mode', {
      link: 'secure-boot',
      codes: ['secure-boot.authority-missing', 'secure-boot.disabled', 'secure-boot.setup-mode'],
    }),
  ],
  42: [
    forged(
      'MokSBState: shim verifies nothing',
      'shim-grub/baseline',
      // The content is that of MokListTrusted, which is approved: an approved digest twice is not approved.
      (host) =>
        host.events.push({
          pcr: 14,
          type: types.EV_IPL,
          data: Buffer.from('MokSBState\0'),
          measured: Buffer.from([1]),
        }),
      { link: 'secure-boot', codes: ['secure-boot.mok-unapproved'] },
    ),
    forged(
      'a machine owner’s key',
      'shim-grub/baseline',
      (host) => {
        const at = findEvent(host, 14, types.EV_IPL);
        host.events[at] = {
          pcr: 14,
          type: types.EV_IPL,
          data: Buffer.from('MokList\0'),
          measured: Buffer.from('a key'),
        };
      },
      { link: 'secure-boot', codes: ['secure-boot.mok-unapproved'] },
    ),
    forged(
      'an authority of shim’s that is nobody’s',
      'shim-grub/baseline',
      (host) => {
        const data = variable('MokList', GUIDS.shim, Buffer.concat([GUIDS.global, Buffer.from([0x30, 0x82, 0, 1, 0])]));
        host.events.push({ pcr: 7, type: types.EV_EFI_VARIABLE_AUTHORITY, data });
      },
      { link: 'secure-boot', codes: ['secure-boot.authority-unapproved'] },
    ),
  ],
  43: [
    forged(
      'a program before the first boot option',
      'uki/baseline',
      (host) => host.events.unshift(foreignImage),
      FOREIGN,
    ),
  ],
  44: [
    forged(
      'a boot attempt that failed, of a program nobody approved',
      'uki/baseline',
      (host) => {
        const calling = findEvent(host, 4, types.EV_EFI_ACTION);
        const attempt = [foreignImage, action(4, 'Returning from EFI Application from Boot Option')];
        host.events.splice(calling + 1, 0, ...attempt, host.events[calling]!);
      },
      FOREIGN,
    ),
  ],
  45: [
    forged(
      'boot services that did not end',
      'uki/baseline',
      (host) => {
        host.events[findEvent(host, 5, types.EV_EFI_ACTION, 1)] = action(5, 'Exit Boot Services Returned with Failure');
      },
      { link: 'boot', codes: ['boot.event-unexpected'] },
    ),
  ],
  46: [
    machine('an image signed by another enrolled key', 'uki-secureboot/other-signer', {
      link: 'secure-boot',
      codes: ['secure-boot.authority-missing', 'secure-boot.authority-unapproved', 'secure-boot.key-unapproved'],
    }),
  ],
  47: [elsewhere('PCRs of a dynamic launch', 'test/logs/replay.test.ts')],
  48: [
    sentPhases(
      'a log that goes on from before a hibernation, in which the TPM was reset',
      systemd((log) => Buffer.concat([celLog([{ text: 'enter-initrd' }, { text: 'leave-initrd' }]), log])),
      MISMATCH,
    ),
    sent(
      'the runtime list of another boot',
      ima(() => Buffer.from(inputOf('uki-secureboot/baseline').evidence.imaLog!.bytes!)),
      { link: 'log', codes: ['log.replay-mismatch'] },
    ),
    forged(
      'a runtime list that starts from another boot’s firmware',
      'uki/baseline',
      (host) => host.afterBoot.push({ pcr: 1, type: types.EV_EVENT_TAG, data: Buffer.alloc(8) }),
      { link: 'runtime', codes: ['runtime.boot-aggregate'] },
    ),
  ],
  49: [
    afterPhases('a phase nobody approved', more({ text: 'maintenance' }), PHASE),
    afterPhases('a phase twice', more({ text: 'ready' }), PHASE),
    afterPhases(
      'another start without a reset',
      more({ text: 'shutdown' }, { text: 'final' }, { text: 'sysinit' }),
      PHASE,
    ),
    forged(
      'phases in another order',
      'uki/baseline',
      (host) => {
        host.records = [{ text: 'ready' }, { text: 'sysinit' }];
      },
      PHASE,
    ),
    afterPhases(
      'an approved section once more, by root',
      (host) => {
        const { digests, data } = host.events[findEvent(host, 11, types.EV_IPL)]!;
        host.afterBoot.push({ pcr: 11, type: types.EV_IPL, data, digests: digests! });
      },
      { link: 'boot', codes: ['boot.order'] },
    ),
    afterPhases('a text of another event type', more({ text: 'file-system:/', eventType: 'filesystem' }), PHASE),
    afterPhases(
      'a measurement nobody can read',
      more({ text: 'x', eventType: null, measured: Buffer.alloc(9) }),
      PHASE,
    ),
    afterPhases('a command line extended by the running system', more({ pcr: 12, text: 'init=/bin/sh' }), {
      link: 'boot',
      codes: ['boot.override-present'],
    }),
    afterPhases('a file read by nobody’s boot loader', more({ pcr: 9, text: '/vmlinuz' }), {
      link: 'boot',
      codes: ['boot.loader-file-unapproved'],
    }),
    afterPhases(
      'an NV index that serves as a PCR',
      more({ pcr: 9, eventType: 'nvpcr-init', text: 'nvpcr-init:verity:0x1d10202:000b00' }),
      { link: 'boot', codes: ['boot.nvpcr-unapproved'] },
    ),
    afterPhases(
      'what makes up the machine, in PCR 15',
      more({ pcr: 15, eventType: 'machine-id', text: 'machine-id:00112233445566778899aabbccddeeff' }),
      { link: 'runtime', codes: ['runtime.pcr-unexpected'] },
    ),
    forgedFrom(
      'a program behind systemd’s separator',
      'uki/baseline',
      closed,
      more({ pcr: 4, text: 'a program' }),
      FOREIGN,
    ),
    forgedFrom('systemd’s separator twice', 'uki/baseline', closed, more({ pcr: 4, text: 'os-separator' }), FOREIGN),
    forgedFrom(
      'a firmware component behind systemd’s separator',
      'uki/baseline',
      closed,
      more({ pcr: 0, text: 'a component', eventType: null }),
      { link: 'firmware', status: 'unproven', codes: ['firmware.component-unknown'] },
    ),
    forgedFrom(
      'the firmware’s separator once more, in systemd’s log',
      'uki/baseline',
      closed,
      more({ pcr: 4, text: '', eventType: null, measured: u32(0) }),
      { link: 'log', codes: ['log.separator-missing'] },
    ),
    sentPhases('systemd’s log left out', withoutSystemdLog, MISMATCH),
    sentPhases(
      'systemd’s log without its last record, then with one that was never extended',
      systemd((log) => Buffer.concat([log.subarray(0, log.lastIndexOf(0x1e)), celLog([{ text: 'shutdown' }])])),
      MISMATCH,
    ),
    sentPhases(
      'a record put in between, of a PCR that lacks it',
      systemd((log) => Buffer.concat([celLog([{ pcr: 15, text: 'machine-id:0' }]), log])),
      { link: 'log', codes: ['log.anomaly'] },
    ),
    sentPhases(
      'another phase beside the digest of one',
      systemd((log) => Buffer.from(log.toString().replace('"string":"ready"', '"string":"reset"'))),
      DATA,
    ),
    sentPhases(
      'a digest of another bank that is of something else',
      systemd((log) => Buffer.from(log.toString().replace('"sha384","digest":"6', '"sha384","digest":"7'))),
      { link: 'log', codes: ['log.bank-disagreement'] },
    ),
    sentPhases(
      'a log that ends within its last record',
      systemd((log) => log.subarray(0, -1)),
      { link: 'log', codes: ['log.anomaly', 'log.replay-mismatch'] },
    ),
    sentPhases(
      'a log that is none',
      systemd(() => Buffer.from('{}')),
      { link: 'log', codes: ['log.malformed', 'log.replay-mismatch'] },
    ),
    machine('PCR 11 extended on the running host', 'uki/pcr11-extended', MISMATCH),
    machine('PCR 12 extended on the running host', 'uki/pcr12-extended', {
      link: 'log',
      codes: ['log.pcr-unexplained'],
    }),
    machine('PCR 7 extended on the running host', 'uki/pcr7-extended', MISMATCH),
  ],
  50: [
    afterPhases(
      'IMA measures into PCR 11 too: all of it is known, and none of it approved',
      (host) => {
        host.entries.push(file('/usr/bin/measured', { pcr: 11 }));
      },
      PHASE,
    ),
    forgedThenSent(
      'an entry said to be of another PCR, and extended into none',
      'uki/baseline',
      phases,
      ima((list) => Buffer.concat([binaryList([file('/usr/bin/unseen', { pcr: 15 })]), list])),
      { link: 'log', codes: ['log.anomaly'] },
    ),
    forged(
      'runtime measurements in another PCR, and only in the list',
      'uki/baseline',
      (host) => {
        const entry = file('/usr/bin/unseen', { pcr: 11 });
        host.entries.push(entry);
        host.values.set(11, Buffer.alloc(32, 1));
      },
      MISMATCH,
    ),
  ],
  101: [
    forged(
      'a command line from outside the image, with the same image in PCR 4',
      'uki/baseline',
      (host) => host.events.push({ pcr: 12, type: types.EV_IPL, data: utf16('init=/bin/sh\0') }),
      { link: 'boot', codes: ['boot.override-present'] },
    ),
    forged(
      'another kernel command line given by GRUB, with the same programs in PCR 4',
      'shim-grub/baseline',
      (host) => {
        const line = host.events.findIndex(({ data }) =>
          Buffer.from(data).toString('latin1').startsWith('kernel_cmdline: '),
        );
        host.events[line] = {
          pcr: 8,
          type: types.EV_IPL,
          data: Buffer.from('kernel_cmdline: /vmlinuz init=/bin/sh\0'),
          measured: Buffer.from('/vmlinuz init=/bin/sh'),
        };
      },
      { link: 'boot', codes: ['boot.command-line-unapproved'] },
    ),
  ],
  103: [machine('a foreign loader extends the image’s own digests', 'uki/foreign-loader', FOREIGN)],
  110: [
    machine('a program run from tmpfs', 'uki/program-from-tmpfs', {
      link: 'runtime',
      codes: ['runtime.entry-unapproved'],
    }),
    machine('kexec', 'shim-grub/kexec-joined-list', {
      link: 'runtime',
      codes: ['runtime.entry-unapproved', 'runtime.kexec-unapproved'],
    }),
    machine('kexec, with the first kernel’s list left out', 'shim-grub/kexec-new-list', MISMATCH),
    forged(
      'another measurement policy, loaded later',
      'uki/baseline',
      (host) => host.entries.push(file('/tmp/ima-policy')),
      { link: 'runtime', codes: ['runtime.entry-unapproved'] },
    ),
    forged(
      'no measurement policy of the image’s own',
      'uki/baseline',
      (host) => {
        host.entries = host.entries.filter(({ fields }) => !Buffer.from(fields[1]!).toString().includes('ima-policy'));
      },
      { link: 'runtime', status: 'unproven', codes: ['runtime.measurement-policy-unknown'] },
    ),
    forged(
      'another kernel’s command line, measured by IMA',
      'uki/baseline',
      (host) => host.entries.push(buffer('kexec-cmdline', Buffer.from('init=/bin/sh'))),
      { link: 'runtime', codes: ['runtime.kexec-unapproved'] },
    ),
    forged(
      'a file that somebody wrote to while it was measured, under another name',
      'uki/baseline',
      (host) => host.entries.push(file('/var/log/harmless', { violation: true })),
      { link: 'runtime', codes: ['runtime.entry-violation'] },
    ),
    forged(
      'an entry under a template that nobody knows',
      'uki/baseline',
      (host) => host.entries.push(file('/tmp/hidden', { template: 'ima-new' })),
      { link: 'runtime', codes: ['runtime.entry-unreadable'] },
    ),
  ],
  111: [
    forged(
      'root extends the approved image once more',
      'uki/baseline',
      (host) => host.afterBoot.push(host.events[findEvent(host, 4, types.EV_EFI_BOOT_SERVICES_APPLICATION)]!),
      { link: 'boot', codes: ['boot.order'] },
    ),
    forged(
      'root measures an approved SecureBoot variable into PCR 7',
      'uki-secureboot/baseline',
      (host) => host.afterBoot.push(host.events[findEvent(host, 7, types.EV_EFI_VARIABLE_DRIVER_CONFIG)]!),
      { link: 'secure-boot', codes: ['secure-boot.event-unexpected'] },
    ),
    forged(
      'root measures an approved section into PCR 13',
      'uki/baseline',
      (host) => host.afterBoot.push({ ...host.events[findEvent(host, 11, types.EV_IPL)]!, pcr: 13 }),
      { link: 'boot', codes: ['boot.override-present'] },
    ),
    forged(
      'root extends PCR 15',
      'uki/baseline',
      (host) => host.afterBoot.push({ pcr: 15, type: types.EV_EVENT_TAG, data: Buffer.alloc(8) }),
      { link: 'runtime', codes: ['runtime.pcr-unexpected'] },
    ),
  ],
};
