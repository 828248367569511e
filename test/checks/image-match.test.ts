/** Which image a boot is, and where it leaves the model. */
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../src/checks/boot/differences.ts';
import { COMMAND_LINE, matchImage } from '../../src/checks/image-match.ts';
import { Facts } from '../../src/facts/facts.ts';
import type { Fact } from '../../src/facts/model.ts';
import type { ImageManifest } from '../../src/references/manifest.ts';
import { action, errorSeparator, event, manifest, order, pcr, PCRS, separator } from '../support/facts.ts';

const pcrs = (change: Partial<ImageManifest['pcrs']>) => ({ ...manifest().pcrs, ...change });
const IMAGE = manifest({
  name: 'image',
  commandLine: 'lockdown=integrity',
  pcrs: pcrs({
    '4': [order(['uki', 'uki'], ['kernel', 'kernel'])],
    '9': [order([COMMAND_LINE, 'options'], ['initrd', 'initrd'])],
    '11': [order(['kernel', '.linux'], ['initrd', '.initrd']), order(['initrd', '.initrd'])],
  }),
});
const GOOD = [
  event(4, 'calling', action('Calling EFI Application from Boot Option')),
  event(4, 'separator', separator),
  event(4, 'uki'),
  event(4, 'kernel'),
  event(9, 'options'),
  event(9, 'initrd'),
  event(11, '.initrd'),
];

const match = (events: readonly Fact[], manifests = [IMAGE], facts = PCRS) =>
  matchImage(new Facts([...facts, ...events], 'sha256'), manifests, 'sha256');
const differences = (events: readonly Fact[]) => match(events).differences.map((one) => `${one.pcr} ${codeOf(one)}`);
const without = (...drop: readonly number[]) => GOOD.filter((_, i) => !drop.includes(i));

describe('differences', () => {
  test('none, in any of the orders; the firmware’s own events are not the image’s', () => {
    expect(match(GOOD).differences).toEqual([]);
    expect(match([...without(6), event(11, '.linux'), event(11, '.initrd')]).differences).toEqual([]);
  });

  test.each([
    ['a program more', [...GOOD, event(4, 'other')], ['4 boot.image-unapproved']],
    ['another program', [...without(3), event(4, 'other')], ['4 boot.image-unapproved']],
    ['a program less', without(3), ['4 boot.event-missing']],
    ['programs in another order', [...without(2), event(4, 'uki')], ['4 boot.event-missing', '4 boot.order']],
    ['a program twice', [...GOOD, event(4, 'uki')], ['4 boot.order']],
    ['another initrd', [...without(5), event(9, 'other')], ['9 boot.initrd-unapproved']],
    [
      'another command line',
      [...without(4), event(9, 'other'), event(9, 'initrd')].filter((e) => e !== GOOD[5]),
      ['9 boot.command-line-unapproved'],
    ],
    ['a file the loader read', [...GOOD, event(9, 'other')], ['9 boot.loader-file-unapproved']],
    ['a command of a loader', [event(8, 'insmod'), ...GOOD], ['8 boot.loader-command-unapproved']],
    ['another section', [...GOOD, event(11, 'other')], ['11 boot.section-unapproved']],
    ['an override', [...GOOD, event(12, 'init=/bin/sh')], ['12 boot.override-present']],
    ['an extension', [...GOOD, event(13, 'sysext')], ['13 boot.override-present']],
    ['a machine owner’s key', [...GOOD, event(14, 'MokList')], ['14 boot.mok-unapproved']],
    ['an error separator in PCR 12', [...GOOD, event(12, 'error', { kind: 'none' })], ['12 boot.override-present']],
  ])('%s', (_, events, codes) => expect(differences(events)).toEqual(codes));

  test('a separator with an error is still the firmware’s, and judged as such elsewhere', () => {
    expect(differences([...GOOD, event(4, 'error', errorSeparator)])).toEqual([]);
  });

  test('a manifest without any order for a PCR approves nothing there', () => {
    const none = { ...IMAGE, pcrs: { ...IMAGE.pcrs, '13': [] } };
    const [first, ...more] = match([...GOOD, event(13, 'x')], [none]).differences;
    expect([codeOf(first!), more]).toEqual(['boot.override-present', []]);
    expect(match(GOOD, [none]).differences).toEqual([]);
  });

  test('are those from the nearest order, from the first of several that are equally near', () => {
    const image = manifest({
      pcrs: pcrs({ '13': [order(['a', 'a'], ['a', 'aa']), order(['b', 'b']), order(['c', 'c'])] }),
    });
    expect(match([event(13, 'x')], [image]).differences.map(({ expected }) => expected?.what)).toEqual(['b']);
  });

  test.each([
    ['up to 512 events find what they have in common', 512, 512, 2],
    ['with more events expected are compared place by place', 600, 500, 600],
    ['with more events measured are compared place by place', 500, 600, 600],
  ])('%s', (_, approved, measured, expected) => {
    const names = (count: number, from = 0) => Array.from({ length: count }, (__, i) => `file ${from + i}`);
    const image = manifest({
      pcrs: pcrs({ '9': [order(...names(approved).map((name): [string, string] => ['f', name]))] }),
    });
    expect(
      match(
        names(measured, 1).map((name) => event(9, name)),
        [image],
      ).differences,
    ).toHaveLength(expected);
  });

  test('none in a long boot that is the image’s', () => {
    const names = Array.from({ length: 600 }, (_, i) => `command ${i}`);
    const long = manifest({ pcrs: pcrs({ '8': [order(...names.map((name) => ['grub', name] as [string, string]))] }) });
    const events = names.map((name) => event(8, name));
    expect(match(events, [long]).differences).toEqual([]);
    expect(match(events.slice(1), [long]).differences.length).toBeGreaterThan(0);
  });

  test('a log of thousands of events is compared without going quadratic, and every event is a difference', () => {
    const many = Array.from({ length: 3000 }, (_, i) => event(13, `x${i}`));
    expect(match([...GOOD, ...many]).differences).toHaveLength(3000);
  });
});

