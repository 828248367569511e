import { describe, expect, test } from 'vitest';
import { argumentsOf, inForce } from '../../src/checks/command-line.ts';

describe('arguments', () => {
  test.each([
    ['quiet ro', ['quiet', 'ro']],
    ['  quiet\tro \n', ['quiet', 'ro']],
    ['dyndbg="file a.c +p" ro', ['dyndbg=file a.c +p', 'ro']],
    ['"dyndbg=file a.c" ro', ['dyndbg=file a.c', 'ro']],
    ['', []],
    ['ro -- lockdown=integrity', ['ro']],
    ['ro --x', ['ro', '--x']],
  ])('%j', (text, words) => expect(argumentsOf(text)).toEqual(words));
});

describe('an argument is in force', () => {
  test.each([
    ['lockdown=integrity', 'lockdown=integrity', true],
    ['lockdown=none lockdown=integrity', 'lockdown=integrity', true],
    ['lockdown=integrity lockdown=none', 'lockdown=integrity', false],
    ['lockdown=integrity', 'lockdown=confidentiality', false],
    ['nolockdown=integrity', 'lockdown=integrity', false],
    ['lockdown', 'lockdown=integrity', false],
    ['module.sig-enforce=1', 'module.sig_enforce=1', true],
    ['module.sig_enforce', 'module.sig_enforce', true],
    ['module.sig_enforce=0', 'module.sig_enforce', false],
    ['mitigations=auto', 'mitigations=auto,nosmt', false],
    ['a=b=c', 'a=b=c', true],
    ['a=b-c', 'a=b_c', false],
    ['init=/bin/sh -- mitigations=auto,nosmt', 'mitigations=auto,nosmt', false],
    ['', 'quiet', false],
    ['quien', 'quiet', false],
    ['kexec-load_disabled', 'kexec_load-disabled', true],
  ])('%j: %s is %s', (line, argument, expected) => expect(inForce(line, argument)).toBe(expected));
});
