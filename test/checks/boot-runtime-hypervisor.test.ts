/** Checks of links 6 to 8, each asked with facts from literals. */
import { describe, expect, test } from 'vitest';
import type { Difference, ImageMatch } from '../../src/checks/image-match.ts';
import {
  action,
  answer,
  ask,
  errorSeparator,
  event,
  fact,
  hex,
  imaFact,
  manifest,
  pcr,
  separator,
} from '../support/facts.ts';
import { buffer, file, type EntrySpec } from '../support/ima-list-builder.ts';

describe('differences between boot and image', () => {
  const expected = (component: string) => ({ component, what: component, digests: { sha256: hex(component) } });
  const difference = (pcrIndex: number, change: Partial<Difference> = {}): Difference => ({
    pcr: pcrIndex,
    expected: null,
    observed: event(pcrIndex, 'x'),
    orderOnly: false,
    ...change,
  });
  const rows = [
    ['boot.images-approved', difference(4), 'boot.image-unapproved'],
    ['boot.initrd-approved', difference(9, { expected: expected('initrd') }), 'boot.initrd-unapproved'],
    [
      'boot.command-line-approved',
      difference(11, { expected: expected('command-line') }),
      'boot.command-line-unapproved',
    ],
    ['boot.loader-approved', difference(8), 'boot.loader-command-unapproved'],
    ['boot.loader-approved', difference(9), 'boot.loader-file-unapproved'],
    ['boot.sections-approved', difference(11), 'boot.section-unapproved'],
    ['boot.overrides-absent', difference(12), 'boot.override-present'],
    ['boot.overrides-absent', difference(13), 'boot.override-present'],
    ['boot.mok-approved', difference(14), 'boot.mok-unapproved'],
    ['boot.order-approved', difference(4, { orderOnly: true, expected: expected('initrd') }), 'boot.order'],
    ['boot.order-approved', difference(11, { observed: null, expected: expected('kernel') }), 'boot.event-missing'],
  ] as const;
  const checks = [...new Set(rows.map(([id]) => id))];
  const image = (...differences: readonly Difference[]): Partial<ImageMatch> => ({ manifest: manifest(), differences });

  test.each(rows)('%s: one of its own', (id, one, code) => {
    expect(answer(ask(id, { image: image(one) }))).toBe(`no: ${code}`);
    // Every difference is exactly one check's.
    const others = checks.filter((other) => other !== id).map((other) => ask(other, { image: image(one) }).answer);
    expect(others).toEqual(others.map(() => 'yes'));
  });

  test.each(checks)('%s: none, and no image', (id) => {
    expect(answer(ask(id, { image: image() }))).toBe('yes');
    expect(answer(ask(id))).toBe('unknown: boot.manifest-missing');
  });

  test('a finding says what was expected and what text was measured', () => {
    const observed = event(12, 'x', { kind: 'text', role: 'stub-command-line', text: 'init=/bin/sh' });
    const [finding] = ask('boot.overrides-absent', { image: image(difference(12, { observed })) }).findings;
    expect(finding).toMatchObject({ expected: 'nothing more (image 1)', observed: `${hex('x')} "init=/bin/sh"` });
    const [missing] = ask('boot.order-approved', {
      image: image(difference(4, { observed: null, expected: expected('kernel') })),
    }).findings;
    expect(missing).toMatchObject({ component: 'kernel', observed: 'nothing', at: { part: 'log.firmware', pcr: 4 } });
  });

  test('a finding says in the place of what something stands, by digests where there is no text', () => {
    const [other] = ask('boot.sections-approved', {
      image: image(difference(11, { expected: expected('kernel') })),
    }).findings;
    expect(other).toMatchObject({ expected: `kernel ${hex('kernel')} (image 1)`, observed: hex('x') });
  });
});