describe('the image', () => {
  const other = manifest({ name: 'other', pcrs: pcrs({ '4': [order(['uki', 'other'])] }) });

  test('is none where the policy approves none', () => {
    expect(match(GOOD, [])).toEqual({ manifest: null, differences: [], commandLine: null });
  });

  test('is the nearest by its programs, whatever else differs', () => {
    expect(match(GOOD, [other, IMAGE]).manifest?.name).toBe('image');
    expect(match([...GOOD, event(13, 'a'), event(13, 'b'), event(13, 'c')], [other, IMAGE]).manifest?.name).toBe(
      'image',
    );
    expect(match([event(4, 'other')], [IMAGE, other]).manifest?.name).toBe('other');
    // All but the program is that of the first, and the program decides.
    expect(match([event(4, 'other'), ...GOOD.slice(4)], [IMAGE, other]).manifest?.name).toBe('other');
  });

  test('is the first of two that are equally near', () => {
    expect(match(GOOD, [IMAGE, { ...IMAGE, name: 'twin' }]).manifest?.name).toBe('image');
    expect(match(GOOD, [{ ...IMAGE, name: 'twin' }, IMAGE]).manifest?.name).toBe('twin');
  });

  test('of equal programs is the one with fewer differences; parts of two never add up', () => {
    const sibling = {
      ...IMAGE,
      name: 'sibling',
      pcrs: { ...IMAGE.pcrs, '9': [order([COMMAND_LINE, 'options'], ['initrd', 'second'])] },
    };
    expect(match(GOOD, [sibling, IMAGE]).manifest?.name).toBe('image');
    const mixed = [...without(5, 6), event(9, 'second'), event(11, '.linux')];
    expect(match(mixed, [IMAGE, sibling]).differences.length).toBeGreaterThan(0);
  });
});

describe('the command line', () => {
  const known = (events: readonly Fact[], facts = PCRS) => match(events, [IMAGE], facts).commandLine;
  const withoutPcr = (index: number) => PCRS.map((fact, i) => (i === index ? pcr(index, { equal: false }) : fact));

  test('is the image’s when each of its measurements is', () => {
    expect(known(GOOD)).toBe('lockdown=integrity');
    expect(known([...GOOD, event(4, 'other'), event(13, 'other')])).toBe('lockdown=integrity');
    // GRUB's commands count where it measures the command line among them.
    expect(known([...GOOD, event(8, 'insmod')])).toBe('lockdown=integrity');
  });

  test.each([
    ['another was measured', [...without(4, 5), event(9, 'other'), event(9, 'initrd')]],
    ['none was measured', without(4)],
    ['something was added to it in PCR 12', [...GOOD, event(12, 'extra')]],
  ])('is not known when %s', (_, events) => expect(known(events)).toBeNull());

  test.each([9, 12])('is not known when PCR %i does not replay', (index) =>
    expect(known(GOOD, withoutPcr(index))).toBeNull(),
  );

  test('is not known when the image measures none', () => {
    expect(match([], [manifest({ commandLine: 'quiet' })]).commandLine).toBeNull();
  });

  test('is not known when GRUB ran another command beside it', () => {
    const grub = manifest({ pcrs: pcrs({ '8': [order([COMMAND_LINE, 'line'], ['grub', 'boot'])] }) });
    expect(match([event(8, 'line'), event(8, 'boot')], [grub]).commandLine).toBe('quiet');
    expect(match([event(8, 'line'), event(8, 'other'), event(8, 'boot')], [grub]).commandLine).toBeNull();
    expect(match([event(8, 'line'), event(8, 'boot'), event(13, 'x')], [grub]).commandLine).toBe('quiet');
  });

  test('is not known when one of two PCRs it is measured into does not replay', () => {
    const twice = manifest({ pcrs: pcrs({ '8': [order([COMMAND_LINE, 'a'])], '9': [order([COMMAND_LINE, 'b'])] }) });
    const events = [event(8, 'a'), event(9, 'b')];
    expect(match(events, [twice]).commandLine).toBe('quiet');
    for (const index of [8, 9]) expect(match(events, [twice], withoutPcr(index)).commandLine).toBeNull();
  });
});
