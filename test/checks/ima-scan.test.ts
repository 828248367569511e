/** The runtime list against an image: what covers an entry, what accuses it. */
import { describe, expect, test } from 'vitest';
import { baseName, scanIma, type ImaScan } from '../../src/checks/ima-scan.ts';
import { parseImaList } from '../../src/logs/ima/parse.ts';
import { replayPrefix } from '../../src/logs/ima/replay.ts';
import { hex, manifest } from '../support/facts.ts';
import { binaryList, buffer, file, pcrAfter, type EntrySpec } from '../support/ima-list-builder.ts';

const IMAGE = manifest({
  files: [
    { path: '/usr/bin/qemu-system-x86_64', sha256: hex('qemu'), size: 1, component: 'qemu' },
    { path: '/usr/lib/modules/kvm-amd.ko.xz', sha256: hex('kvm'), size: 1, component: 'kvm-module' },
    { path: '/usr/lib/modules/other.ko', sha256: hex('other'), size: 1, component: 'kernel-module' },
    { path: '/usr/bin/tool', sha256: hex('tool'), size: 1 },
  ],
});
const AGGREGATE = file('boot_aggregate');
const entry = (path: string, name: string, more: Parameters<typeof file>[1] = {}) =>
  file(path, { digest: Buffer.from(hex(name), 'hex'), ...more });

function scan(...entries: readonly EntrySpec[]): ImaScan {
  const list = [AGGREGATE, ...entries];
  const found = replayPrefix(parseImaList(binaryList(list)), { bank: 'sha256', quoted: pcrAfter(list, 'sha256') });
  return scanIma(found.prefix!.replayed, IMAGE);
}
const paths = (list: readonly { path: string }[]) => list.map(({ path }) => path);

describe('an entry', () => {
  test('is covered by its digest, wherever its file lies', () => {
    const { entries, unapproved, unproven, unreadable } = scan(
      entry('/tmp/anything', 'tool'),
      entry('/usr/bin/tool', 'tool'),
    );
    expect([entries, unapproved, unproven, unreadable]).toEqual([3, [], [], []]);
  });

  test('is not covered by its path', () => {
    expect(paths(scan(entry('/usr/bin/tool', 'foreign')).unapproved)).toEqual(['/usr/bin/tool']);
  });

  test('of another algorithm is unproven, of fs-verity as well', () => {
    const sha1 = file('/usr/bin/tool', { algorithm: 'sha1', digest: Buffer.alloc(20, 1) });
    const verity = entry('/usr/bin/tool', 'tool', { template: 'ima-sigv2', type: 'verity' });
    expect(paths(scan(sha1, verity).unproven)).toEqual(['/usr/bin/tool', '/usr/bin/tool']);
  });

  test('that holds a buffer is nobody’s file, whatever its digest', () => {
    const { unapproved } = scan({ ...buffer('keyring', Buffer.from('tool')) });
    expect(paths(unapproved)).toEqual(['keyring']);
  });

  test('under a template it does not follow is unreadable', () => {
    expect(scan(entry('/usr/bin/tool', 'tool', { template: 'ima-unknown', more: [] })).unreadable).toHaveLength(1);
  });

  test('that holds a buffer is unapproved, whatever its algorithm', () => {
    const { unapproved, unproven } = scan({
      ...file('keyring', {
        template: 'ima-buf',
        algorithm: 'sha1',
        digest: Buffer.alloc(20, 1),
        more: [Buffer.from('x')],
      }),
    });
    expect([paths(unapproved), unproven]).toEqual([['keyring'], []]);
  });

  test('is kept up to a thousand of a kind', () => {
    const { entries, unapproved } = scan(...Array.from({ length: 1002 }, (_, i) => entry(`/${i}`, `foreign ${i}`)));
    expect([entries, unapproved.length, unapproved.at(-1)?.path]).toEqual([1003, 1000, '/999']);
  });

  test('behind the quoted value is not looked at', () => {
    const list = [AGGREGATE, entry('/tmp/later', 'foreign')];
    const found = replayPrefix(parseImaList(binaryList(list)), {
      bank: 'sha256',
      quoted: pcrAfter([AGGREGATE], 'sha256'),
    });
    expect(scanIma(found.prefix!.replayed, IMAGE).entries).toBe(1);
  });
});

describe('a violation', () => {
  test('is one whatever it names, and accused where it names a file of the image', () => {
    const { violations, accusedViolations, unapproved } = scan(
      entry('/var/log/x', 'x', { violation: true }),
      entry('/tmp/tool', 'tool', { violation: true }),
    );
    expect(paths(violations)).toEqual(['/var/log/x', '/tmp/tool']);
    expect(paths(accusedViolations)).toEqual(['/tmp/tool']);
    expect(unapproved).toEqual([]);
  });

  test('is accused where what it names cannot be read', () => {
    const unreadable = entry('/x', 'x', { violation: true, template: 'ima-unknown', more: [] });
    expect(scan(unreadable).accusedViolations).toEqual([{ index: 1, path: '', digest: 'violation' }]);
  });
});

describe('kexec', () => {
  test('is each further boot_aggregate, and a measured command line', () => {
    expect(scan().kexec).toEqual([]);
    expect(paths(scan(AGGREGATE, buffer('kexec-cmdline', Buffer.from('x'))).kexec)).toEqual([
      'boot_aggregate',
      'kexec-cmdline',
    ]);
  });

  test('is no file of that name', () => {
    expect(scan(entry('kexec-cmdline', 'foreign')).kexec).toEqual([]);
    expect(scan(entry('kexec-cmdline', 'foreign')).unapproved).toHaveLength(1);
  });
});

describe('a component', () => {
  test('is counted by its digest', () => {
    const { components } = scan(entry('/x', 'qemu'), entry('/y', 'qemu'), entry('/usr/bin/tool', 'tool'));
    expect([...components]).toEqual([['qemu', { approved: 2, foreign: [] }]]);
  });

  test('is accused by its path, and by another component’s digest under it', () => {
    const { components } = scan(
      entry('/tmp/qemu-system-x86_64', 'foreign'),
      entry('/usr/bin/qemu-system-x86_64', 'tool'),
    );
    expect(components.get('qemu')?.approved).toBe(0);
    expect(components.get('qemu')?.foreign).toHaveLength(2);
  });

  test('is accused whatever the compression and spelling of a module', () => {
    for (const path of ['/tmp/kvm_amd.ko', '/tmp/kvm-amd.ko.zst', '/tmp/kvm-amd.ko.gz']) {
      expect(scan(entry(path, 'foreign')).components.get('kvm-module')?.foreign).toHaveLength(1);
    }
  });

  test('of a kind that no guest depends on is not accused', () => {
    expect(scan(entry('/tmp/other.ko', 'foreign')).components.has('kernel-module')).toBe(false);
  });
});

test.each([
  ['/a/b-c.ko.xz', 'b_c.ko'],
  ['b-c.ko', 'b_c.ko'],
  ['/a/b-c', 'b-c'],
  ['/a/', ''],
  ['x.ko.bak', 'x.ko.bak'],
])('the last part of %s', (path, name) => expect(baseName(path)).toBe(name));
