import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { measuresKexec } from '../../src/images/ima-policy.ts';

const KEXEC = 'measure func=KEXEC_KERNEL_CHECK\nmeasure func=KEXEC_INITRAMFS_CHECK\nmeasure func=KEXEC_CMDLINE\n';
const ask = (policy: string): boolean | undefined =>
  measuresKexec(new Map([['/etc/ima/ima-policy', Buffer.from(policy)]])).measuresKexec;

test('the lab policy measures each part of a kexec', () => {
  expect(ask(readFileSync(new URL('../lab/guest/ima-policy', import.meta.url), 'utf8'))).toBe(true);
});

test('without a policy file nothing is stated', () => {
  expect(measuresKexec(new Map())).toEqual({});
});

test.each([
  ['all three rules', KEXEC, true],
  ['one rule missing', KEXEC.replace(/.*CMDLINE\n/, ''), false],
  ['one rule a comment', KEXEC.replace(/(measure func=KEXEC_CMDLINE)/, '# $1'), false],
  ['one rule for one user only', KEXEC.replace('KEXEC_CMDLINE', 'KEXEC_CMDLINE uid=0'), false],
  ['a pseudo file system left out before', `dont_measure fsmagic=0x9fa0\n${KEXEC}`, true],
  ['tmpfs left out before: a kernel on it is not measured', `dont_measure fsmagic=0x1021994\n${KEXEC}`, false],
  ['tmpfs left out after', `${KEXEC}dont_measure fsmagic=0x1021994\n`, true],
  ['everything left out before', `dont_measure\n${KEXEC}`, false],
  ['an empty policy', '', false],
])('%s', (_, policy, expected) => {
  expect(ask(policy)).toBe(expected);
});