describe('events of PCR 4 and 5', () => {
  const OPEN = { gpt: { open: 'disks differ from host to host' } };
  const gpt = event(5, 'g', { kind: 'gpt' });
  test.each([
    [
      'programs, known actions and separators',
      [
        event(4, 'uki'),
        event(4, 's', separator),
        event(4, 'a', action('Calling EFI Application from Boot Option')),
        event(5, 'b', action('Exit Boot Services Invocation')),
      ],
      {},
      'yes',
    ],
    ['an unknown action in PCR 4', [event(4, 'a', action('Booting BCV Device'))], {}, 'no: boot.event-unexpected'],
    [
      'an action of PCR 5 in PCR 4',
      [event(4, 'a', action('Exit Boot Services Invocation'))],
      {},
      'no: boot.event-unexpected',
    ],
    [
      'a failure in PCR 5',
      [event(5, 'a', action('Exit Boot Services Returned with Failure'))],
      {},
      'no: boot.event-unexpected',
    ],
    ['an error separator', [event(5, 'e', errorSeparator)], {}, 'no: boot.event-unexpected'],
    ['something without a meaning in PCR 5', [event(5, 'x')], {}, 'no: boot.event-unexpected'],
    ['a partition table', [gpt], {}, 'no: boot.event-unexpected'],
    ['a partition table, declared open', [gpt], OPEN, 'yes'],
    ['something without a meaning beside tables declared open', [event(5, 'x')], OPEN, 'no: boot.event-unexpected'],
  ])('%s', (_, facts, parameters, expected) =>
    expect(answer(ask('boot.events-known', { facts, parameters }))).toBe(expected),
  );

  test('a finding shows the text of an action, and the digest of anything else', () => {
    const facts = [event(5, 'a', action('Other')), gpt];
    const { findings, notes } = ask('boot.events-known', { facts });
    expect(findings.map(({ observed }) => observed)).toEqual([`${hex('a')} "Other"`, hex('g')]);
    expect(notes).toEqual([]);
  });

  test('open tables are a note with the reason', () => {
    expect(ask('boot.events-known', { parameters: OPEN }).notes).toEqual([
      'partition tables open: disks differ from host to host',
    ]);
  });
});

describe('boot_aggregate', () => {
  const aggregate = (result: 'match' | 'mismatch' | 'all-zero' | 'unknown', subject = '0') =>
    fact('ima.boot-aggregate', { result, expected: 'e', observed: 'o' }, subject, {
      part: 'log.ima',
      pcr: 10,
      index: 0,
    });
  const list = [file('boot_aggregate')];
  test.each([
    ['match', 'yes'],
    ['mismatch', 'no: runtime.boot-aggregate'],
    ['all-zero', 'unknown: runtime.boot-aggregate'],
    ['unknown', 'unknown: runtime.boot-aggregate'],
  ] as const)('%s', (result, expected) => {
    expect(answer(ask('runtime.boot-aggregate', { facts: [aggregate(result)], list }))).toBe(expected);
  });

  test('another entry than the first is none', () => {
    expect(answer(ask('runtime.boot-aggregate', { facts: [aggregate('match', '1')], list }))).toBe(
      'no: runtime.boot-aggregate',
    );
  });

  test('no list, or an empty one', () => {
    expect(answer(ask('runtime.boot-aggregate'))).toBe('unknown: runtime.list-missing');
    expect(answer(ask('runtime.boot-aggregate', { facts: [imaFact(0)] }))).toBe('unknown: runtime.list-missing');
  });
});

describe('the runtime list', () => {
  const list = [file('boot_aggregate')];
  test('is proved, counted, and what waits is said', () => {
    expect(answer(ask('runtime.list-proved', { list }))).toBe('yes');
    expect(answer(ask('runtime.list-proved'))).toBe('unknown: runtime.list-missing');
    expect(answer(ask('runtime.list-proved', { list: [] }))).toBe('unknown: runtime.list-missing');
    expect(ask('runtime.list-proved', { list, ima: imaFact(1, 'native', 2) }).notes).toEqual([
      '1 entries judged',
      '2 entries came after the quote and wait for the next one',
    ]);
  });

  test('in a bank of padded SHA-1 digests proves no more than SHA-1', () => {
    expect(answer(ask('runtime.list-proved', { list, ima: imaFact(1, 'padded') }))).toBe(
      'unknown: runtime.bank-padded',
    );
  });
});

const QEMU = { path: '/usr/bin/qemu-system-x86_64', sha256: hex('qemu'), size: 1, component: 'qemu' } as const;
const KVM = { path: '/lib/kvm.ko', sha256: hex('kvm'), size: 1, component: 'kvm-module' } as const;
const SWTPM = { path: '/usr/bin/swtpm', sha256: hex('swtpm'), size: 1, component: 'swtpm' } as const;
const OVMF = { path: '/usr/share/OVMF.fd', sha256: hex('ovmf'), size: 1, component: 'guest-firmware' } as const;
const RULES = { path: '/etc/ima/ima-policy', sha256: hex('policy'), size: 1, component: 'ima-policy' } as const;
const IMAGE = manifest({ files: [QEMU, KVM, SWTPM, OVMF, RULES] });

const aggregate = file('boot_aggregate');
const measured = (path: string, name: string, more: object = {}): EntrySpec =>
  file(path, { digest: Buffer.from(hex(name), 'hex'), ...more });
