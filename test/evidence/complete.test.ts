import { expect, it } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import type { EvidenceBundle } from '../../src/evidence/bundle.ts';
import { completeLogs } from '../../src/evidence/complete.ts';

const whole = Uint8Array.of(1, 2, 3);
const id = contentId(whole);
const nothing = (): undefined => undefined;
const kept = (wanted: string): Uint8Array | undefined => (wanted === id ? whole : undefined);
const bundle = (logs: Partial<EvidenceBundle>): EvidenceBundle => ({ quotes: [], hints: new Map(), ...logs });

it('a log that came whole stays as it is', () => {
  const sent = bundle({ firmwareLog: { id, bytes: whole } });
  expect(completeLogs(sent, nothing)).toEqual({ bundle: sent, missing: [] });
});

it('a log that is only named is the one that was kept', () => {
  const { bundle: completed, missing } = completeLogs(bundle({ firmwareLog: { id } }), kept);
  expect(completed.firmwareLog).toEqual({ id, bytes: whole });
  expect(missing).toEqual([]);
});

it('a tail is put behind what was kept, under the id of the whole', () => {
  const log = { id, tail: Uint8Array.of(4) };
  const { bundle: completed } = completeLogs(bundle({ imaLog: log, systemdLog: log }), kept);
  const bytes = Uint8Array.of(1, 2, 3, 4);
  expect(completed.imaLog).toEqual({ id: contentId(bytes), bytes });
  expect(completed.systemdLog).toEqual(completed.imaLog);
});

it('an empty tail is no new log', () => {
  const { bundle: completed } = completeLogs(bundle({ imaLog: { id, tail: new Uint8Array(0) } }), kept);
  expect(completed.imaLog).toEqual({ id, bytes: whole });
});

it('what nobody kept is named as missing and stays without bytes', () => {
  const { bundle: completed, missing } = completeLogs(bundle({ firmwareLog: { id }, imaLog: { id } }), nothing);
  expect(missing).toEqual([id, id]);
  expect(completed.firmwareLog?.bytes).toBeUndefined();
  expect(completed.imaLog?.bytes).toBeUndefined();
});
