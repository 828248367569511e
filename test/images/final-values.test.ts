/** PCR 11 of a boot, foretold: what the lab's machines quoted at the moment their image had nothing more to measure. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { phaseValues } from '../../src/images/final-values.ts';
import { catalogue, inputOf } from '../support/fixtures.ts';
import { toHex } from '../../src/bytes/text.ts';

it.each(['uki', 'uki-secureboot'])('is what the machine %s quoted, in every bank', (scenario) => {
  const image = catalogue.manifests.get(`lab-${scenario}`)!;
  const quoted = inputOf(`${scenario}/baseline`).evidence.quotes.flatMap(({ pcrs }) => [...pcrs]);
  expect(quoted.map(([bank]) => bank)).toEqual(['sha256', 'sha384', 'sha1']);
  for (const [bank, values] of quoted) {
    expect(phaseValues(image, bank)[0]).toEqual({ path: '', value: toHex(values.get(11)!) });
  }
});

it('goes on by the words of the phases', () => {
  const values = phaseValues(catalogue.manifests.get('lab-uki')!, 'sha256');
  expect(values.map(({ path }) => path)).toEqual([
    '',
    'enter-initrd',
    'enter-initrd:leave-initrd',
    'enter-initrd:leave-initrd:sysinit',
    'enter-initrd:leave-initrd:sysinit:ready',
  ]);
  const extend = (value: string, word: string): string =>
    createHash('sha256')
      .update(Buffer.from(value, 'hex'))
      .update(createHash('sha256').update(word).digest())
      .digest('hex');
  for (const [i, word] of ['enter-initrd', 'leave-initrd', 'sysinit', 'ready'].entries()) {
    expect(values[i + 1]!.value).toBe(extend(values[i]!.value, word));
  }
});

it('is not foretold of an image that leaves PCR 11 alone, nor in a bank its manifest has no digests of', () => {
  expect(phaseValues(catalogue.manifests.get('lab-shim-grub')!, 'sha256')).toEqual([]);
  const uki = catalogue.manifests.get('lab-uki')!;
  const [variant] = uki.pcrs['11'];
  const events = variant!.events.map((event) => ({ ...event, digests: { sha256: event.digests.sha256 } }));
  const alone = { ...uki, pcrs: { ...uki.pcrs, '11': [{ ...variant!, events }] } };
  expect(phaseValues(alone, 'sha384')).toEqual([]);
  expect(phaseValues(alone, 'sha256')).toHaveLength(5);
});