const on = (id: string, entries: readonly EntrySpec[], image: Partial<ImageMatch> = {}, parameters = {}) =>
  answer(ask(id, { list: [aggregate, ...entries], image: { manifest: IMAGE, ...image }, parameters }));

describe('entries', () => {
  const violation = measured('/var/log/x', 'x', { violation: true });
  const open = { violations: { open: 'logs are written all the time' } };
  test.each([
    ['of the image', [measured(QEMU.path, 'qemu')], {}, 'yes'],
    ['of no image', [measured('/tmp/x', 'x')], {}, 'no: runtime.entry-unapproved'],
    [
      'of another algorithm',
      [file('/x', { algorithm: 'sha1', digest: Buffer.alloc(20, 1) })],
      {},
      'unknown: runtime.entry-unproven',
    ],
    [
      'of no image, beside one of another algorithm',
      [measured('/tmp/x', 'x'), file('/x', { algorithm: 'sha1', digest: Buffer.alloc(20, 1) })],
      {},
      'no: runtime.entry-unapproved, runtime.entry-unproven',
    ],
    ['that do not read', [file('/x', { template: 'ima-x' })], {}, 'no: runtime.entry-unreadable'],
    ['that are violations', [violation], {}, 'no: runtime.entry-violation'],
    ['that are violations, declared open', [violation], open, 'yes'],
    [
      'that are violations on a file of the image',
      [measured('/x/swtpm', 'swtpm', { violation: true })],
      open,
      'no: runtime.entry-violation',
    ],
  ])('%s', (_, entries, parameters, expected) =>
    expect(on('runtime.entries-allowed', entries, {}, parameters)).toBe(expected),
  );
});

const SCANNED = [
  'runtime.entries-allowed',
  'runtime.kexec-protected',
  'runtime.measurement-policy',
  'hypervisor.kvm',
  'hypervisor.qemu',
  'hypervisor.swtpm',
  'hypervisor.guest-firmware',
];
test.each(SCANNED)('%s says nothing without a list, with an empty one, or without an image', (id) => {
  expect(answer(ask(id, { image: { manifest: IMAGE } }))).toBe('unknown: runtime.list-missing');
  expect(answer(ask(id, { image: { manifest: IMAGE }, list: [] }))).toBe('unknown: runtime.list-missing');
  expect(answer(ask(id, { list: [aggregate] }))).toBe('unknown: runtime.list-missing');
});

describe('kexec', () => {
  const disabled = 'sysctl.kernel.kexec_load_disabled=1';
  const rules = measured(RULES.path, 'policy');
  const measures = { ...IMAGE, measuresKexec: true };
  test.each([
    ['refused', [], { commandLine: disabled }, 'yes'],
    ['refused, and it happened', [aggregate], { commandLine: disabled }, 'no: runtime.kexec-unapproved'],
    [
      'measured',
      [buffer('kexec-cmdline', Buffer.from('x'))],
      { commandLine: disabled },
      'no: runtime.kexec-unapproved',
    ],
    ['allowed', [], { commandLine: 'quiet' }, 'no: runtime.kexec-unprotected'],
    ['measured by rules that were loaded', [rules], { commandLine: 'lockdown=integrity', manifest: measures }, 'yes'],
    [
      'measured only where the kernel comes from a file',
      [rules],
      { commandLine: 'module.sig_enforce=1', manifest: measures },
      'no: runtime.kexec-unprotected',
    ],
    [
      'measured by rules that were not loaded',
      [],
      { commandLine: 'quiet', manifest: measures },
      'no: runtime.kexec-unprotected',
    ],
    ['not measured by the rules that were loaded', [rules], { commandLine: 'quiet' }, 'no: runtime.kexec-unprotected'],
    ['not known', [], { commandLine: null }, 'unknown: runtime.kernel-protection-unknown'],
  ])('%s', (_, entries, image, expected) => expect(on('runtime.kexec-protected', entries, image)).toBe(expected));
});

describe('the measurement policy', () => {
  const tcb = { builtIn: ['tcb'] };
  test.each([
    ['the image’s own', [measured('/anywhere', 'policy')], {}, {}, 'yes'],
    ['a file of that name', [measured(RULES.path, 'foreign')], {}, {}, 'unknown: runtime.measurement-policy-unknown'],
    ['built in and accepted', [], { commandLine: 'ima_policy=tcb' }, tcb, 'yes'],
    [
      'built in and not accepted',
      [],
      { commandLine: 'ima_policy=tcb' },
      {},
      'unknown: runtime.measurement-policy-unknown',
    ],
    [
      'another that is built in',
      [],
      { commandLine: 'ima_policy=secure_boot' },
      tcb,
      'unknown: runtime.measurement-policy-unknown',
    ],
    ['not known', [], { commandLine: null }, tcb, 'unknown: runtime.measurement-policy-unknown'],
  ])('%s', (_, entries, image, parameters, expected) => {
    expect(on('runtime.measurement-policy', entries, image, parameters)).toBe(expected);
  });
});

describe('modules', () => {
  test.each([
    ['lockdown=integrity', 'yes'],
    ['lockdown=confidentiality', 'yes'],
    ['module.sig_enforce=1', 'yes'],
    ['module.sig_enforce', 'yes'],
    ['lockdown=none', 'no: runtime.modules-unprotected'],
    ['module.sig_enforce=0', 'no: runtime.modules-unprotected'],
    [null, 'unknown: runtime.kernel-protection-unknown'],
  ])('%s', (commandLine, expected) =>
    expect(answer(ask('runtime.modules-protected', { image: { commandLine } }))).toBe(expected),
  );
});

test('PCR 15', () => {
  const asked = (events: number, parameters = {}) => {
    const extended = Array.from({ length: events }, () => event(15, 'machine-id'));
    return answer(ask('runtime.pcr15', { facts: [pcr(15, { events }), ...extended], parameters }));
  };
  expect(asked(0)).toBe('yes');
  expect(asked(1)).toBe('no: runtime.pcr-unexpected');
  expect(asked(1, { pcr15: { open: 'volume keys of systemd' } })).toBe('yes');
});

describe('components of the hypervisor', () => {
  const builtIn = { manifest: { ...IMAGE, kernel: { version: '6.1', kvm: 'built-in' as const } } };
  const bare = { manifest: { ...IMAGE, files: [QEMU, KVM] } };
  test.each([
    ['hypervisor.kvm', [measured(KVM.path, 'kvm')], {}, 'yes'],
    ['hypervisor.kvm', [], {}, 'unknown: hypervisor.kvm-missing'],
    ['hypervisor.kvm', [], builtIn, 'yes'],
    ['hypervisor.kvm', [measured('/tmp/kvm.ko', 'foreign')], builtIn, 'no: hypervisor.kvm-unapproved'],
    [
      'hypervisor.kvm',
      [measured(KVM.path, 'kvm'), measured('/tmp/kvm.ko', 'foreign')],
      {},
      'no: hypervisor.kvm-unapproved',
    ],
    ['hypervisor.qemu', [measured('/anywhere', 'qemu')], {}, 'yes'],
    ['hypervisor.qemu', [], {}, 'unknown: hypervisor.qemu-missing'],
    [
      'hypervisor.qemu',
      [measured(QEMU.path, 'qemu'), measured(QEMU.path, 'foreign')],
      {},
      'no: hypervisor.qemu-unapproved',
    ],
    ['hypervisor.swtpm', [], {}, 'yes'],
    ['hypervisor.swtpm', [measured(SWTPM.path, 'swtpm')], {}, 'yes'],
    ['hypervisor.swtpm', [measured(SWTPM.path, 'foreign')], {}, 'no: hypervisor.swtpm-unapproved'],
    ['hypervisor.guest-firmware', [measured(OVMF.path, 'ovmf')], {}, 'yes'],
    ['hypervisor.guest-firmware', [], {}, 'yes'],
    ['hypervisor.guest-firmware', [], bare, 'unknown: hypervisor.guest-firmware-unproven'],
    ['hypervisor.guest-firmware', [measured(OVMF.path, 'foreign')], {}, 'no: hypervisor.guest-firmware-unapproved'],
  ])('%s %#', (id, entries, image, expected) => expect(on(id, entries, image)).toBe(expected));
});

describe('required parameters', () => {
  const required = ['mitigations=auto,nosmt', 'kvm_amd.nested=0'];
  const asked = (commandLine: string | null, parameters: object = { required }) =>
    answer(ask('hypervisor.parameters', { image: { commandLine }, parameters }));
  test.each([
    ['kvm-amd.nested=0 mitigations=auto,nosmt', 'yes'],
    ['mitigations=auto,nosmt', 'no: hypervisor.parameter-missing'],
    ['mitigations=auto,nosmt kvm_amd.nested=0 kvm_amd.nested=1', 'no: hypervisor.parameter-missing'],
    [null, 'unknown: hypervisor.parameter-unknown'],
  ])('%s', (commandLine, expected) => expect(asked(commandLine)).toBe(expected));

  test('none are required', () => expect(asked(null, {})).toBe('yes'));
});
